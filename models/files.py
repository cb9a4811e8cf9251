"""What a model folder holds, read without torch: which files are its weights, and how large the model is."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

from . import relaxed

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
PROJECTION = "space.safetensors"  # where this program keeps how a vocabulary lies in space
SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+=-]*\.safetensors")  # a plain name, and nowhere but beside its index

SENTENCEPIECE = re.compile(r"(tokenizer|spiece|spm|sentencepiece|sentencepiece\.bpe|spm_char)\.model")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, read as `relaxed` does; raises OSError or ValueError."""
    value = relaxed.parse(path.read_bytes())
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} holds no object")
    return value


def shards(index: dict[str, Any]) -> list[str]:
    """The files that an index names; raises ValueError when it names anything but files beside it."""
    names = sorted(set(index["weight_map"].values()))
    if not names or not all(SHARD.fullmatch(name) for name in names):
        raise ValueError(f"{INDEX} names files that are no shards")
    return names


def named_weights(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that make the model, whether they are there or not; () when none are named.

    Raises ValueError as `shards` does.
    """
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    if not (folder / INDEX).is_file():
        return ()
    return tuple(folder / name for name in shards(read_json(folder / INDEX)))


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that make the model, or () when there are none or some of them are missing.

    Raises ValueError as `shards` does.
    """
    paths = named_weights(folder)
    return paths if all(path.is_file() for path in paths) else ()


def header(path: Path) -> dict[str, Any]:
    """A safetensors file's table of tensors; raises ValueError when the file is cut short or is no such file.

    Format: eight bytes of length, little-endian, then that much JSON, then the numbers.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > size - 8:
            raise ValueError(f"{path.name} is cut short")
        table = json.loads(file.read(length))
    tensors = {name: entry for name, entry in table.items() if name != "__metadata__"}
    end = max((entry["data_offsets"][1] for entry in tensors.values()), default=0)
    if size != 8 + length + end:
        raise ValueError(f"{path.name} is cut short")
    return tensors


def parameters(folder: Path) -> int:
    """How many numbers the weights hold, counted from the files' headers; raises ValueError on a broken one."""
    tensors = (entry for path in weight_files(folder) for entry in header(path).values())
    return sum(math.prod(entry["shape"]) for entry in tensors)


def size(folder: Path) -> int:
    """Bytes of the weights on disk."""
    return sum(path.stat().st_size for path in weight_files(folder))
