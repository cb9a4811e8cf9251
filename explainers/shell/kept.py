"""Traces that are kept for a while: found by their inputs, their arrays served under an unguessable key.

A run is a value, so nothing is lost when one is dropped: whoever asks again has it computed again.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Entry:
    """A trace, the key under which a browser fetches its arrays, and those arrays by name."""

    trace: Any
    size: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


def size_of(value: Any) -> int:
    """Bytes of all the arrays in a trace, however deep, with a little for the rest."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return 200 + sum(size_of(getattr(value, f.name)) for f in dataclasses.fields(value))
    if isinstance(value, list | tuple):
        return 56 + sum(size_of(item) for item in value)
    return len(value) * 2 if isinstance(value, str) else 32


class Kept:
    """A cache of traces bounded in bytes; the one longest unused goes first."""

    def __init__(self, limit: int):
        self.limit = limit
        self.size = 0
        self._by_inputs: OrderedDict[Hashable, Entry] = OrderedDict()
        self._by_key: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def find(self, inputs: Hashable) -> Entry | None:
        """The entry kept for these inputs, or None."""
        with self._lock:
            entry = self._by_inputs.get(inputs)
            if entry:
                self._by_inputs.move_to_end(inputs)
            return entry

    def keep(self, inputs: Hashable, trace: Any) -> Entry:
        """Keeps a trace, dropping others where there is no room; returns the entry under these inputs."""
        entry = Entry(trace, size_of(trace))
        with self._lock:
            old = self._by_inputs.get(inputs)
            if old:  # two asked at once: whoever got the first one's key may still be fetching its arrays
                return old
            self._by_inputs[inputs] = entry
            self._by_key[entry.key] = entry
            self.size += entry.size
            while self.size > self.limit and len(self._by_inputs) > 1:
                self._forget(self._by_inputs.popitem(last=False)[1])
        return entry

    def array(self, key: str, name: str) -> np.ndarray | None:
        """The array of that name under that key, or None."""
        with self._lock:
            entry = self._by_key.get(key)
        return entry.arrays.get(name) if entry else None

    def _forget(self, entry: Entry) -> None:
        self._by_key.pop(entry.key, None)
        self.size -= entry.size


KEPT = Kept(int(float(os.environ.get("GLASSBOX_TRACE_MB", "256")) * 1e6))
