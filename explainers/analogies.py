"""Word arithmetic: from " he" to " she" is a step, and the same step from " his" should end near " her".

The row nearest to b - a + c by cosine, as seen from the mean row, the three themselves left out (Mikolov, Yih and
Zweig, "Linguistic regularities in continuous space word representations", 2013). Beside it stands what is nearest to c
without any step: where the two agree, the arithmetic has done nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import models
from explainers import neighbours
from explainers.contract import Table
from explainers.words import Words

MINUS = "\u2212"
PARTS = ("minus", "plus", "of", "wanted")
Sum = tuple[str, ...]  # the four of them, the last "" where no answer is expected
COLUMNS = ("sum", "first", "second", "third", "alone", "wanted", "rank")


def word(model: str, text: str) -> int | None:
    """The id of a word that the vocabulary has whole, with a space before it if it has it so; None if it is cut."""
    for spelt in (f" {text}", text):
        ids = models.encode(model, spelt, special=False)
        if len(ids) == 1:
            return int(ids[0])
    return None


def first(scores: np.ndarray, without: tuple[int, ...], count: int) -> list[int]:
    """The ids of the largest scores (V,), the largest first, equal ones by id; those in `without` come last."""
    scores = scores.copy()
    scores[list(without)] = -np.inf
    most = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
    return most[np.argsort(-scores[most], kind="stable")][:count].tolist()


def rank(scores: np.ndarray, without: tuple[int, ...], goal: int) -> int:
    """The place of an id among the scores (V,) from the largest on, counted from 1; those in `without` come last."""
    scores = scores.copy()
    scores[list(without)] = -np.inf
    return int((scores > scores[goal]).sum() + (scores[:goal] == scores[goal]).sum()) + 1


@lru_cache(maxsize=64)
def answers(model: str, stamp: str, sums: tuple[Sum, ...]) -> tuple[tuple[Any, ...], ...]:
    """A row of the table for each sum; none for one of which the vocabulary cuts a word.

    stamp: of the model's files, so that new ones are read anew.
    """
    cut = [(one, [word(model, text) for text in one[:3]]) for one in sums]
    known = [(one, tuple(i for i in ids if i is not None)) for one, ids in cut if None not in ids]
    if not known:
        return ()
    table = neighbours.EmbeddingTable.of(model)
    rows = table.from_mean(np.array([ids for _, ids in known]))  # (S, 3, D)
    targets = np.concatenate([rows[:, 1] - rows[:, 0] + rows[:, 2], rows[:, 2]])
    scores = neighbours.along(targets, table)  # (2S, V), all together: most of the time goes into reading the table
    pairs = zip(known, scores[: len(known)], scores[len(known) :], strict=True)
    return tuple(answer(model, one, ids, found, alone) for (one, ids), found, alone in pairs)


def answer(model: str, one: Sum, ids: tuple[int, ...], found: np.ndarray, alone: np.ndarray) -> tuple[Any, ...]:
    """The row of one sum. found: scores (V,) by where it leads; alone: by its last word without a step."""
    minus, plus, of, wanted = one
    goal = word(model, wanted) if wanted else None
    shown = models.vocabulary_labels(model, [*first(found, ids, min(3, len(found))), *first(alone, ids, 1)])
    place = None if goal is None else rank(found, ids, goal)
    return (f"{plus} {MINUS} {minus} + {of}", *shown, wanted, place)


def table(model: str, text: str, words: Words) -> Table:
    """The text's first three words as a sum, then the sums that the words file asks for."""
    asked: list[dict[str, str]] = list(words.raw("sums") or [])
    own = text.split()[:3]
    if len(own) == 3:
        sum_ = dict(zip(("minus", "plus", "of"), own, strict=True))
        same = [one for one in asked if one.items() >= sum_.items()]
        asked = [*(same or [sum_]), *(one for one in asked if one not in same)]
    sums = [tuple(one.get(part, "") for part in PARTS) for one in asked]
    own_first, rest = tuple(sums[:1]), tuple(sums[1:])  # apart: the others are the same for every text
    found = [row for some in (own_first, rest) for row in answers(model, models.stamp(model), some)]
    nothing = (words("views.arithmetic.none"), *[""] * (len(COLUMNS) - 1))
    return Table(words.columns("arithmetic", *COLUMNS), tuple(found) or (nothing,), data=(0, 1, 2, 3, 4, 5))
