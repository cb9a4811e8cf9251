"""Which conversions stay on the disk: the few that were used last. Any other can be made again from its file."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

import filelock

KEPT = 4  # conversions that stay, however long ago they were used
RECENT = 3600  # seconds for which one stays in any case
USED = "used"  # an empty file in each, as new as its last use
UNFINISHED, GONE, LOCK = ".part", ".gone", ".lock"


def note_use(folder: Path) -> None:
    """Says that a conversion is used now; a store that cannot be written to is only read, and nothing in it goes."""
    with contextlib.suppress(OSError):
        (folder / USED).touch()


def prune(root: Path, prefix: str) -> list[str]:
    """Takes away what was used long ago, and what interrupted conversions left; returns the names of what went."""
    found = sorted((path for path in root.glob(f"{prefix}*") if path.is_dir()), key=last_use, reverse=True)
    whole = [path for path in found if path.suffix not in (UNFINISHED, GONE) and (path / "config.json").is_file()]
    spare = [path for path in found if path.suffix == UNFINISHED] + whole[KEPT:]
    return [path.name for path in spare if time.time() - last_use(path) > RECENT and _drop(path)]


def last_use(folder: Path) -> float:
    """When a conversion was last used, or made; of an unfinished one, when it was last written to."""
    times = [path.stat().st_mtime for path in (folder, folder / USED, *folder.glob("*")) if path.exists()]
    return max(times, default=0.0)


def _drop(folder: Path) -> bool:
    """Takes a folder away unless a program is at work on it; whether it did."""
    lock = folder.with_name(folder.name.removesuffix(UNFINISHED) + LOCK)
    gone = folder.with_name(folder.name + GONE)
    try:
        with filelock.FileLock(lock, timeout=0):
            os.rename(folder, gone)
            shutil.rmtree(gone)
    except (filelock.Timeout, OSError):
        return False
    return True
