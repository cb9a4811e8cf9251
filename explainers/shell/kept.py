"""Traces that are kept for a while: found by their inputs, their arrays served under an unguessable key.

A run is a value, so nothing is lost when one is dropped: whoever asks again has it computed again.
"""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

import hosting


@dataclass
class Entry:
    """A trace, the key under which a browser fetches its arrays, those arrays by name, and the views drawn of it.

    drawn: (view, language, knobs) -> its JSON. size: bytes of all that the entry keeps alive, what views made of the
    trace included. counted: which arrays' buffers those are.
    """

    trace: Any
    inputs: Hashable = None
    size: int = 0
    key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    arrays: OrderedDict[str, np.ndarray] = field(default_factory=OrderedDict)
    frames: dict[str, Callable[[str], str]] = field(default_factory=dict)  # nonce -> a page for a sandboxed frame
    drawn: dict[Hashable, str] = field(default_factory=dict)
    counted: set[int] = field(default_factory=set)


def size_of(value: Any, counted: set[int] | None = None) -> int:
    """Bytes of all the arrays in a trace, however deep, with a little for the rest.

    counted: then of the memory that the arrays keep alive, which for a slice is all that it was cut from; what is in it
    already counts nothing, and what is new goes in.
    """
    if isinstance(value, str | bytes):  # most of them are
        return 50 + len(value) * 2
    if isinstance(value, np.ndarray):
        return value.nbytes if counted is None else kept_alive(value, counted)
    if names := field_names(type(value)):
        return 200 + sum(size_of(getattr(value, name), counted) for name in names)
    if isinstance(value, Mapping):
        return 64 + sum(100 + size_of(item, counted) for item in value.values())
    if isinstance(value, list | tuple):
        apart = {id(item): item for item in value}.values()  # one that is there many times is in memory once
        return 56 + 8 * len(value) + sum(size_of(item, counted) for item in apart)
    return 32


FIELDS: dict[type, tuple[str, ...]] = {}  # of each type that was met: looking them up takes longer than counting


def field_names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; none for another type."""
    if kind not in FIELDS:
        FIELDS[kind] = tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()
    return FIELDS[kind]


def kept_alive(array: np.ndarray, counted: set[int]) -> int:
    """Bytes of the buffer that an array, or the one it is a slice of, stands in; 0 if that is counted already."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    if id(array) in counted:
        return 0
    counted.add(id(array))
    return array.nbytes


class Kept:
    """A cache of traces bounded in bytes; the one longest unused goes first. One that is larger is kept alone."""

    def __init__(self, limit: int):
        self.limit = limit
        self.size = 0
        self._by_inputs: OrderedDict[Hashable, Entry] = OrderedDict()
        self._by_key: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._at_work: dict[Hashable, tuple[threading.Lock, int]] = {}  # and how many hold or want that lock

    def find(self, inputs: Hashable) -> Entry | None:
        """The entry kept for these inputs, or None."""
        with self._lock:
            entry = self._by_inputs.get(inputs)
            if entry:
                self._by_inputs.move_to_end(inputs)
            return entry

    def keep(self, inputs: Hashable, trace: Any) -> Entry:
        """Keeps a trace, dropping others where there is no room; returns the entry under these inputs."""
        entry = Entry(trace, inputs)
        entry.size = size_of(trace, entry.counted)
        with self._lock:
            old = self._by_inputs.get(inputs)
            if old:  # two asked at once: whoever got the first one's key may still be fetching its arrays
                return old
            self._put(entry)
        return entry

    def attach(self, entry: Entry, name: str, array: np.ndarray) -> str:
        """Keeps an array that a view made of a trace; returns the name under which it is fetched.

        The name tells its content: the same view with other knobs makes another array, and a browser keeps what it got.
        """
        name = f"{name}-{blake2b(np.ascontiguousarray(array).data, digest_size=8).hexdigest()}"
        with self._lock:
            if name not in entry.arrays:
                entry.arrays[name] = array
                self._grow(entry, size_of(array, entry.counted))
        return name

    def note(self, entry: Entry, drawing: Hashable, text: str) -> None:
        """Keeps the JSON of a view as it was drawn."""
        with self._lock:
            if drawing not in entry.drawn:
                entry.drawn[drawing] = text
                self._grow(entry, size_of(text))

    def forget(self, inputs: Hashable) -> None:
        """Drops what is kept for these inputs, if anything is."""
        with self._lock:
            entry = self._by_inputs.get(inputs)
            if entry:
                self._drop(entry)

    @contextmanager
    def alone(self, inputs: Hashable) -> Iterator[None]:
        """Held by one at a time for the same inputs: whoever comes later finds what the first one kept."""
        with self._lock:
            lock, wanted = self._at_work.get(inputs, (threading.Lock(), 0))
            self._at_work[inputs] = (lock, wanted + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                wanted = self._at_work[inputs][1] - 1
                self._at_work[inputs] = (lock, wanted)
                if not wanted:
                    del self._at_work[inputs]

    def array(self, key: str, name: str) -> np.ndarray | None:
        """The array of that name under that key, or None."""
        with self._lock:
            entry = self._by_key.get(key)
            return entry.arrays.get(name) if entry else None

    def frame(self, key: str, name: str) -> Callable[[str], str] | None:
        """What makes the frame of that name under that key, or None."""
        with self._lock:
            entry = self._by_key.get(key)
        return entry.frames.get(name) if entry else None

    def _put(self, entry: Entry) -> None:
        self._by_inputs[entry.inputs] = entry
        self._by_key[entry.key] = entry
        self.size += entry.size
        self._make_room(entry)

    def _grow(self, entry: Entry, more: int) -> None:
        entry.size += more
        if self._by_key.get(entry.key) is entry:
            self._by_inputs.move_to_end(entry.inputs)
            self.size += more
            self._make_room(entry)
        elif entry.inputs not in self._by_inputs:  # dropped since it was found: its page will want it in a moment
            self._put(entry)

    def _make_room(self, newest: Entry) -> None:
        """Drops other traces, and then what views made of this one, but for the array that was made last."""
        while self.size > self.limit and len(self._by_inputs) > 1:
            self._drop(next(iter(self._by_inputs.values())))
        while self.size > self.limit and (len(newest.arrays) > 1 or newest.drawn):
            if newest.drawn:  # these first: they name the arrays
                newest.drawn.clear()
            else:
                newest.arrays.popitem(last=False)
            before, newest.counted = newest.size, set()
            newest.size = size_of(newest.trace, newest.counted)
            newest.size += sum(size_of(array, newest.counted) for array in newest.arrays.values())
            self.size += newest.size - before

    def _drop(self, entry: Entry) -> None:
        del self._by_inputs[entry.inputs]
        del self._by_key[entry.key]
        self.size -= entry.size


KEPT = Kept(int(hosting.TRACE_MB.read() * 1e6))


def of_run(explainer: str, run_id: str) -> tuple[str, str, str]:
    """The inputs under which the Trace of a finished run is kept, for whoever knows the run's id."""
    return ("run", explainer, run_id)
