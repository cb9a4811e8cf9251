"""What stands in the slots of a Korean wording: `{x:particle}`, and `[stem/endings]`."""

from __future__ import annotations

import re
from functools import cache

from . import korean, level
from .hangul import is_syllable, tail
from .lexicon import Entry, words
from .telling import Scope

NUMBERS = ("alone", "sino")


def noun(entry: Entry, form: str, rest: str, familiar: bool) -> str:
    """A noun with its particle, or with any syllables that do not depend on it.

    form: `particle`, or nothing; of a number also `alone` (by itself) or `sino` (in sums), then `:particle`.
    rest: what follows in the wording.
    familiar: a child's name that ends in a consonant takes a vowel before what leans on it.
    """
    which, _, particle = form.partition(":") if form.startswith(NUMBERS) else ("", "", form)
    text = entry.ko.split("/")[NUMBERS.index(which) + 1 if which else 0]
    leans = particle or is_syllable(rest[:1] or " ")
    if familiar and leans and entry.kind == "child" and tail(text) and particle not in korean.rules()["own_vowel"]:
        text += korean.rules()["copula"]
    if particle in korean.rules()["honour"]:
        honoured, plain = korean.rules()["honour"][particle]
        particle = honoured if "h" in entry.marks else plain
    if particle in korean.rules()["particles"]:
        return text + korean.particle(text, particle)
    return text + particle


def predicate(stem: str, ending: str, scope: Scope, said: str, speech: str) -> str:
    """A stem with its endings. The stem is in letters or a role; `A^` before it honours A where A is honoured.

    said: the sentence so far; only the copula looks at it.
    """
    honoured, _, stem = stem.rpartition("^")
    if stem in scope:
        entry = scope[stem]
        if "n" in entry.marks:
            return qualifier(entry, ending, speech)
        if "v" in entry.marks and ending == korean.rules()["qualifies"]:
            ending = korean.rules()["qualifies_verb"]
        stem = entry.ko
    if honoured and "h" in scope[honoured].marks:
        head, space, last = stem.rpartition(" ")
        special = korean.rules()["honoured"].get(last)
        stem, ending = (head + space + special, ending) if special else (stem, korean.rules()["honorific"] + ending)
    before = re.split(r"[\s\"]", said)[-1]
    return level.end(stem, ending, speech, is_adjective(stem), before)


def qualifier(entry: Entry, ending: str, speech: str) -> str:
    """A noun in the place of an adjective: before another noun as it is, at the end with the copula."""
    if ending == korean.rules()["qualifies"]:
        return entry.ko
    return entry.ko + level.end(korean.rules()["copula"], ending, speech, False, entry.ko)


def is_adjective(stem: str) -> bool:
    """Whether a stem takes no marker of the present: as a whole, or its last word."""
    return stem in adjectives() or stem.split(" ")[-1] in adjectives()


@cache
def adjectives() -> frozenset[str]:
    """The adjectives of the lexicon, and those that the rules name."""
    listed = (each for kind in korean.rules()["adjective_classes"] for each in words(kind))
    return frozenset(each.ko for each in listed if not each.marks & {"v", "p"}) | {*korean.rules()["adjectives"]}
