"""What stands in the slots of an English wording: `{x}`, `{a c x}`, `{x.s}`, `{A.he}`, `{e.past A}`."""

from __future__ import annotations

import re

from . import english
from .lexicon import Entry
from .telling import Scope

PRONOUNS = {
    "f": dict(he="she", him="her", his="her", himself="herself", hers="hers", boy="girl", man="woman"),
    "m": dict(he="he", him="him", his="his", himself="himself", hers="his", boy="boy", man="man"),
}
THINGS = dict(he="it", his="its", himself="itself", him="it", hers="its", boy="animal", man="animal")
MANY = dict(it="they", itself="themselves", its="their", he="they", him="them", his="their")
AGREE = {"is": "are", "was": "were", "has": "have", "does": "do", "this": "these", "that": "those"}
VERBS = ("trip", "game", "indoor", "chore", "school", "skill", "care", "bedtime", "dream")
OF_MANY = {"its": "their", "it is": "they are"}  # in a fact that is told of many: not in "it rains"
SPEAKERS = {"me": "my", "you": "your", "we": "our"}


def fill(slot: str, scope: Scope) -> str:
    """The text of one slot.

    `a` before roles becomes `some` where the noun is not counted; `an` becomes nothing there, as in general statements.
    """
    parts = slot.split(" ")
    determiner = parts.pop(0) if parts[0] in ("a", "an", "the") else ""
    if len(parts) == 2 and "." in parts[0]:
        name, _, form = parts[0].partition(".")
        return english.phrase(scope[name].en, form, possessive(parts[1], scope))
    *before, last = parts
    name, _, form = last.partition(".")
    noun = " ".join([*(scope[each].en for each in before), noun_form(scope[name], form)])
    if scope[name].marks & {"plural", "mass"}:
        determiner = {"a": "some", "an": ""}.get(determiner, determiner)
    return f"{determiner} {noun}".strip()


def possessive(doer: str, scope: Scope) -> str:
    """The possessive of a doer, who is a role or a speaker (me, you, we)."""
    return SPEAKERS.get(doer) or pronoun(scope[doer], "his")


def pronoun(entry: Entry, form: str) -> str:
    """One of he, him, his, himself, hers, boy, man, as it fits the entry."""
    for sex, table in PRONOUNS.items():
        if sex in entry.marks:
            return table[form]
    return (MANY if "plural" in entry.marks else THINGS).get(form, form)


def is_pronoun(part: str) -> bool:
    """Whether a part of a slot shows its role only by a pronoun or by agreement."""
    form = part.partition(".")[2]
    return form in PRONOUNS["f"] or form in MANY or form in AGREE


def noun_form(entry: Entry, form: str) -> str:
    """A word in a form: plural, pronoun, a verb that agrees with it, a place with its preposition, or as it is."""
    many = "plural" in entry.marks
    if not form:
        return entry.en
    if form in PRONOUNS["f"]:
        return pronoun(entry, form)
    if form in AGREE:
        return AGREE[form] if many else form
    if form in ("it", "its", "itself"):
        return MANY[form] if many else form
    if entry.kind.startswith("fact of"):
        told = english.phrase(entry.en, form)
        return re.sub(r"\b(its|it is)\b", lambda found: OF_MANY[found[0]], told) if form == "are" else told
    if form in english.FORMS and form != "s":
        return english.phrase(entry.en, form)
    if form == "s" and entry.kind in VERBS:
        return english.phrase(entry.en, form)
    if form == "s":
        return entry.en if entry.marks & {"plural", "mass"} else english.plural(entry.en)
    place = entry.en.partition(" ")[2]
    return {"at": entry.en, "to": f"to {place}", "place": place}[form]
