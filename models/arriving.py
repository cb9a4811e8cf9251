"""Models on their way to a server that goes on answering: each is fetched in a process of its own.

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

import hosting

from . import catalog, hub_cache, real
from .entry import Entry
from .real import find as real_entry
from .refusal import Refusal, made, room

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "models.terminal", "add", "--lines")  # and the name of a real model
HUB = (sys.executable, "-m", "models.hub_fetch")  # and an id
HELD = 30.0  # seconds for which a failure is told again before it is tried again
log = logging.getLogger("glassbox")


@dataclass
class Journey:
    """One model on its way. refusal: why it did not come, once it is over; told at most for a while.

    size: how many bytes are to come. licence: "" for a model of the Hub, whose page, `terms`, says it.
    """

    name: str
    size: int
    terms: str
    licence: str = ""
    stage: str = "download"
    done: int = 0
    refusal: Refusal | None = None
    ended: float = 0.0
    process: subprocess.Popen[str] | None = None

    def follow(self) -> None:
        """Fetches the model in another process; afterwards it is here, or there is a refusal."""
        try:
            status = self.listen()
        except (OSError, ValueError) as error:  # it cannot be started, or says what is no line of ours
            log.warning("%s: %s", self.name, error)
            status = 1
        if status and not self.refusal:
            self.refusal = Refusal("fetch_failed" if self.licence else "hub_failed", model=self.name)
        if self.refusal:
            log.warning("%s", self.refusal)
        self.ended = time.monotonic()

    def listen(self) -> int:
        """Starts the process and takes in what it says; its exit status."""
        command = [*(COMMAND if self.licence else HUB), self.name]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
        none = subprocess.DEVNULL
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=none, stdout=subprocess.PIPE, stderr=none, text=True
        ) as process:
            self.process = process
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
        if self.refusal:
            raise self.refusal
        if self.stage in ("join", "convert"):
            raise Refusal("being_converted", model=self.name)
        facts: dict[str, Any] = {"terms": self.terms, "share": min(1.0, self.done / self.size) if self.size else None}
        facts |= {"licence": self.licence} if self.licence else {}
        facts |= {"model": self.name, "done": room(self.done), "size": room(self.size)}
        raise Refusal("being_fetched" if self.licence else "hub_fetching", **facts)


_journeys: dict[str, Journey] = {}
_converting: Thread | None = None  # the host's file
_guard = Lock()


def arrive(name: str) -> None:
    """Returns where a model is here, or cannot be fetched; else sees that it is on its way, and raises Refusal.

    Refusals: being_fetched and hub_fetching with the share that is there, being_converted, model_too_large,
    fetch_failed, hub_failed, and those of `obtain` and of `hub.fetch`, which are told for a while before it is tried
    again; host_converting.
    """
    if catalog.is_host(name):
        return await_host()
    if not is_missing(name) or (real_entry(name) is None and hosting.is_offline()):
        _journeys.pop(name, None)
        return
    with _guard:
        journey = _journeys.get(name)
        if journey is None or (journey.ended and journey.refusal and time.monotonic() - journey.ended > HELD):
            journey = _journeys[name] = planned(name)
            Thread(target=journey.follow, name=f"fetch {name}", daemon=True).start()
    if not journey.ended or journey.refusal:
        journey.check()  # else all that there is has come, and reading it tells what is missing


def await_host() -> None:
    """Sees that the host's GGUF file is being converted where it has to be, beside whatever else is asked."""
    global _converting
    waiting = catalog.host_conversion()
    if waiting is None:
        return
    with _guard:
        if not _converting or not _converting.is_alive():
            from .load import settle_host  # heavy

            _converting = Thread(target=settle_host, name="convert", daemon=True)
            _converting.start()
    raise waiting


def planned(name: str) -> Journey:
    """The journey of a model that fits this host. Refusals: model_too_large, and those of `hub.facts`."""
    from . import hub  # heavy

    entry = real_entry(name)
    if entry and entry.packages:
        hub.check_room(name, entry.parameters)
        return Journey(name, entry.packages.bytes, entry.terms, entry.licence)
    known = hub.facts(name)
    hub.check_room(name, known.parameters, known.bytes)
    return Journey(name, known.bytes, f"https://huggingface.co/{name}")


def is_missing(name: str) -> bool:
    """Whether a name is that of a real model, or an id of the Hub, whose files are not on this machine."""
    entry = real_entry(name)
    if entry:
        return real.kept(entry) is None
    return catalog.is_hub_id(name) and catalog.folder_of(name) is None and hub_cache.cached(name) is None


def not_installed(entry: Entry) -> Refusal:
    """Why a program that names a real model gets none: how to fetch it, its size and its terms."""
    assert entry.packages
    size = room(entry.packages.bytes)
    return Refusal("not_installed", model=entry.name, size=size, licence=entry.licence, terms=entry.terms)


def is_absent(name: str) -> bool:
    """Whether a name is that of a model which would have to be fetched, and is not on its way."""
    journey = _journeys.get(name)
    return is_missing(name) and (journey is None or journey.refusal is not None)
