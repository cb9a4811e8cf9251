"""One file, fetched whole or not at all: what an earlier call has left is gone on with, and its sha256 decides."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from .index import local_path

TRIES = 5  # of which none brings a byte more, before it is given up
PAUSE = 1.0  # seconds before the second of them, then twice as many, and so on
LATER = (408, 425, 429, 500, 502, 503, 504)  # answers after which it is worth asking again

Told = Callable[[int], None]  # is told how many bytes are there


class WrongBytes(Exception):
    """What came is not what should have."""


def sha256_of(path: Path) -> str:
    """The hash of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def part_of(target: Path) -> Path:
    """Where a file grows until it is whole."""
    return target.with_name(f"{target.name}.part")


def download(client: httpx.Client, address: str, target: Path, size: int, sha256: str, told: Told) -> None:
    """Makes a file of that size and hash out of what an address gives: http, https or file.

    Where it is another one it is thrown away and fetched once more. Raises WrongBytes after that, httpx.HTTPError where
    the address does not give it, OSError where it cannot be written.
    """
    part = part_of(target)
    for _ in range(2):
        if urlsplit(address).scheme == "file":
            shutil.copyfile(local_path(address), part)
        else:
            _complete(client, address, part, size, told)
        if part.stat().st_size == size and sha256_of(part) == sha256:
            os.replace(part, target)
            told(size)
            return
        part.unlink()
    raise WrongBytes(target.name)


def _complete(client: httpx.Client, address: str, part: Path, size: int, told: Told) -> None:
    """Fetches what a part lacks, over as many connections as it takes; more than the size is not written."""
    tries = 0
    while not part.exists() or part.stat().st_size < size:
        before = part.stat().st_size if part.exists() else 0
        try:
            if _go_on(client, address, part, size, told):
                return
            wrong: httpx.HTTPError = httpx.ReadError(part.name)
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in LATER:
                raise
            wrong = error
        except httpx.TransportError as error:
            wrong = error
        after = part.stat().st_size if part.exists() else 0
        tries = 0 if after > before else tries + 1
        if tries == TRIES:
            raise wrong
        time.sleep(PAUSE * 2 ** max(0, tries - 1) if tries else 0)


def _go_on(client: httpx.Client, address: str, part: Path, size: int, told: Told) -> bool:
    """Appends what one connection brings; whether that was all."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", address, headers=headers) as answer:
        if answer.status_code == 416:  # the other side has less than this: it is no beginning of that file
            part.unlink()
            return False
        answer.raise_for_status()
        goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        with part.open("ab" if goes_on else "wb") as file:
            done = have if goes_on else 0
            for chunk in answer.iter_bytes():
                file.write(chunk[: size - done])
                done = min(size, done + len(chunk))
                told(done)
                if done == size:
                    return True
    return done >= size or (not goes_on and have == 0 and done == int(answer.headers.get("Content-Length", -1)))
