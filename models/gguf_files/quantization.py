"""What of a GGUF file was quantised, and how: kept beside the weights that were made of it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .header import Header

FILE = "gguf.json"


@dataclass(frozen=True)
class Kind:
    """How some of the tensors are stored: how many, how many numbers they hold, which share of all, bits a number."""

    name: str
    tensors: int
    numbers: int
    share: float
    bits: float


@dataclass(frozen=True)
class Quantization:
    """Of a whole file: its name, its family as llama.cpp calls it, bits a number in all, and each kind, most first."""

    file: str
    family: str
    bits: float
    kinds: tuple[Kind, ...]


def of(header: Header, file: str) -> Quantization:
    """What a file's table of tensors tells."""
    tensors, numbers, size = Counter[str](), Counter[str](), Counter[str]()
    for tensor in header.tensors:
        tensors[tensor.type.name] += 1
        numbers[tensor.type.name] += tensor.numbers
        size[tensor.type.name] += tensor.bytes
    whole = max(1, numbers.total())
    kinds = [
        Kind(name, tensors[name], count, count / whole, 8 * size[name] / count) for name, count in numbers.most_common()
    ]
    return Quantization(file, header.family, 8 * size.total() / whole, tuple(kinds))


def write(folder: Path, found: Quantization) -> None:
    """Keeps it in a model's folder."""
    (folder / FILE).write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> Quantization | None:
    """What a model's folder says of the GGUF file that it was made of; None where it was made of none."""
    try:
        facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return Quantization(**facts | {"kinds": tuple(Kind(**kind) for kind in facts["kinds"])})
    except (OSError, ValueError, LookupError, TypeError):
        return None
