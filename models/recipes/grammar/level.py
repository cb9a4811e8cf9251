"""How a Korean sentence ends: plain in books, polite in talk, formal; and the copula, which leans on its noun."""

from __future__ import annotations

from .hangul import retail, tail
from .korean import join, rules

LEVELS = ("plain", "polite", "formal")


def end(stem: str, ending: str, level: str, adjective: bool, before: str = "") -> str:
    """A stem with a chain of endings. The last may be one of the two that depend on the level: told, asked.

    before: what stands before the stem without a space; only the copula looks at it.
    adjective: no present marker in the plain level.
    """
    copula = stem == rules()["copula"] and bool(before)
    past = False
    for name in rules()["before_final"]:
        if ending.startswith(name) and ending != name:
            if copula and name == rules()["past"]:
                stem = rules()["copula_past"][0 if tail(before) else 1]
                copula = False
            else:
                prose = level != "polite" and ending == name + rules()["told"]
                stem = join(stem, name, open_=prose)
            ending, past = ending[len(name) :], past or name != rules()["honorific"]
    adjective = adjective and not past
    if ending in rules()["of_adjectives"] and adjective:
        ending = rules()["of_adjectives"][ending]
    if ending.startswith(tuple(rules()["present"])):
        bare = past or adjective or is_bare(stem)
        return stem + ending[1:] if bare else closed(stem, ending, ("n", ending[1:]))
    if ending == rules()["told"]:
        return told(stem, level, adjective or past, before if copula else "")
    if ending == rules()["asked"]:
        return asked(stem, level)
    if stem.endswith(rules()["honorific"][-1]) and not past and ending in rules()["honorific_polite"]:
        return stem[:-1] + rules()["honorific_polite"][ending]
    if copula and ending in rules()["copula_forms"]:
        return str(rules()["copula_forms"][ending][0 if tail(before) else 1])
    return join(stem, ending)


def told(stem: str, level: str, bare: bool, noun: str) -> str:
    """The end of a statement. bare: an adjective or a past; noun: what the copula follows, if it is one."""
    words = rules()["level"][level]
    if noun:
        return str(words["copula"][0 if tail(noun) else 1])
    if level == "polite" and stem.split(" ")[-1] in rules()["polite_forms"]:
        return stem + str(rules()["polite_forms"][stem.split(" ")[-1]])
    if level == "polite":
        if stem.endswith(rules()["honorific"][-1]) and stem not in rules()["not_honorific"]:
            return stem[:-1] + rules()["honorific_polite"][words["told"]]
        return join(stem, words["told"])
    if level == "formal":
        return closed(stem, words["told"], words["told_open"])
    if bare or is_bare(stem):
        return stem + str(words["told"])
    return closed(stem, words["verb"], words["verb_open"])


def is_bare(stem: str) -> bool:
    """Whether a stem takes no marker of the present although it is a verb: what is there, what is not, a past."""
    return tail(stem) == "ss" or stem.split(" ")[-1] in rules()["bare"]


def closed(stem: str, after_consonant: str, after_vowel: tuple[str, str]) -> str:
    """A stem and an ending whose first letter becomes the tail of an open stem: after_vowel is (tail, rest)."""
    stem = stem.rstrip("*")
    if tail(stem) in ("", "l"):
        return retail(stem, after_vowel[0]) + after_vowel[1]
    return stem + after_consonant


def asked(stem: str, level: str) -> str:
    """The end of a question that the text itself asks."""
    words = rules()["level"][level]
    if level == "formal":
        return closed(stem, words["asked"], words["asked_open"])
    return join(stem, words["asked"])
