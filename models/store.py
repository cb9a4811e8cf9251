"""What is fetched or converted, kept in one folder for all clones: each thing in it is whole, or it is not there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import filelock

import hosting


def root() -> Path:
    """The folder in which things are kept (GLASSBOX_STORE); it may not be there yet."""
    return hosting.STORE.read()


def kept(name: str) -> Path | None:
    """The folder of a thing that has been made; None where it has not."""
    folder = root() / name
    return folder if folder.is_dir() else None


def make(name: str, build: Callable[[Path], None]) -> Path:
    """The folder of a thing, made by `build` unless it is there.

    build: fills the folder that it is given, which may hold what an earlier, interrupted call left. It raises where it
        cannot, and then nothing of that name is kept. Of two programs that make one thing, one waits for the other.
    Raises OSError where the folder cannot be written or the disk is full.
    """
    target = root() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    with filelock.FileLock(target.with_name(f"{target.name}.lock")):
        if not target.is_dir():
            unfinished.mkdir(exist_ok=True)
            build(unfinished)
            os.rename(unfinished, target)
    return target
