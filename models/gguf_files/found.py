"""Which GGUF file a path means: itself, or the one in a folder that holds no other weights. Needs no numpy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from .. import files
from ..refusal import Refusal

ENDING = ".gguf"
MAGIC = b"GGUF"
PART = re.compile(r"(?P<begin>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
# What lies beside a model and is none by itself: an eye or ear for it, a list of how often its weights were used.
BESIDE = re.compile(r"(mmproj|imatrix)[-_.].*|.*[-_.](mmproj|imatrix)([-_.].*)?\.gguf", re.IGNORECASE)
MOST_PARTS = 999


def is_gguf(path: Path) -> bool:
    """Whether a path is a file that is called a GGUF file or begins as one."""
    try:
        if not path.is_file():
            return False
        if path.suffix.lower() == ENDING:
            return True
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):  # unreadable, or no name that a file can have
        return False


def gguf_of(name: str, path: Path) -> Path | None:
    """The GGUF file that a path means, the first of a split one; None where it means none.

    Raises Refusal("gguf_several") for a folder with more than one and no other weights.
    """
    if not path.is_dir():
        return path if is_gguf(path) else None
    if any((path / file).exists() for file in (files.SINGLE, files.INDEX)):
        return None
    try:
        listed = sorted(file for file in path.iterdir() if file.suffix.lower() == ENDING)
    except OSError:  # which whoever looks at the folder next will say
        return None
    whole = {first_of(file).name: first_of(file) for file in listed}
    if len(whole) > 1:
        whole = {file: where for file, where in whole.items() if not BESIDE.fullmatch(file)} or whole
    if len(whole) > 1:
        raise Refusal("gguf_several", model=name, files=named(whole))
    return next(iter(whole.values()), None)


def first_of(path: Path) -> Path:
    """The first part of the file that a part belongs to; any other file itself."""
    part = PART.fullmatch(path.name)
    return path.with_name(f"{part['begin']}-{1:05}-of-{part['count']}{path.suffix}") if part else path


def parts_of(path: Path) -> list[Path]:
    """All parts of a split file, in order; a file that is not split alone."""
    part = PART.fullmatch(path.name)
    count = int(part["count"]) if part else 1
    if part is None or not 1 < count <= MOST_PARTS:
        return [path]
    return [path.with_name(f"{part['begin']}-{i:05}-of-{part['count']}{path.suffix}") for i in range(1, count + 1)]


def named(found: Iterable[str], most: int = 4) -> str:
    """Some names, and an ellipsis where there are more."""
    names = list(found)
    return ", ".join([*names[:most], *(["…"] if names[most:] else [])])
