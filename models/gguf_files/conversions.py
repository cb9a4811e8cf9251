"""Conversions of GGUF files, kept in the store: one for each content, wherever its file lies and whatever it is called.

Of all conversions those that were used last stay (`pruning`).
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

from .. import store
from ..refusal import Refusal
from . import convert, pruning
from .found import first_of, parts_of

FORMAT = 1  # another number once files are converted otherwise, so that they are converted anew
PREFIX = "gguf-"
STAMPS = "gguf-stamps"  # where it is noted which content a file had when it was last looked at
_running: dict[Path, float] = {}  # the first part of a file -> how much of it is converted, from 0 to 1


def open_folder(name: str, file: Path) -> Path:
    """The folder of a GGUF file's model, converted unless that has been done, which takes a while.

    Refusals: those of `convert`; conversion_unwritable; model_changing, for a file that is written to meanwhile.
    """
    first = first_of(file)
    try:
        before, key = _facts(first), _key(first)
        folder = store.kept(key)
        if folder is None:
            folder = store.make(key, lambda part: _build(name, first, part, before))
            pruning.prune(store.root(), PREFIX)
        pruning.note_use(folder)
    except FileNotFoundError as error:
        raise Refusal("gguf_part_missing", model=name, file=Path(str(error.filename)).name) from error
    except OSError as error:
        raise Refusal("conversion_unwritable", model=name) from error
    return folder


def kept(file: Path) -> Path | None:
    """The folder of a file's model where it has been converted; opens no weights."""
    try:
        digest = _noted(first_of(file))
    except OSError:
        return None
    return store.kept(_named(digest)) if digest else None


def progress(file: Path) -> float | None:
    """How much of a file is converted by this program now, from 0 to 1; None where it is not at it."""
    return _running.get(first_of(file))


def _build(name: str, first: Path, folder: Path, before: tuple[object, ...]) -> None:
    for left in folder.iterdir():
        left.unlink()

    def note(share: float) -> None:
        _running[first] = share

    _running[first] = 0.0
    try:
        convert(first, folder, note, name)
    finally:
        del _running[first]
    if _facts(first) != before:
        raise Refusal("model_changing", model=name)


def _named(digest: str) -> str:
    """A conversion's name in the store."""
    return f"{PREFIX}{digest[:20]}-{FORMAT}-{version('transformers')}"


def _key(first: Path) -> str:
    """The name in the store of what a file is converted to; reads the file unless it is the one that was looked at."""
    digest = _noted(first)
    if digest is None:
        whole = hashlib.sha256()
        for part in parts_of(first):
            with part.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        digest = whole.hexdigest()
        note = _note(first)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.with_suffix(f".{os.getpid()}").write_text(digest, encoding="ascii")
        note.with_suffix(f".{os.getpid()}").replace(note)
    return _named(digest)


def _facts(first: Path) -> tuple[object, ...]:
    """What tells one state of a file, all its parts, from another. Raises FileNotFoundError where a part is missing."""
    found = [(str(part.resolve()), part.stat()) for part in parts_of(first)]
    return tuple((path, s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for path, s in found)


def _note(first: Path) -> Path:
    """The file that holds the digest of a file in its present state."""
    return store.root() / STAMPS / hashlib.sha256(repr(_facts(first)).encode()).hexdigest()[:32]


def _noted(first: Path) -> str | None:
    """The digest of a file's content, if it was looked at in its present state."""
    try:
        digest = _note(first).read_text(encoding="ascii")
    except (FileNotFoundError, ValueError):
        return None
    return digest if len(digest) == hashlib.sha256().digest_size * 2 else None
