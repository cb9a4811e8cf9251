"""Token ids, in whatever a person holds them: a list, a trace's array, a row of a tokenizer's answer, a tensor."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any


def whole_numbers(ids: Any) -> tuple[int, ...]:
    """The ids as Python's own numbers. TypeError for what is no row of whole numbers: fractions, yes and no, a text.

    >>> whole_numbers(range(3)), whole_numbers([[7, 8]])
    ((0, 1, 2), (7, 8))
    """
    row = listed(ids)
    if len(row) == 1 and not isinstance(row[0], str | int):
        row = listed(row[0])  # a batch of one
    return tuple(one(i) for i in row)


def listed(ids: Any) -> list[Any]:
    """What stands in a row; a number alone is a row of one."""
    if callable(getattr(ids, "tolist", None)):  # numpy's and torch's, wherever they lie
        ids = ids.tolist()
    if isinstance(ids, int):
        return [ids]
    if isinstance(ids, str | bytes | dict | set) or not isinstance(ids, Iterable):
        raise TypeError("not a row of numbers")
    return list(ids)


def one(i: Any) -> int:
    """One id; a tensor or an array that holds a single number is that number."""
    i = i.item() if callable(getattr(i, "item", None)) else i
    if isinstance(i, bool):
        raise TypeError("not a number")
    return index(i)
