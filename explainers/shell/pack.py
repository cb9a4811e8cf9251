"""Arrays and traces as JSON.

An array becomes {"dtype", "shape", "data"}, data being base64 of gzip of its little-endian bytes in C order; two lines
unpack it (README). A large one on its way to a page becomes {"dtype", "shape", "url"} instead and is fetched apart, so
that the queue, which does not compress, stays light.
"""

from __future__ import annotations

import base64
import dataclasses
import gzip
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .kept import KEPT, Entry

INLINE = 64 * 1024  # bytes; larger arrays travel apart


def raw(array: np.ndarray) -> bytes:
    """Little-endian bytes in C order."""
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()


def squeeze(data: bytes) -> bytes:
    """Gzip, fast rather than small, and the same bytes each time."""
    return gzip.compress(data, compresslevel=4, mtime=0)


def pack(array: np.ndarray) -> dict[str, Any]:
    """An array as JSON that carries its own bytes."""
    data = base64.b64encode(squeeze(raw(array))).decode("ascii")
    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": data}


def pack_apart(array: np.ndarray, entry: Entry, name: str) -> dict[str, Any]:
    """An array as JSON: its bytes inside when it is small, else an address under the trace's unguessable key."""
    if array.nbytes <= INLINE:
        return pack(array)
    name = KEPT.attach(entry, name, array)
    return {"dtype": str(array.dtype), "shape": list(array.shape), "url": f"arrays/{entry.key}/{name}"}


def to_json(value: Any, entry: Entry | None = None, name: str = "") -> Any:
    """Any trace, view or prop as JSON values; not-a-number becomes null.

    entry: where large arrays are left to be fetched; None packs all of them inside.
    """
    if value is None or type(value) in (str, int, bool):  # most of them are
        return value
    if isinstance(value, np.ndarray):
        return pack_apart(value, entry, name) if entry else pack(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex(" ").upper()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name), entry, f"{name}.{f.name}") for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): to_json(v, entry, f"{name}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [to_json(item, entry, f"{name}.{i}") for i, item in enumerate(value)]
    return value
