"""The characters behind a text: what looks alike may be spelt in other numbers, and so in other bytes and other tokens.

A Korean syllable is one number (U+D55C) or its two or three letters in a row (U+1112 U+1161 U+11AB); both are drawn
alike, and a tokenizer that learnt the first has hardly met the second.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import regex

import models
from explainers.contract import Table
from explainers.typed import oddities
from explainers.words import NO_WORDS, Words

if TYPE_CHECKING:
    from explainers.tokens import Trace


def characters(trace: Trace, words: Words = NO_WORDS) -> Table:
    """Each character once, in the order of the text: its numbers, bytes and times, and how it is ordinarily written.

    The last two columns are blank where the character is written as usual.
    """
    counted = Counter(regex.findall(r"\X", trace.text))
    rows = tuple(
        (models.visible(one), codes(one), len(data(one)), count, *usual(one)) for one, count in counted.items()
    )
    names = ("character", "codes", "bytes", "times", "usual_codes", "usual_bytes")
    return Table(words.columns("characters", *names), rows, data=(0, 1, 4))


def codes(character: str) -> str:
    """Its numbers in Unicode, as people write them."""
    return " ".join(f"U+{ord(part):04X}" for part in character)


def data(character: str) -> bytes:
    """Its bytes, as a computer stores them and a byte-level tokenizer reads them."""
    return character.encode("utf-8", "replace")


def usual(character: str) -> tuple[str, str | int]:
    """The numbers and how many bytes of the ordinary way to write it; blank where it is written so."""
    found = oddities(character)
    if not found:
        return "", ""
    mended = found[-1].mended
    return codes(mended), len(data(mended))
