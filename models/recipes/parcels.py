"""Packs folders of weights into a few archives of bounded size, for a machine that gives few and small files back."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

MIB = 2**20


def parcels(sizes: dict[str, int], most: int) -> list[list[str]]:
    """Names in groups whose sizes sum up to no more than `most`, the largest ones placed first.

    >>> parcels({"a": 5, "b": 4, "c": 3}, 8)
    [['a', 'c'], ['b']]
    """
    groups: list[list[str]] = []
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        fits = (group for group in groups if sum(sizes[each] for each in group) + sizes[name] <= most)
        group = next(fits, None)
        if group is None:
            groups.append([name])
        else:
            group.append(name)
    return groups


def pack(folder: Path, into: Path, most: int = 15 * MIB) -> Sequence[Path]:
    """Writes the folders of a folder as weights-0.zip and so on; those that are being written yet are left out."""
    whole = (
        [path for path in folder.iterdir() if path.is_dir() and not path.name.endswith(".new")]
        if folder.is_dir()
        else []
    )
    sizes = {path.name: sum(file.stat().st_size for file in path.iterdir()) for path in sorted(whole)}
    made = []
    into.mkdir(parents=True, exist_ok=True)
    for number, names in enumerate(parcels(sizes, most)):
        made.append(into / f"weights-{number}.zip")
        beside = made[-1].with_suffix(".part")
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
            for file in (file for name in names for file in sorted((folder / name).iterdir())):
                archive.write(file, file.relative_to(folder))
        os.replace(beside, made[-1])
    return made
