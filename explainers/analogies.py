"""Word arithmetic: from " he" to " she" is a step, and the same step from " his" should end near " her".

The row nearest to b - a + c by cosine, the three themselves left out (Mikolov, Yih and Zweig, "Linguistic regularities
in continuous space word representations", 2013). Beside it stands what is nearest to c without any step: where the
two agree, the arithmetic has done nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import models
from explainers.contract import Table
from explainers.words import Words

MINUS = "\u2212"
COLUMNS = ("sum", "first", "second", "third", "alone", "wanted", "rank")


def word(model: str, text: str) -> int | None:
    """The id of a word that the vocabulary has whole, with a space before it if it has it so; None if it is cut."""
    for spelt in (f" {text}", text):
        ids = models.encode(model, spelt, special=False)
        if len(ids) == 1:
            return int(ids[0])
    return None


def order(table: np.ndarray, target: np.ndarray, without: tuple[int, ...]) -> np.ndarray:
    """The ids (V,) by the cosine to a target (D,), largest first; those in `without` come last."""
    scores = table @ target / np.maximum(np.linalg.norm(table, axis=1), 1e-12)
    scores[list(without)] = -np.inf
    return np.argsort(-scores, kind="stable")


def answer(model: str, minus: str, plus: str, of: str, wanted: str = "") -> tuple[Any, ...] | None:
    """One row of the table for plus - minus + of; None where the vocabulary cuts one of the words."""
    ids = [word(model, text) for text in (minus, plus, of)]
    a, b, c = ids
    if a is None or b is None or c is None:
        return None
    table = models.table(model)
    found = order(table, table[b] - table[a] + table[c], (a, b, c))
    alone = order(table, table[c], (a, b, c))
    goal = word(model, wanted) if wanted else None
    rank = int(np.flatnonzero(found == goal)[0]) + 1 if goal is not None else None
    shown = models.vocabulary_labels(model, [*found[:3].tolist(), int(alone[0])])
    return (f"{plus} {MINUS} {minus} + {of}", *shown, wanted, rank)


def table(model: str, text: str, words: Words) -> Table:
    """The text's first three words as a sum, then the sums that the words file asks for."""
    asked: list[dict[str, str]] = list(words.raw("sums") or [])
    own = text.split()[:3]
    if len(own) == 3:
        sum_ = dict(zip(("minus", "plus", "of"), own, strict=True))
        same = [one for one in asked if one.items() >= sum_.items()]
        asked = [*(same or [sum_]), *(one for one in asked if one not in same)]
    found = [row for one in asked if (row := answer(model, **one))]
    nothing = (words("views.arithmetic.none"), *[""] * (len(COLUMNS) - 1))
    return Table(words.columns("arithmetic", *COLUMNS), tuple(found) or (nothing,), data=(0, 1, 2, 3, 4, 5))
