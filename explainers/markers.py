"""Special tokens among the guesses at a next token: they stand for no text, and no text goes on with most of them.

A model may find one likely, such as the mark before a picture after a whole sentence. In a list of words it is counted
and left out; only the marks that end a text are always in it, for with them a text does end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_CANDIDATES = 200
MOST_NAMED = 1000  # candidates and the special tokens between them


def named(logits: np.ndarray, special: Sequence[tuple[int, int]], ends: Sequence[int]) -> list[int]:
    """The most likely ids, the likeliest first: as many words among them as a list shows, and all that come before."""
    order = np.argsort(-logits, kind="stable")
    words = np.flatnonzero(~is_marker(len(logits), special, ends)[order])[:MOST_CANDIDATES]
    return order[: max(MOST_CANDIDATES, int(words[-1]) + 1 if len(words) else 0)][:MOST_NAMED].tolist()


def is_marker(size: int, special: Sequence[tuple[int, int]], ends: Sequence[int]) -> np.ndarray:
    """Which ids (V,) are special tokens that no text goes on with: all but those that end one.

    >>> is_marker(4, [(0, 3)], [1]).tolist()
    [True, False, True, False]
    """
    found = np.zeros(size, dtype=bool)
    for start, stop in special:
        found[start:stop] = True
    found[[i for i in ends if i < size]] = False
    return found
