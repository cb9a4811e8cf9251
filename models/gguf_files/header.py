"""What stands at the head of a GGUF file: its metadata and its table of tensors. Each count and size in it is doubted.

Format: "GGUF", version, two counts, then the metadata (key, type, value), then the tensors (name, sizes, type, offset),
then, from the next multiple of the alignment on, the numbers. All is little-endian. Needs no torch.
"""

from __future__ import annotations

import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32  # unless the metadata says otherwise
MOST_BYTES = 1 << 28  # of a whole header; those of the largest vocabularies take a tenth of it
MOST_ENTRIES = 1 << 22  # of one list
MOST_KEYS = MOST_TENSORS = 1 << 16
MOST_SIZES = 4  # of one tensor
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
FLOAT, STRING, LIST = 6, 8, 9


class Damaged(ValueError):
    """The file is cut short, or says of itself what cannot be."""


class OtherVersion(ValueError):
    """The file is of a version, or an order of bytes, that is not read here; its text is the version."""


class UnknownType(ValueError):
    """The numbers of a tensor are stored in a way that has no name here: (the tensor, the type)."""


@dataclass(frozen=True)
class Tensor:
    """One row of the table. sizes: as numpy has them, the fastest-moving last. start: of its bytes, in the file."""

    name: str
    sizes: tuple[int, ...]
    type: GGMLQuantizationType
    path: Path
    start: int
    bytes: int

    @property
    def numbers(self) -> int:
        return math.prod(self.sizes)


@dataclass(frozen=True)
class Header:
    """metadata: key -> a number, a truth, a text, a list of texts, or an array of numbers."""

    metadata: dict[str, Any]
    tensors: tuple[Tensor, ...]

    @property
    def family(self) -> str:
        """How the file calls the family of its model; "" where it does not say."""
        return str(self.metadata.get("general.architecture", ""))

    def field(self, name: str, usual: Any = None) -> Any:
        """A value that the family's own part of the metadata holds, such as "block_count"."""
        return self.metadata.get(f"{self.family}.{name}", usual)


def read(path: Path) -> Header:
    """The header of a file; raises Damaged, OtherVersion, UnknownType or OSError."""
    with path.open("rb") as file:
        cursor = Cursor(file)
        tensors, keys = _counts(cursor)
        metadata: dict[str, Any] = {}
        for _ in range(keys):
            key = cursor.text()
            if key in metadata:
                raise Damaged(f"{key} stands there twice")
            metadata[key] = cursor.value(cursor.number("I"))
        rows = [_row(cursor) for _ in range(tensors)]
        alignment = metadata.get("general.alignment", ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise Damaged("general.alignment is no power of two")
        begin = -(-cursor.place // alignment) * alignment
        return Header(metadata, _placed(path, rows, begin, alignment, cursor.size))


def _counts(cursor: Cursor) -> tuple[int, int]:
    """How many tensors and how many keys there are."""
    if cursor.take(len(MAGIC)) != MAGIC:
        raise Damaged("the file does not begin as GGUF does")
    version = cursor.number("I")
    if version not in VERSIONS:
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
        raise OtherVersion(f"{swapped}, big-endian" if swapped in VERSIONS else str(version))
    tensors, keys = cursor.number("Q"), cursor.number("Q")
    if tensors > MOST_TENSORS or keys > MOST_KEYS:
        raise Damaged("more tensors or keys than any file has")
    return tensors, keys


Row = tuple[str, tuple[int, ...], int, int]  # name, sizes, type, offset


def _row(cursor: Cursor) -> Row:
    name = cursor.text()
    count = cursor.number("I")
    if count > MOST_SIZES:
        raise Damaged(f"{name} has {count} sizes")
    sizes = tuple(reversed(struct.unpack(f"<{count}Q", cursor.take(8 * count))))
    return name, sizes, cursor.number("I"), cursor.number("Q")


def _placed(path: Path, rows: list[Row], begin: int, alignment: int, end: int) -> tuple[Tensor, ...]:
    """The tensors, each seen to lie whole in the file and apart from all others, in the order in which they lie."""
    found = [_tensor(path, row, begin) for row in rows]
    if len({tensor.name for tensor in found}) < len(found):
        raise Damaged("two tensors have one name")
    free = begin
    for tensor in sorted(found, key=lambda one: (one.start, one.bytes)):
        if tensor.start < free or tensor.start + tensor.bytes > end or (tensor.start - begin) % alignment:
            raise Damaged(f"{tensor.name} does not lie where it says")
        free = tensor.start + tensor.bytes
    return tuple(found)


def _tensor(path: Path, row: Row, begin: int) -> Tensor:
    name, sizes, type_id, offset = row
    try:
        type_ = GGMLQuantizationType(type_id)
        block, size = GGML_QUANT_SIZES[type_]
    except (ValueError, KeyError) as error:
        raise UnknownType(name, str(type_id)) from error
    numbers = math.prod(sizes)
    if numbers < 1 or not sizes or sizes[-1] % block:
        raise Damaged(f"{name} has sizes that fit no {type_.name}")
    return Tensor(name, sizes, type_, path, begin + offset, numbers // block * size)


class Cursor:
    """Reads a header from its begin; what it is asked for never exceeds what the file has, nor MOST_BYTES in all."""

    def __init__(self, file: BinaryIO):
        self.file, self.place = file, 0
        self.size = os.fstat(file.fileno()).st_size
        self.limit = min(self.size, MOST_BYTES)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.limit - self.place:
            raise Damaged("the header does not end where the file does")
        found = self.file.read(count)
        if len(found) < count:
            raise Damaged("the file is being cut short")
        self.place += count
        return found

    def number(self, code: str) -> Any:
        """The next number, or truth, by struct's code."""
        return struct.unpack(f"<{code}", self.take(struct.calcsize(f"<{code}")))[0]

    def text(self) -> str:
        """The next text."""
        try:
            return self.take(self.number("Q")).decode()
        except UnicodeDecodeError as error:
            raise Damaged("a text is not UTF-8") from error

    def value(self, type_id: int) -> Any:
        """The next value of a type: lists of texts as a list, of numbers as an array; no lists in lists."""
        if type_id == STRING:
            return self.text()
        if type_id in SCALARS:
            found = self.number(SCALARS[type_id])
            return float(str(np.float32(found))) if type_id == FLOAT else found  # 1e-06, not 9.999999974752427e-07
        if type_id != LIST:
            raise Damaged(f"a value is of the type {type_id}, which there is not")
        inner, count = self.number("I"), self.number("Q")
        if count > MOST_ENTRIES or (inner not in SCALARS and inner != STRING):
            raise Damaged("a list has too many entries, or lists for entries")
        if inner == STRING:
            return [self.text() for _ in range(count)]
        kind = np.dtype(SCALARS[inner]).newbyteorder("<")
        return np.frombuffer(self.take(count * kind.itemsize), kind)
