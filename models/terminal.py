"""Real models at a terminal: `python -m models.terminal add NAME…`, `list`, `remove NAME…`.

With `--lines` it says how far it is as lines of JSON, for a program that asked for a model; it asks nothing then.
It ends with 3 where no index that it can reach serves a model.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import time
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from . import real, store
from .entry import Entry
from .lines import Lines, tell_refusal, yield_to_others
from .obtain import obtain
from .refusal import WORDS, Refusal, language_of_terminal, room

YES = ("y", "yes")  # in any language
WIDE = 30  # characters of a bar
OFTEN = 0.1  # seconds between two states of it
UNSERVED = 3  # the status where no index that can be reached serves a model
NOT_SERVED = ("model_needs_network", "index_lacks", "index_refuses")


def say(key: str, **facts: Any) -> str:
    """A sentence in the language of the terminal."""
    return _words(language_of_terminal())[key].format(**facts)


@cache
def _words(language: str) -> dict[str, str]:
    path: Path = WORDS / language / "terminal.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


class Bar:
    """How far a model is: a bar that moves at a terminal, elsewhere a line for each stage."""

    def __init__(self) -> None:
        self.stage, self.drawn = "", 0.0
        self.moves = sys.stdout.isatty()

    def __call__(self, stage: str, done: int, of: int) -> None:
        now = time.monotonic()
        if stage == self.stage and (not self.moves or (now - self.drawn < OFTEN and done < of)):
            return
        if self.stage not in ("", stage):
            self.end()
        self.stage, self.drawn = stage, now
        share = f" {room(done)} / {room(of)}" if done else f" {room(of)}" if of else ""
        filled = round(WIDE * done / of) if of and self.moves and stage in ("download", "join") else 0
        bar = f" [{'#' * filled:{WIDE}}]" if filled else ""
        text = f"{say(stage)}{bar}{share}"
        if self.moves:
            sys.stdout.write(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}")
        else:
            sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def end(self) -> None:
        """Leaves the line."""
        if self.moves and self.stage:
            sys.stdout.write("\n")
            sys.stdout.flush()


def known(names: list[str]) -> list[Entry]:
    """The entries of these names, each once; ends the program where there is none."""
    table = {entry.name: entry for entry in real.REAL}
    for name in names:
        if name not in table:
            fail(say("unknown", model=name[:80], names=", ".join(table)))
    return [table[name] for name in dict.fromkeys(names)]


def fail(sentence: str, status: int = 2) -> NoReturn:
    """Ends the program with a sentence."""
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(status)


def offer(entry: Entry) -> str:
    """What a model costs, and where its terms are."""
    assert entry.packages
    sizes = {"download": room(entry.packages.bytes), "disk": room(entry.bytes)}
    return say("offer", model=entry.name, licence=entry.licence, terms=entry.terms, **sizes)


def agreed(missing: list[Entry]) -> bool:
    """Whether the person at the terminal wants these."""
    if not sys.stdin or not sys.stdin.isatty():
        fail(say("no_terminal"), 1)
    with contextlib.suppress(EOFError):
        return input(say("ask_all" if missing[1:] else "ask")).strip().lower() in (*YES, *say("yes").split())
    return False


def add(names: list[str], yes: bool, lines: bool) -> int:
    """Fetches those that are not here; asks once. 0 when all are here."""
    wanted = known(names)
    missing = [entry for entry in wanted if not real.kept(entry)]
    if lines:
        yield_to_others()
    else:
        for entry in missing:
            print(offer(entry), flush=True)
        if missing and not yes and not agreed(missing):
            print(say("declined"))
            return 1
    for entry in missing:
        bar = Lines() if lines else Bar()
        try:
            obtain(entry, bar)
        except Refusal as refusal:
            bar.end()
            if lines:
                tell_refusal(refusal)
                return 1
            fail(str(refusal), UNSERVED if refusal.key in NOT_SERVED else 1)
        bar.end()
    for entry in () if lines else wanted:
        print(say("here", model=entry.name), flush=True)
    return 0


def show() -> int:
    """Lists all, and whether they are here."""
    for entry in real.REAL:
        state = say("installed" if real.kept(entry) else "absent")
        print(f"{state:9} {offer(entry)} ({', '.join(entry.languages)})")
    print(say("store", folder=store.root()))
    return 0


def remove(names: list[str]) -> int:
    """Takes models away."""
    for entry in known(names):
        try:
            gone = store.remove(entry.key)
        except OSError:
            fail(say("no_folder", folder=store.root(), model=entry.name), 1)
        print(say("removed" if gone else "not_here", model=entry.name))
    return 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.terminal")
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add")
    adding.add_argument("names", nargs="+", metavar="NAME")
    adding.add_argument("--yes", action="store_true")
    adding.add_argument("--lines", action="store_true")
    commands.add_parser("list")
    commands.add_parser("remove").add_argument("names", nargs="+", metavar="NAME")
    asked = parser.parse_args()
    try:
        if asked.command == "add":
            return add(asked.names, asked.yes, asked.lines)
        return show() if asked.command == "list" else remove(asked.names)
    except KeyboardInterrupt:
        print(f"\n{say('stopped')}")
        return 130


if __name__ == "__main__":
    raise SystemExit(main())
