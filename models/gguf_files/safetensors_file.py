"""A safetensors file written tensor after tensor, so that no more than one of them need be in memory.

Format: eight bytes of length, little-endian, then that much JSON, padded with blanks, then the numbers.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

ROW = 256  # bytes that a tensor may take in the table, besides its name: sizes and two offsets
LENGTH = 8


class Writer:
    """Use it in a `with`; the file is whole when that ends without an error."""

    def __init__(self, path: Path, names: list[str]):
        """names: of all tensors that will be written, at most."""
        self.table: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        self.room = sum(len(json.dumps(name)) + ROW for name in names) + ROW
        self.room += -self.room % LENGTH
        self.begin = LENGTH + self.room
        self.file = path.open("wb")
        self.file.seek(self.begin)

    def __enter__(self) -> Writer:
        return self

    def add(self, name: str, values: np.ndarray, narrow: str = "F32") -> None:
        """Writes a tensor of float32, as narrow ("F16" or "BF16") if that holds each of its numbers exactly."""
        kind, data = narrowed(values, narrow)
        start = self.file.tell() - self.begin
        self.file.write(np.ascontiguousarray(data).data)
        end = self.file.tell() - self.begin
        self.table[name] = {"dtype": kind, "shape": list(values.shape), "data_offsets": [start, end]}

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is None:
                self.file.seek(0)
                table = json.dumps(self.table).encode().ljust(self.room)
                self.file.write(len(table).to_bytes(LENGTH, "little") + table)
        finally:
            self.file.close()


def narrowed(values: np.ndarray, kind: str) -> tuple[str, np.ndarray]:
    """Numbers in another kind where that changes none of them, else as float32; and which kind it came to be.

    >>> narrowed(np.float32([0.5]), "F16")[0], narrowed(np.float32([0.1]), "F16")[0]
    ('F16', 'F32')
    """
    if kind == "F16":
        with np.errstate(over="ignore"):
            halves = values.astype(np.float16)
        if np.array_equal(halves.astype(np.float32), values, equal_nan=True):
            return kind, halves
    if kind == "BF16":
        bits = np.ascontiguousarray(values).view(np.uint32)
        if not (bits & 0xFFFF).any():
            return kind, (bits >> 16).astype(np.uint16)
    return "F32", values
