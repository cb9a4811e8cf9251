"""Korean particles and endings, computed from what they follow. The words that break a rule stand in ko/rules.toml.

An ending is written as it follows a stem with a final consonant and a bright vowel: what begins with the vowel a (past,
"and then") chooses a or eo by harmony; what begins with eu loses it after a vowel or l; all else just follows.
Source of the rules: the National Institute of Korean Language's orthography (Hangeul Matchumbeop), articles 15 to 18
and 34 to 38.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from .hangul import apart, retail, tail, together

CONTRACTED = {"o": "wa", "u": "wo", "i": "yeo", "oe": "wae"}
SWALLOW = ("a", "eo", "ae", "e", "yeo", "yae", "ye")  # an open vowel that takes a following a or eo into itself
REDDENED = {"a": "ae", "eo": "ae", "ya": "yae", "yeo": "ye"}


@cache
def rules() -> dict[str, Any]:
    """Particles, the lists of irregular stems, and the endings of each level of speech."""
    return tomllib.loads((Path(__file__).parent / "ko" / "rules.toml").read_text(encoding="utf-8"))


def particle(text: str, name: str) -> str:
    """The form that a particle takes after a text; name is its form after a consonant."""
    closed, open_ = rules()["particles"][name]
    end = tail(text)
    if end == "l" and name in rules()["l_is_open"]:
        return str(open_)
    return str(closed if end else open_)


def irregular(stem: str) -> str:
    """Which irregularity a stem has: b, d, s, h, reo, u, or none (l, eu, reu and ha are rules, not exceptions)."""
    word = stem.split(" ")[-1]
    for kind, stems in rules()["irregular"].items():
        if any(word == each.lstrip("~") or (each[0] == "~" and word.endswith(each[1:])) for each in stems):
            return str(kind)
    return ""


def bright(stem: str) -> bool:
    """Whether the last vowel asks for a rather than eo."""
    return apart(stem[-1])[1] in ("a", "o", "ya")


def harmony(stem: str, ending: str, open_: bool = False) -> str:
    """A stem and an ending whose first vowel is a or eo (given with a): harmony, irregulars, contraction.

    open_: leave the few stems uncontracted that careful prose leaves so.
    """
    lead, vowel, end = apart(stem[-1])
    rest, (_, _, closing) = ending[1:], apart(ending[0])
    kind = irregular(stem)
    if not end and lead == "h" and vowel == "a" and not kind:
        return stem[:-1] + together("h", "ae", closing) + rest
    if kind == "h":
        return stem[:-1] + together(lead, REDDENED[vowel], closing) + rest
    if kind == "b":
        last = "wa" if stem[-1] in rules()["rounded"] else "wo"
        return retail(stem, "") + together("", last, closing) + rest
    if kind in ("d", "s"):
        return retail(stem, "l" if kind == "d" else "") + together("", "a" if bright(stem) else "eo", closing) + rest
    if kind == "reo":
        return stem + together("r", "eo", closing) + rest
    if not end and vowel == "eu":
        return after_eu(stem, closing) + rest
    if kind == "u":
        return stem[:-1] + together(lead, "eo", closing) + rest
    stays = kind == "open" or (open_ and stem.split(" ")[-1] in rules()["open_in_prose"] and closing == "ss")
    if not end and not stays and vowel in SWALLOW:
        return stem[:-1] + together(lead, vowel, closing) + rest
    if not end and not stays and vowel in CONTRACTED:
        return stem[:-1] + together(lead, CONTRACTED[vowel], closing) + rest
    past = end == "ss"
    return stem + together("", "a" if bright(stem) and not past else "eo", closing) + rest


def after_eu(stem: str, closing: str) -> str:
    """A stem in eu before a or eo: the vowel falls; a stem in reu doubles its l unless it is on the list."""
    lead = apart(stem[-1])[0]
    before = stem[:-1]
    joined = bool(before) and before[-1] != " "
    vowel = "a" if joined and bright(before) else "eo"
    if lead == "r" and joined and irregular(stem) != "eu":
        return retail(before, "l") + together("r", vowel, closing)
    return before + together(lead, vowel, closing)


def after_stem(stem: str, ending: str) -> str:
    """A stem and an ending whose first vowel is eu: it stays after a consonant only, and l falls before n, s and b."""
    end, kind, (_, _, closing) = tail(stem), irregular(stem), apart(ending[0])
    rest = ending[1:]
    if kind == "b":
        stem, end = retail(stem, "") + together("", "u"), ""
    elif kind == "h":
        stem, end = retail(stem, ""), ""
    elif kind in ("d", "s"):
        return retail(stem, "l" if kind == "d" else "") + ending
    if end not in ("", "l"):
        return stem + ending
    if closing:
        return retail(stem, "lm" if (end, closing) == ("l", "m") else closing) + rest
    drops = end == "l" and apart(rest[0])[0] in ("n", "s", "b")
    return (retail(stem, "") if drops else stem) + rest


def join(stem: str, ending: str, open_: bool = False) -> str:
    """A stem (the dictionary form without its last syllable) and one ending."""
    lead, vowel, _ = apart(ending[0])
    if stem[-1] == "*":  # a regular stem that is spelt like an irregular one
        return join_regular(stem[:-1], ending)
    if not lead and vowel == "a":
        return harmony(stem, ending, open_)
    if not lead and vowel == "eu":
        return after_stem(stem, ending)
    if lead == "n" and tail(stem) == "l":
        return retail(stem, "") + ending
    return stem + ending


def join_regular(stem: str, ending: str) -> str:
    """The same for a stem that has a final consonant and no irregularity."""
    lead, vowel, closing = apart(ending[0])
    if not lead and vowel == "a" and not bright(stem):
        return stem + together("", "eo", closing) + ending[1:]
    return stem + ending
