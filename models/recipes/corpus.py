"""Texts for training: a folder of plain files in, documents out, every 20th held out before anything looks at it.

A recipe names the files it wants and the share of its tokens that each supplies; the folder is given on the command
line. Nothing here is part of the product: only the weights that the recipes make are shipped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

END = "<|endoftext|>"
HELD_OUT_EVERY = 20
SCREENED = Path(__file__).parent / "screened"
SAMPLED = 12e6  # characters of text that a vocabulary is made from
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")  # what stands between two sentences


def by_mark(text: str) -> list[str]:
    """Documents with the end-of-text mark between them."""
    return text.split(END)


def by_blank_line(text: str) -> list[str]:
    """Documents with a blank line between them."""
    return re.split(r"\n\s*\n", text)


def by_lines(count: int) -> Callable[[str], list[str]]:
    """Documents of `count` lines each, for a text that marks no documents of its own."""

    def split(text: str) -> list[str]:
        lines = text.split("\n")
        return ["\n".join(lines[i : i + count]) for i in range(0, len(lines), count)]

    return split


def question_and_answer(text: str) -> list[str]:
    """One document for each row of a CSV file with the columns Q and A."""
    return [f"{row['Q']}\n{row['A']}" for row in csv.DictReader(io.StringIO(text))]


def column(index: int) -> Callable[[str], list[str]]:
    """One document for each distinct value of a column of a TSV file."""

    def split(text: str) -> list[str]:
        rows = (line.split("\t") for line in text.split("\n"))
        return list(dict.fromkeys(row[index] for row in rows if len(row) > index))

    return split


@dataclass(frozen=True)
class Text:
    """A file of the texts folder: its share of the training tokens, how it splits, and what the card says of it.

    made: in place of a file, what makes documents: to train on, or with True those that are held out. short: most of
    its documents are short.
    """

    file: str
    share: float
    split: Callable[[str], list[str]]
    title: str
    licence: str
    made: Callable[[bool], list[str]] | None = None
    short: bool = False


@cache
def screened() -> re.Pattern[str]:
    """Finds words that no class should be shown: English ones whole, Korean ones at a word's beginning."""
    english, korean = ((SCREENED / f"{code}.txt").read_text(encoding="utf-8").split() for code in ("en", "ko"))
    return re.compile(rf"\b(?:{'|'.join(english)})\b|(?<![\uac00-\ud7a3])(?:{'|'.join(korean)})", re.IGNORECASE)


def documents(folder: Path, text: Text) -> tuple[list[str], list[str]]:
    """Reads one file and returns its documents as (training, held out): every 20th is held out, the first included.

    No document with a screened word is trained on.
    """
    if text.made:
        return text.made(False), text.made(True)
    raw = (folder / text.file).read_text(encoding="utf-8")
    found = [part.strip() for part in text.split(raw)]
    found = [part for part in found if part]
    held = found[::HELD_OUT_EVERY]
    kept = (part for i, part in enumerate(found) if i % HELD_OUT_EVERY)
    return [part for part in kept if not screened().search(part)], held


def held_out(folder: Path, text: Text) -> list[str]:
    """The documents of a text that are held out; what the grammar makes to train on is not made for that."""
    return text.made(True) if text.made else documents(folder, text)[1]


def sampled(texts: Sequence[Text], folder: Path) -> Iterator[str]:
    """Training documents to make a vocabulary from: of each text its share of SAMPLED characters, or all there is."""
    for text in texts:
        room = text.share * SAMPLED
        for part in documents(folder, text)[0]:
            if room > 0:
                yield part
            room -= len(part)
