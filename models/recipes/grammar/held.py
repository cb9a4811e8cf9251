"""What no training document says: some people's names, some capitals, some pairs of words.

Sentences are never held out for themselves; what is tested is a new combination in familiar sentences. Which pairs are
held out follows from their keys, so the same pairs are held out in both languages and in every seed.
"""

from __future__ import annotations

import zlib

from .lexicon import Entry, words

ONE_PAIR_IN = 20


def held_name(person: Entry) -> bool:
    """Whether a person (or a country, or anything with a name of its own) is kept for scoring: it bears the mark."""
    return "held" in person.marks


def held_pair(first: Entry, second: Entry) -> bool:
    """Whether these two words never stand together in training as quality and thing, or thing and place."""
    return zlib.crc32(f"{first.key} + {second.key}".encode()) % ONE_PAIR_IN == 0


def held_names(kind: str, language: str) -> list[str]:
    """All names of a class that training never shows."""
    return [each.form(language) for each in words(kind) if held_name(each)]
