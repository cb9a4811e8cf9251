"""What a model folder holds, read without torch: which files are its weights, and how large the model is."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; raises OSError or ValueError."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path.name} holds no object")
    return value


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files that make the model, or () when there are none or some of them are missing.

    Raises ValueError when an index names anything but shards beside it.
    """
    if (folder / SINGLE).is_file():
        return (folder / SINGLE,)
    if not (folder / INDEX).is_file():
        return ()
    names = sorted(set(read_json(folder / INDEX)["weight_map"].values()))
    if not all(SHARD.fullmatch(name) for name in names):
        raise ValueError(f"{INDEX} names files that are no shards")
    paths = tuple(folder / name for name in names)
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


def only_pickles(folder: Path) -> bool:
    """Whether the only weights are in a format that can run code when it is opened."""
    has = {path.suffix for path in folder.iterdir()}
    return ".safetensors" not in has and bool(has & {".bin", ".pt", ".pth", ".pkl", ".ckpt"})
