"""The space of a vocabulary, seen from the few directions in which its rows differ most: principal components.

Bundled models ship theirs as space.safetensors (`python -m models.recipes.projection`); of any other it is worked out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors
from safetensors.numpy import load as loaded
from safetensors.numpy import save as written

from . import files
from .load import find
from .run import table
from .shelf import Shelf

FILE = files.PROJECTION
COMPONENTS = 4
MOST_ROWS = 5120  # of a larger vocabulary, its first tokens: most tokenizers number the common ones first


@dataclass(frozen=True, eq=False)
class Projection:
    """The first rows of a table, along K axes."""

    mean: np.ndarray  # (D,) float32, what is taken from a row before it is projected
    axes: np.ndarray  # (K, D) float32, rows of length 1, at right angles
    points: np.ndarray  # (N, K) float32, the table's first N rows
    share: np.ndarray  # (K,) float32, of the variance of those rows; falls from axis to axis

    def project(self, rows: np.ndarray) -> np.ndarray:
        """Any rows (…, D) along the same axes: (…, K)."""
        return (rows - self.mean) @ self.axes.T


def pca(table: np.ndarray, components: int = COMPONENTS) -> Projection:
    """The principal components of a table (N, D); float64 within (Pearson, "On lines and planes of closest fit", 1901).

    An axis and its opposite are equally good: the one whose largest number is positive is taken. Axes in which no row
    differs from another are there, too, with a share of 0.
    """
    mean = table.mean(0, dtype=np.float64)
    centred = table - mean
    variances, vectors = np.linalg.eigh(centred.T @ centred)  # ascending
    variances, axes = np.maximum(variances[::-1], 0), vectors.T[::-1][:components]
    axes = axes * np.sign(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1))
    share = variances[: len(axes)] / (variances.sum() or 1.0)
    parts = (mean, axes, centred @ axes.T, share)
    return Projection(*(np.ascontiguousarray(part, dtype=np.float32) for part in parts))  # as safetensors writes them


def projection(name: str | Path) -> Projection:
    """The projection of a model's table: the one that ships with it where it fits the table, else a new one, kept."""
    return _projections.get(name)


def digest(table: np.ndarray) -> str:
    """SHA-256 of a table's numbers: says whether a projection was made of it."""
    return hashlib.sha256(np.ascontiguousarray(table, dtype="<f4").data).hexdigest()


def save(folder: Path, table: np.ndarray) -> Projection:
    """Works the projection out and leaves it beside the weights."""
    made = pca(table[:MOST_ROWS])
    (folder / FILE).write_bytes(written(vars(made), metadata={"table": digest(table)}))
    return made


def shipped(folder: Path, table: np.ndarray) -> Projection | None:
    """The projection beside the weights; None where there is none, or one of another table."""
    try:
        data = (folder / FILE).read_bytes()  # read whole: what is mapped can end the program when it changes
        facts = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__") or {}
        return Projection(**loaded(data)) if facts.get("table") == digest(table) else None
    except (OSError, TypeError, ValueError, AttributeError, safetensors.SafetensorError):
        return None


def _read(name: str, folder: Path) -> Projection:
    rows = table(name)
    return shipped(folder, rows) or pca(rows[:MOST_ROWS])


_projections: Shelf[Projection] = Shelf(find, _read, lambda projection: 1, lambda: 16)
