"""What is fetched or converted, kept in one folder for all clones: each thing in it is whole, or it is not there."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import filelock

import hosting

LOCKLESS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)
LOOK = 0.2  # seconds between two looks at a lock that another program holds


def root() -> Path:
    """The folder in which things are kept (GLASSBOX_STORE); it may not be there yet."""
    return hosting.STORE.read()


def kept(name: str) -> Path | None:
    """The folder of a thing that has been made; None where it has not."""
    folder = root() / name
    return folder if os.path.isdir(folder) else None  # which is no folder, either, where nobody may look


def unfinished(name: str) -> Path:
    """The folder in which a thing is made, and stays until it is whole."""
    return root() / f"{name}.part"


def make(name: str, build: Callable[[Path], None], waits: Callable[[], None] = lambda: None) -> Path:
    """The folder of a thing, made by `build` unless it is there.

    build: fills the folder that it is given, which may hold what an earlier, interrupted call left. It raises where it
        cannot, and then nothing of that name is kept. Of two programs that make one thing, one waits for the other.
    waits: called before that, once.
    Raises OSError where the folder cannot be written or the disk is full.
    """
    target = root() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(name, waits):
        if not target.is_dir():
            unfinished(name).mkdir(exist_ok=True)
            build(unfinished(name))
            _settle(unfinished(name))
            os.rename(unfinished(name), target)
    return target


def remove(name: str) -> bool:
    """Takes a thing away, and what an interrupted call has left of it; whether there was anything. Raises OSError."""
    found = [folder for folder in (root() / name, unfinished(name)) if folder.is_dir()]
    if found:
        with _locked(name, lambda: None):
            for folder in found:
                gone = folder.with_name(f"{name}.gone")
                shutil.rmtree(gone, ignore_errors=True)
                os.rename(folder, gone)  # whole or not there, also while it is being taken away
                shutil.rmtree(gone)
        with contextlib.suppress(OSError):
            (root() / f"{name}.lock").unlink()
    return bool(found)


def _locked(name: str, waits: Callable[[], None]) -> contextlib.ExitStack:
    """The lock of a name, held. On a file system without locks a file that is there is one, under a name of its own."""
    try:
        return _held(filelock.FileLock(root() / f"{name}.lock", fallback_to_soft=False), waits)
    except NotImplementedError:
        pass
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
    return _held(filelock.SoftFileLock(root() / f"{name}.held"), waits)


def _held(lock: filelock.BaseFileLock, waits: Callable[[], None]) -> contextlib.ExitStack:
    """A lock, held; `waits` is called where another program holds it."""
    stack = contextlib.ExitStack()
    try:
        stack.enter_context(lock.acquire(timeout=0))
    except filelock.Timeout:
        waits()
        stack.enter_context(lock.acquire(poll_interval=LOOK))
    return stack


def _settle(folder: Path) -> None:
    """Has the disk hold all that the folder does before it gets its name: a power cut leaves no empty files in it."""
    for path in (*folder.rglob("*"), folder):
        if path.is_file() or os.name == "posix":
            handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
