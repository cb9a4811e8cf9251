"""Gives back to the system what the C library would keep: with many threads, glibc's heap grows long after it need not.

Each thread gets a heap of its own, and a large array that is freed in the middle of one leaves a hole that stays in
memory. Two heaps for all threads and a trim now and then hold it flat, at some 10 ms a trim (figures in LOG.md).
"""

from __future__ import annotations

import ctypes
import threading
import time
from typing import Any

ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
HEAPS = 2
EVERY = 20.0  # seconds


def c_library() -> Any | None:
    """The C library where it is glibc, else None."""
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
    except (OSError, TypeError):  # Windows has no library without a name
        return None


def settle(every: float = EVERY) -> threading.Thread | None:
    """Bounds the number of heaps and starts trimming them; returns the thread that does, None where there is no glibc.

    To be called before other threads start: a heap that is there stays.
    """
    library = c_library()
    if library is None:
        return None
    library.mallopt(ARENA_MAX, HEAPS)
    trimmer = threading.Thread(target=_trim, args=(library, every), name="trim", daemon=True)
    trimmer.start()
    return trimmer


def _trim(library: Any, every: float) -> None:
    while True:
        time.sleep(every)
        library.malloc_trim(0)
