"""English inflection: by rule, with the exceptions in en/rules.toml."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FORMS = ("past", "pp", "ing", "s", "are", "were", "base")
DOUBLED = re.compile(r"^[^aeiou]*[aeiou][bdgklmnprtvz]$")


@cache
def rules() -> dict[str, Any]:
    """Irregular verbs and nouns, and the words whose first letter misleads."""
    return tomllib.loads((Path(__file__).parent / "en" / "rules.toml").read_text(encoding="utf-8"))


def doubles(verb: str) -> bool:
    """Whether the last consonant is written twice before -ed and -ing."""
    return bool(DOUBLED.match(verb)) or verb in rules()["doubled"]


def with_s(word: str) -> str:
    """The -s of a plural or of the third person."""
    if re.search(r"(s|x|z|ch|sh)$", word) or word in rules()["with_es"]:
        return word + "es"
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + "s"


def inflect(verb: str, form: str) -> str:
    """One verb in one of FORMS: past, participle, -ing, third person, and for `be` the plurals are and were.

    >>> [inflect(verb, form) for verb, form in (("stop", "past"), ("carry", "s"), ("make", "ing"))]
    ['stopped', 'carries', 'making']
    """
    special = rules()["verbs"].get(verb, {})
    if form in special:
        return str(special[form])
    if form in ("base", "are"):
        return verb
    if form in ("pp", "were"):
        return inflect(verb, "past")
    if form == "s":
        return with_s(verb)
    if form == "ing":
        if verb.endswith("ie"):
            return verb[:-2] + "ying"
        if verb.endswith("e") and not re.search(r"(ee|ye|oe)$", verb):
            return verb[:-1] + "ing"
        return verb + (verb[-1] if doubles(verb) else "") + "ing"
    if verb.endswith("e"):
        return verb + "d"
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    return verb + (verb[-1] if doubles(verb) else "") + "ed"


def phrase(text: str, form: str, owner: str = "their") -> str:
    """A verb phrase: its first word and each word with a star are inflected; ~ stands for the doer's his, her, their.

    >>> phrase("sit down and *brush ~ teeth", "past", "her")
    'sat down and brushed her teeth'
    """
    first, _, rest = text.partition(" ")
    rest = re.sub(r"\*(\w+)", lambda found: inflect(found[1], form), rest)
    return f"{inflect(first, form)} {rest}".strip().replace("~", owner)


def plural(noun: str) -> str:
    """The plural of a noun phrase: of its last word, or of the one before `of`."""
    head, of, rest = noun.partition(" of ")
    before, _, last = head.rpartition(" ")
    last = rules()["plurals"].get(last) or with_s(last)
    return f"{before} {last}".strip() + of + rest


def article(text: str) -> str:
    """`a` or `an` before a text."""
    word = re.match(r"[\w']+", text)
    lower = word[0].lower() if word else ""
    if lower.startswith(tuple(rules()["vowel_sound"])):
        return "an"
    if lower.startswith(tuple(rules()["consonant_sound"])):
        return "a"
    return "an" if lower[:1] in tuple("aeiou") else "a"


def mend_articles(text: str) -> str:
    """Every `a` before a vowel's sound becomes `an`, and the other way round."""
    return re.sub(r"\b([Aa])n? (?=([\w'-]+))", lambda f: ("A" if f[1] == "A" else "a") + article(f[2])[1:] + " ", text)
