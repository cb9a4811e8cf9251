"""A cache of what takes long to read: bounded, one reading for many who wait, different names side by side.

What is in use is never dropped: it would live on in its user's hands, uncounted, and be read a second time beside.
"""

from __future__ import annotations

import os
import stat
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from . import forks
from .gguf_files.found import first_of, parts_of
from .refusal import Refusal

T = TypeVar("T")
Stamp = frozenset[tuple[Any, ...]]

READINGS = 3  # of a folder that is written to meanwhile, before it is refused


def stamp(folder: Path) -> Stamp:
    """Changes when a file in the folder does, or when the folder is another one, so that a new model is read anew.

    A copy may bring its times with it, hence more than these. For a model in one file, the same of that file and its
    further parts. Raises OSError where there is neither.
    """
    where = folder.stat()
    if not stat.S_ISDIR(where.st_mode):
        return frozenset(facts(part) for part in parts_of(first_of(folder)))
    files = (facts(entry) for entry in os.scandir(folder))
    return frozenset([("", where.st_dev, where.st_ino), *files])


def facts(entry: os.DirEntry[str] | Path) -> tuple[Any, ...]:
    """What tells one state of a file from another; the name alone of one that is just going, or a link to nothing."""
    try:
        found = entry.stat()
    except OSError:
        return (entry.name,)
    return (entry.name, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def present(folder: Path) -> Stamp | None:
    """The folder's stamp; None where it is gone."""
    try:
        return stamp(folder)
    except OSError:
        return None


@dataclass(frozen=True, eq=False)
class Slot(Generic[T]):
    """A thing, what it weighs, the folder it was read from, and that folder's stamp at the time."""

    thing: T
    weight: float
    folder: Path
    before: Stamp


class Shelf(Generic[T]):
    """Things read from model folders, the least recently used dropped first.

    find: name -> folder, which may fetch it. read: (name, folder) -> thing. weigh: thing -> its share of `room()`.
    """

    def __init__(
        self,
        find: Callable[[str | Path], Path],
        read: Callable[[str, Path], T],
        weigh: Callable[[T], float],
        room: Callable[[], float],
    ):
        self.find, self.read, self.weigh, self.room = find, read, weigh, room
        self.things: OrderedDict[str, Slot[T]] = OrderedDict()
        self.held: Counter[Slot[T]] = Counter()  # how many use it now
        # Entered twice by one thread where Python, as it makes an object, clears away a generator that held a thing.
        self.guard = forks.watched(RLock(), forks.SHELVES)
        self.doors: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    def get(self, name: str | Path) -> T:
        """The thing of that name, read if need be. What `find` and `read` raise passes through and is not kept."""
        with self.hold(name) as thing:
            return thing

    @contextmanager
    def hold(self, name: str | Path) -> Iterator[T]:
        """As `get`, for the length of a `with`: until it ends the thing stays, whatever else is read."""
        slot = self._take(name)
        try:
            yield slot.thing
        finally:
            with self.guard:
                self.held[slot] -= 1
                if not self.held[slot]:
                    del self.held[slot]
                self._trim()

    def _take(self, name: str | Path) -> Slot[T]:
        """The slot of a name, held once more."""
        key = str(name)
        with self._door(key):
            slot = self._known(key) or self._new(key, name)
            with self.guard:
                self.things[key] = slot
                self.things.move_to_end(key)
                self.held[slot] += 1
                self._trim()
            return slot

    def _new(self, key: str, name: str | Path) -> Slot[T]:
        """Reads a thing; once more if its folder changed meanwhile, for the parts of two things make none."""
        for _ in range(READINGS):
            folder = self.find(name)
            before = present(folder)
            try:
                thing = self.read(key, folder)
            except (OSError, Refusal):
                if before and before == present(folder):
                    raise
                continue
            if before and before == present(folder):
                return Slot(thing, self.weigh(thing), folder, before)
        raise Refusal("model_changing", model=key)

    def _door(self, key: str) -> Lock:
        """The lock of a name, forgotten when nobody waits at it."""
        with self.guard:
            door = self.doors.get(key)
            if door is None:
                door = self.doors[key] = forks.watched(Lock(), forks.NEVER)
            return door

    def _known(self, key: str) -> Slot[T] | None:
        slot = self.things.get(key)
        return slot if slot and slot.before == present(slot.folder) else None

    def weight(self) -> float:
        """Of all that is kept or in use, such as a model at work whose files have changed since."""
        return sum(slot.weight for slot in {*self.things.values(), *self.held})

    def _trim(self) -> None:
        """Drops the oldest things that nobody uses until the rest fit; the last one used stays, whatever it weighs."""
        for key, slot in list(self.things.items())[:-1]:
            if self.weight() <= self.room():
                return
            if slot not in self.held:
                self.things.pop(key, None)
