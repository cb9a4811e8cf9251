"""A process made by fork has our models, but of the threads only the one that forked; what others held stays held.

So a fork waits until no model computes and none is being built, and in the child every lock is open again. Nor has the
child the threads that torch computes with: there it computes with one (`place.threads`).
"""

from __future__ import annotations

import os
import time
from typing import Any
from weakref import WeakKeyDictionary

FIRST, COMPUTING, SHELVES, LAST = range(4)  # the order in which a fork takes the locks: as threads here nest them
NEVER = 4  # not waited for: opened in the child alone
PATIENCE = 10.0  # seconds that a fork waits at most

_locks: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_taken: list[Any] = []


def watched(lock: Any, rank: int) -> Any:
    """The lock itself, which a fork takes in the order of ranks."""
    _locks[lock] = rank
    return lock


def _before() -> None:
    end = time.monotonic() + PATIENCE
    for lock, rank in sorted(_locks.items(), key=lambda item: item[1]):
        if rank != NEVER and lock.acquire(timeout=max(0.0, end - time.monotonic())):
            _taken.append(lock)


def _in_parent() -> None:
    while _taken:
        _taken.pop().release()


def _in_child() -> None:
    _taken.clear()
    for lock in list(_locks):
        lock._at_fork_reinit()  # as the standard library does with its own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
