"""A cache of what takes long to read: bounded, one reading for many who wait, different names side by side."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")
Stamp = frozenset[tuple[str, int]]


def stamp(folder: Path) -> Stamp:
    """Changes when a file in the folder does, so that a model trained anew is read anew."""
    return frozenset((entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(folder))


class Shelf(Generic[T]):
    """Things read from model folders, the least recently used dropped first.

    find: name -> folder, which may fetch it. read: (name, folder) -> thing.
    weigh: thing -> its share of `room()`. busy: a thing that must not be dropped now.
    """

    def __init__(
        self,
        find: Callable[[str | Path], Path],
        read: Callable[[str, Path], T],
        weigh: Callable[[T], float],
        room: Callable[[], float],
        busy: Callable[[T], bool] = lambda thing: False,
    ):
        self.find, self.read, self.weigh, self.room, self.busy = find, read, weigh, room, busy
        self.things: OrderedDict[str, tuple[T, Path, Stamp]] = OrderedDict()
        self.guard = Lock()
        self.doors: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    def get(self, name: str | Path) -> T:
        """The thing of that name, read if need be. What `find` and `read` raise passes through and is not kept."""
        key = str(name)
        with self._door(key):
            known = self._known(key)
            if known is not None:
                return known
            folder = self.find(name)
            before = stamp(folder)
            thing = self.read(key, folder)
            with self.guard:
                self.things[key] = (thing, folder, before)
                self._trim(key)
            return thing

    def _door(self, key: str) -> Lock:
        """The lock of a name, forgotten when nobody waits at it."""
        with self.guard:
            door = self.doors.get(key)
            if door is None:
                door = self.doors[key] = Lock()
            return door

    def _known(self, key: str) -> T | None:
        with self.guard:
            thing, folder, before = self.things.get(key, (None, None, None))
            if folder is None or not folder.is_dir() or stamp(folder) != before:
                return None  # never read, gone, or changed since
            self.things.move_to_end(key)
            return thing

    def _trim(self, newest: str) -> None:
        """Drops the oldest things that are not in use until the rest fit; the newest stays whatever it weighs."""
        over = sum(self.weigh(thing) for thing, *_ in self.things.values()) - self.room()
        for key in list(self.things):
            thing = self.things[key][0]
            if over <= 0:
                return
            if key != newest and not self.busy(thing):
                del self.things[key]
                over -= self.weigh(thing)
