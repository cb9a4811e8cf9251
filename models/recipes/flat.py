"""Token ids as flat arrays: documents one after another, from which rows of a batch are taken all at once.

A list of lists of ids takes some thirty times the memory, and a loop over it keeps a fast device waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

LARGEST = 2**16  # ids are kept in 16 bits


class Flat(NamedTuple):
    """Documents of token ids, one after another: ids (N,) uint16, lengths (documents,) int64, none of them 0."""

    ids: np.ndarray
    lengths: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """(documents,): where each begins."""
        return self.lengths.cumsum() - self.lengths


def flatten(documents: Iterable[Sequence[int]]) -> Flat:
    """Lists of ids as one array; empty ones are left out. Raises ValueError for an id that takes more than 16 bits."""
    kept = [each for each in documents if len(each)]
    ids = np.array([i for each in kept for i in each], np.int64)
    if len(ids) and not 0 <= ids.min() <= ids.max() < LARGEST:
        raise ValueError(f"ids from {ids.min()} to {ids.max()}: 16 bits hold those under {LARGEST:,} alone")
    return Flat(ids.astype(np.uint16), np.array([len(each) for each in kept], np.int64))


def spans(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The places that each span covers, one span after another.

    >>> spans(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    return np.arange(lengths.sum()) + np.repeat(starts - (lengths.cumsum() - lengths), lengths)


def take(flat: Flat, documents: np.ndarray) -> Flat:
    """Some documents, in the order in which they are named."""
    lengths = flat.lengths[documents]
    return Flat(flat.ids[spans(flat.starts[documents], lengths)], lengths)


def join(flats: Sequence[Flat]) -> Flat:
    """The documents of several, one after another."""
    return Flat(np.concatenate([each.ids for each in flats]), np.concatenate([each.lengths for each in flats]))


def split_long(flat: Flat, most: int) -> Flat:
    """Cuts a document longer than a row into row-sized pieces, so that its end is seen as often as its beginning.

    >>> split_long(flatten([[1, 2, 3, 4, 5], [6]]), 2).lengths.tolist()
    [2, 2, 1, 1]
    """
    pieces = -(-flat.lengths // most)
    lengths = np.full(pieces.sum(), most, np.int64)
    lengths[pieces.cumsum() - 1] = flat.lengths - most * (pieces - 1)
    return Flat(flat.ids, lengths)


def limit(flat: Flat, tokens: float, seed: int = 0) -> Flat:
    """So many documents, chosen at random, as hold that many tokens; all of them where they hold no more."""
    if len(flat.ids) <= tokens:
        return flat
    order = np.random.default_rng(seed).permutation(len(flat.lengths))
    count = int(np.searchsorted(flat.lengths[order].cumsum(), tokens)) + 1
    return take(flat, np.sort(order[:count]))


def padded(flat: Flat, documents: np.ndarray, filling: int) -> Tensor:
    """Some documents as rows (documents, longest) int64, filled up on the right."""
    lengths = flat.lengths[documents]
    place = np.arange(lengths.max())
    at = np.minimum(flat.starts[documents][:, None] + place, len(flat.ids) - 1)
    rows = np.where(place < lengths[:, None], flat.ids[at].astype(np.int64), filling)
    return torch.from_numpy(rows)
