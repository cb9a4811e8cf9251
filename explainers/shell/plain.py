"""Values and tables as plain text, each as short as it can be without saying what is not so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..words import Words
from .pack import to_json

MOST_ROWS = 40
MOST_COLUMNS = 16
MOST_CELL = 80  # characters
MOST_LINE = 600


def brief(value: Any) -> str:
    """A value in a line; "" for what has no short form."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {tuple(value.shape)}" + (f", {spread(value)}" if value.size else "")
    if isinstance(value, list | tuple):
        texts = [text for item in value if (text := text_in(item)) is not None]
        return shorter(" | ".join(texts), MOST_LINE) if len(texts) == len(value) else ""
    return "" if value is None or isinstance(value, Mapping) or is_data(value) else shorter(cell(value), MOST_LINE)


def spread(array: np.ndarray) -> str:
    """The least and the largest of an array's numbers."""
    return f"{cell(array.min())} … {cell(array.max())}" if array.dtype.kind in "iuf" else ""


def text_in(item: Any) -> str | None:
    """A list's item as text: itself, or the text or label that it bears; None for anything else."""
    if isinstance(item, Mapping):
        item = item.get("text", item.get("label"))
    elif is_data(item):
        item = getattr(item, "text", getattr(item, "label", None))
    return cell(item) if isinstance(item, str | int | float | np.generic) else None


def cell(value: Any) -> str:
    """A value as people write it; a fraction never becomes a whole number by rounding."""
    value = to_json(value)
    if isinstance(value, float):
        short = (text for digits in (5, 9, 17) if not rounded(text := f"{value:.{digits}g}", value))
        return next(short)
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else one_line(str(value))


def rounded(text: str, value: float) -> bool:
    """Whether a fraction is written as a whole number."""
    return value != int(value) and float(text) == round(value)


def one_line(text: str) -> str:
    """No line ends, no other control characters, no bar that would end a table's cell."""
    return "".join(c if c.isprintable() else " " for c in text).replace("|", "\\|")


def shorter(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def is_data(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], own: Words, most: int = MOST_ROWS) -> Iterator[str]:
    """A table in Markdown: as many rows and columns as fit; whether any were left out stands under it."""
    wide = columns[:MOST_COLUMNS]
    yield row(wide)
    yield "|" + " --- |" * len(wide)
    yield from (row(values[:MOST_COLUMNS]) for values in rows[:most])
    if len(rows) > most or len(columns) > MOST_COLUMNS:
        facts = {"rows": min(len(rows), most), "all_rows": len(rows)}
        yield own("left_out", columns=len(wide), all_columns=len(columns), **facts)


def row(values: Sequence[Any]) -> str:
    return "| " + " | ".join(shorter(cell(value), MOST_CELL) for value in values) + " |"
