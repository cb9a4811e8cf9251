"""The texts that people might type, to measure models on: no model reads them, and no model is made from them.

They lie in `typed/`. Half of the short texts, by hash, is for choosing between recipes; the other half is for
reporting alone, and only the table of `evaluate.py` and the cards read it.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).parent / "typed"
Half = Literal["choosing", "reporting"]


def half_of(text: str) -> Half:
    """To which half a text belongs: a hash of its words decides, so that no later text moves an earlier one."""
    return "reporting" if sha256(" ".join(text.split()).encode()).digest()[0] % 2 else "choosing"


def short_texts(language: str, half: Half) -> list[str]:
    """The short texts of one half, two to eight sentences each."""
    raw = (FOLDER / f"{language}.txt").read_text(encoding="utf-8")
    texts = (part.strip() for part in raw.split("\n\n"))
    return [text for text in texts if text and half_of(text) == half]


def openings(language: str) -> list[tuple[str, tuple[str, ...]]]:
    """Openings, each with the next words that make sense; in Korean with how such a word may begin."""
    lines = (FOLDER / f"{language}_openings.tsv").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line.strip())
    return [(opening, tuple(word.strip() for word in words.split(",") if word.strip())) for opening, words in pairs]


def beginnings(language: str) -> list[str]:
    """Beginnings that a model is to continue."""
    return [line for line in (FOLDER / f"{language}_beginnings.txt").read_text(encoding="utf-8").splitlines() if line]
