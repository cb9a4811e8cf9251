"""How near rows of a table are to each other: by the angle between them, in all their numbers, seen from the mean row.

The mean row is taken away first: all rows share it, and with it in them any two look alike (in ko-bert by a cosine of
0.87), the rare above all (Mu and Viswanath, "All-but-the-top", 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import models

NEAREST = 12
AT_ONCE = 32  # rows that are compared with a whole vocabulary together


@dataclass(frozen=True)
class Neighbours:
    """A token and those of the whole vocabulary whose rows point most nearly the same way, the nearest first."""

    id: int
    label: str
    ids: np.ndarray  # (K,) int64, without its own
    labels: tuple[str, ...]  # K
    cosines: np.ndarray  # (K,) float32, falling, from all D numbers of a row


@dataclass(frozen=True)
class EmbeddingTable:
    """A model's embedding table, the mean of its rows, and how far each row is from that."""

    rows: np.ndarray  # (V, D)
    mean: np.ndarray  # (D,)
    lengths: np.ndarray  # (V,)

    @classmethod
    def of(cls, model: str) -> EmbeddingTable:
        return cls(models.table(model), models.mean_row(model), models.row_lengths(model))

    def from_mean(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """The rows of these ids (T) as seen from the mean row, (T, D)."""
        return self.rows[np.asarray(ids, dtype=np.int64)] - self.mean


def along(away: np.ndarray, table: EmbeddingTable) -> np.ndarray:
    """(T, D) as seen from the mean row -> (T, V): how far each row of the table lies that way, as cosines do.

    The table itself stays as it is, for without its mean it would be there twice.

    >>> rows = np.array([[2.0, 1.0], [1.0, 3.0], [0.0, 1.0]])
    >>> table = EmbeddingTable(rows, np.array([1.0, 1.0]), np.array([1.0, 2.0, 1.0]))
    >>> along(np.array([[3.0, 0.0]]), table).tolist()
    [[3.0, 0.0, -3.0]]
    """
    reach = away @ table.rows.T
    reach -= (away @ table.mean)[:, None]
    reach /= np.maximum(table.lengths, 1e-12)  # a row that is the mean has no direction, and is at right angles to all
    return reach


def cosines(away: np.ndarray, table: EmbeddingTable) -> np.ndarray:
    """(T, D) as seen from the mean row -> (T, V) float32: the cosine of the angle to each row of the table."""
    alike = along(away / np.maximum(np.linalg.norm(away, axis=1), 1e-12)[:, None], table)
    return np.clip(alike, -1, 1, out=alike).astype(np.float32, copy=False)


def band(alike: np.ndarray) -> tuple[float, float]:
    """Between which cosines nine tenths of a vocabulary lie, of those (V,) of one token to all."""
    low, high = np.percentile(alike, (5, 95))
    return float(low), float(high)


def degrees(cosine: np.ndarray) -> np.ndarray:
    """The angle of a cosine: 0 the same direction, 90 at right angles, 180 opposite."""
    return np.degrees(np.arccos(cosine.astype(np.float64))).astype(np.float32)


def around(rows: np.ndarray, middle: np.ndarray, spread: int) -> np.ndarray:
    """Rows (N, D) laid out around one (D,): (N, 2) float32, each as far from 0 as its angle to the middle, in degrees.

    The distance is exact, as on a map around a pole. The direction is the best that two axes can do: it sets the last
    `spread` rows apart, by the principal components of the directions in which they leave the middle.
    """
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1), 1e-12)[:, None]
    pole = middle / max(float(np.linalg.norm(middle)), 1e-12)
    cosine = unit @ pole
    leaving = unit - cosine[:, None] * pole
    leaving /= np.maximum(np.linalg.norm(leaving, axis=1), 1e-6)[:, None]
    mean = leaving[-spread:].mean(0)
    axes = np.linalg.svd(leaving[-spread:] - mean, full_matrices=False)[2][:2]
    axes *= np.sign(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1))
    ways = (leaving - mean) @ axes.T
    angles = np.where((rows == middle).all(1), 0, degrees(np.clip(cosine, -1, 1)))
    return (ways * (angles / np.maximum(np.linalg.norm(ways, axis=1), 1e-9))[:, None]).astype(np.float32)


def nearest(model: str, token: int, alike: np.ndarray, count: int = NEAREST) -> Neighbours:
    """The tokens of the largest cosines (V,), its own apart; of equal ones the smaller id first."""
    scores = alike.copy()
    scores[token] = -2
    count = min(count, len(scores) - 1)
    ids = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
    ids = ids[np.argsort(-scores[ids], kind="stable")][:count]
    label, *others = models.vocabulary_labels(model, [token, *ids.tolist()])
    return Neighbours(token, label, ids.astype(np.int64), tuple(others), scores[ids])


def near_all(model: str, ids: Sequence[int]) -> tuple[tuple[Neighbours, ...], np.ndarray]:
    """The neighbours of each id (T of them), and the cosines (T, T) between the ids themselves.

    Some rows at a time: a cosine for each pair of a long text and a large vocabulary would take more than the model.
    """
    table = EmbeddingTable.of(model)
    each = list(dict.fromkeys(ids))
    found: dict[int, Neighbours] = {}
    among = np.empty((len(each), len(ids)), np.float32)
    for start in range(0, len(each), AT_ONCE):
        some = each[start : start + AT_ONCE]
        alike = cosines(table.from_mean(some), table)
        among[start : start + AT_ONCE] = alike[:, ids]
        found |= {i: nearest(model, i, row) for i, row in zip(some, alike, strict=True)}
    return tuple(found[i] for i in ids), among[[each.index(i) for i in ids]]


def most_at_home(pieces: Sequence[models.Piece], neighbours: Sequence[Neighbours]) -> int:
    """The place of the token whose neighbours are nearest; of those that begin a word of two letters, if any do."""
    texts = ["" if piece.special else piece.data.decode("utf-8", "ignore") for piece in pieces]
    long = [place for place, text in enumerate(texts) if len(text.strip()) > 1 and text.strip().isalpha()]
    begin = [place for place in long if texts[place].startswith(" ")]
    whole = [place for place in long if not pieces[place].token.startswith("##")]
    return max(begin or whole or long or range(len(texts)), key=lambda place: neighbours[place].cosines.mean())
