"""The host's own folder: what a look at its files shows, and what reading its model shows besides."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from . import architectures, files, folders
from .gguf_files import conversions, families, quantization
from .gguf_files.found import gguf_of, is_gguf, parts_of
from .gguf_files.quantization import Quantization
from .refusal import Refusal
from .shelf import Stamp, stamp


@dataclass(frozen=True)
class Found:
    """What a folder's model can do, how many numbers its weights hold, and their bytes on disk.

    can is empty, too, as long as only reading the model would tell. stored: how a GGUF file holds the numbers.
    """

    can: frozenset[str]
    parameters: int
    bytes: int
    stored: Quantization | None = None


State = tuple[Path, Stamp]
_known: dict[State, Found | Refusal] = {}  # of one folder, until its files change


def look(folder: Path) -> Found | Refusal:
    """What a folder's config and the headers of its files show, once; why it cannot be offered, if it cannot."""
    state = _state(folder)
    if state not in _known:
        _known.clear()
        _known[state] = _look(folder)
    return _known[state]


def settle(folder: Path, read: Callable[[], frozenset[str]]) -> Refusal | None:
    """Reads the folder's model, and keeps what it turned out to do or why it is refused, which is returned.

    read: reads it, says what it can do, or raises Refusal.
    """
    found = look(folder)
    if isinstance(found, Refusal):
        return found
    try:
        _known[_state(folder)] = replace(found, can=read())
    except Refusal as refusal:
        _known[_state(folder)] = refusal
        return refusal
    return None


def conversion(folder: Path, begun: bool) -> Refusal | None:
    """Says that the folder's GGUF file is converted first, and how much of it has been; None where it need not be.

    begun: only while this program is at it.
    """
    try:
        file = gguf_of(folder.name, folder)
    except Refusal:
        return None
    share = conversions.progress(file) if file else None
    if file is None or (share is None and (begun or conversions.kept(file) is not None)):
        return None
    return Refusal("host_converting", model=folder.name, share=share, done=f"{share or 0:.0%}")


def _state(folder: Path) -> State:
    there = folder.is_dir() or is_gguf(folder)
    return folder, stamp(folder) if there and os.access(folder, os.R_OK) else frozenset()


def _look(folder: Path) -> Found | Refusal:
    try:
        file = gguf_of(folder.name, folder)
        if file:
            return _look_at_gguf(folder.name, file)
        folders.check(folder.name, folder)
        can = architectures.abilities(folders.config(folder.name, folder))
        return Found(can or frozenset(), files.parameters(folder), files.size(folder))
    except Refusal as refusal:
        return refusal


def _look_at_gguf(name: str, file: Path) -> Found:
    """What the header of a GGUF file shows; raises Refusal for one that is not opened here."""
    from .gguf_files import checks, parts  # numpy, which other folders do not need

    head = parts.read(name, file)
    checks.check(name, head)
    numbers = sum(tensor.numbers for tensor in head.tensors)
    size = sum(part.stat().st_size for part in parts_of(file))
    return Found(families.abilities(head.family), numbers, size, quantization.of(head, file.name))
