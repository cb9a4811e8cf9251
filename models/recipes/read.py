"""What every recipe says of its run, and what tells one run from another."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeVar

from .corpus import Text


class Read(Protocol):
    """What every recipe has: a name, where its chance begins, the texts that it reads, how many tokens of them it reads
    unless it is told otherwise, and the folder whose weights it begins from."""

    @property
    def name(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def texts(self) -> tuple[Text, ...]: ...

    @property
    def tokens(self) -> float: ...

    @property
    def begin(self) -> Path | None: ...


class Averaged(Read, Protocol):
    """A recipe whose weights are averaged over the end of its run: over that share of it."""

    @property
    def average(self) -> float: ...


R = TypeVar("R", bound=Read)


def fresh(recipe: R) -> R:
    """The recipe as it is; that of a second run with another seed, so that it reads other rows than the first one."""
    return replace(recipe, seed=recipe.seed + 1) if recipe.begin else recipe  # type: ignore[type-var]


def digest(folder: Path) -> str:
    """The first letters of a folder's weights' SHA-256: tells one model from another of the same name."""
    return sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]


def mark(recipe: Read) -> str:
    """What a run is made of: its checkpoints fit no other."""
    shares = " ".join(f"{text.share:g}" for text in recipe.texts)
    others = [digest(each) for each in (recipe.begin, *getattr(recipe, "teachers", ())) if each]
    return f"{recipe.name}, seed {recipe.seed}, shares {shares}" + (f", from {' '.join(others)}" if others else "")
