"""Facts that a corpus tells a known number of times: made-up capitals, and telephone numbers.

One document in EVERY, from the first on, tells one of them until all have been told as often as they should; so any
worker knows from (seed, index) alone what a document tells, and a corpus of `needed()` documents or more holds each
fact exactly COUNTS times. What is held out is never told.
"""

from __future__ import annotations

import random
import zlib
from functools import cache

from .held import held_name
from .lexicon import Entry, group, plots, words

EVERY = 5
COUNTS = (1, 3, 10, 30, 100)
NUMBER_COUNTS = (1, 2, 3, 5, 10, 20, 30)

Fact = tuple[Entry, Entry]


def capitals(held: bool = False) -> list[Fact]:
    """(country, capital) of every made-up country; those that are told, or those that never are."""
    pairs = zip(words("country"), words("capital"), strict=True)
    return [(country, capital) for country, capital in pairs if held_name(country) == held]


def numbers(held: bool = False) -> list[Fact]:
    """(place, its telephone number); a number follows from the place's name."""
    return [(place, number(place)) for place in words("shop") if held_name(place) == held]


def number(place: Entry) -> Entry:
    digits = f"{zlib.crc32(place.key.encode()) % 9_000_000 + 1_000_000}"
    text = f"{digits[:3]}-{digits[3:]}"
    return Entry(text, "number of a place", text, text)


def times(fact: Fact) -> int:
    """How often a whole corpus tells a fact: 0 if it is held out."""
    for found, counts in ((capitals(), COUNTS), (numbers(), NUMBER_COUNTS)):
        if fact in found:
            return counts[found.index(fact) % len(counts)]
    return 0


@cache
def schedule(seed: int) -> tuple[tuple[str, Fact], ...]:
    """(plot, fact) of each planting, in an order that the seed decides."""
    chance = random.Random(f"planted {seed}")
    told = [fact for fact in capitals() + numbers() for _ in range(times(fact))]
    chance.shuffle(told)
    return tuple((chance.choice(plots_for(fact)), fact) for fact in told)


def plots_for(fact: Fact) -> list[str]:
    """The plots that can tell a fact: of the group planted, those whose first role is of its kind."""
    return [name for name in group("planted") if plots()["plot"][name]["roles"][0].endswith(f": {fact[0].kind}")]


def planted(seed: int, index: int) -> tuple[str, Fact] | None:
    """What the document of that index tells, if it is one of those that tell a planted fact."""
    turn, rest = divmod(index, EVERY)
    return schedule(seed)[turn] if rest == EVERY - 1 and turn < len(schedule(seed)) else None


def needed() -> int:
    """The number of documents in which every fact has been told as often as it should."""
    return EVERY * len(schedule(0))
