"""Arrays and traces as JSON.

An array becomes {"dtype", "shape", "data"}, data being base64 of gzip of its little-endian bytes in C order; two lines
unpack it (README). On its way to a page it becomes {"dtype", "shape", "bytes"}, for older browsers have nothing that
unpacks gzip in a script; a large one becomes {"dtype", "shape", "url"} and is fetched apart, which any browser unpacks,
so that the queue, which does not compress, stays light.
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
    """An array as JSON that carries its own bytes, compressed."""
    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": base64_of(squeeze(raw(array)))}


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def pack_for_page(array: np.ndarray, entry: Entry | None, name: str) -> dict[str, Any]:
    """An array as JSON: its bytes inside when it is small, else an address under the trace's unguessable key."""
    told = {"dtype": str(array.dtype), "shape": list(array.shape)}
    if entry is None or array.nbytes <= INLINE:
        return told | {"bytes": base64_of(raw(array))}
    return told | {"url": f"arrays/{entry.key}/{KEPT.attach(entry, name, array)}"}


def to_json(value: Any, entry: Entry | None = None, name: str = "", page: bool = False) -> Any:
    """Any trace, view or prop as JSON values; not-a-number becomes null.

    entry: where large arrays are left for a page to fetch; without one, all are inside. page: whether a page reads it.
    """
    if value is None or type(value) in (str, int, bool):  # most of them are
        return value
    if isinstance(value, np.ndarray):
        return pack_for_page(value, entry, name) if entry or page else pack(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex(" ").upper()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        facts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {key: to_json(part, entry, f"{name}.{key}", page) for key, part in facts.items()}
    if isinstance(value, Mapping):
        return {str(k): to_json(v, entry, f"{name}.{k}", page) for k, v in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [to_json(item, entry, f"{name}.{i}", page) for i, item in enumerate(value)]
    return value
