"""Names that nobody bears: a model that is to say one again must have read it, for it cannot know it.

A vocabulary holds the names of the lexicon whole, so that each is one token to look up; what a person types is cut into
pieces, and to say it again piece by piece is another skill, learnt from names like these.
"""

from __future__ import annotations

import random

from .hangul import together
from .lexicon import Entry

FIRST = (
    *("Ba", "Be", "Bi", "Do", "Fe", "Ga", "Ha", "Je", "Ka", "Ke", "La", "Li", "Lo", "Ma", "Me", "Mi", "Na", "Ne", "No"),
    *("O", "Pa", "Ra", "Re", "Ri", "Sa", "So", "Ta", "Te", "Va", "Ve", "Wa", "Ya", "Za", "Zo", "Bra", "Cla", "Dri"),
    *("Fro", "Gla", "Gre", "Kri", "Pla", "Sha", "Sta", "Tra"),
)
MIDDLE = (
    "l",
    "m",
    "n",
    "r",
    "v",
    "z",
    "d",
    "b",
    "rv",
    "lm",
    "nd",
    "rd",
    "st",
    "ll",
    "nn",
    "rl",
    "mb",
    "sk",
    "lv",
    "nt",
)
LAST = {
    "f": ("a", "ia", "elle", "ey", "is", "ine"),
    "m": ("o", "or", "us", "ard", "en", "in"),
    "": ("y", "o", "ow", "et"),
}
PLACE = ("ford", "ton", "ville", "port", "bury", "wick", "stead", "mouth")
# Few of the parts of syllables, chosen so that no two of them are a word that one does not say.
FIRST_LEADS, LEADS = ("g", "n", "d", "r", "m", "h", "t", "p", "k", ""), ("r", "n", "m", "d", "h", "t", "b")
VOWELS, TAILS = ("a", "o", "u", "eo", "i"), ("", "", "n", "l", "ng")
KINDS = ("child", "petname", "city")


def invented(kind: str, chance: random.Random) -> Entry:
    """A name for a child, an animal or a city, in both languages, which say nothing alike."""
    sex = chance.choice("fm") if kind == "child" else ""
    end = chance.choice(PLACE if kind == "city" else LAST[sex])
    english = chance.choice(FIRST) + chance.choice(MIDDLE) + ("e" if kind == "city" else "") + end
    leads = [chance.choice(FIRST_LEADS), *(chance.choice(LEADS) for _ in range(2 if kind == "city" else 1))]
    korean = "".join(together(lead, chance.choice(VOWELS), chance.choice(TAILS)) for lead in leads)
    return Entry(english, kind, english, korean, frozenset(sex))
