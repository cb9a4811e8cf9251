"""From lines to sentences: the wordings of one language, their choices made, their slots filled.

Marks of a wording: of `(this|that)` chance takes one, the first of English with the first of Korean; where the order of
the choices differs, `(2:this|that)` is the second. `{...}` and `[...]` are slots, see english_slots.py and
korean_slots.py. Whoever alone was spoken of in the sentence before is not named again each time:
English takes a pronoun, Korean leaves the subject out.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from . import english, english_slots, korean, korean_slots
from .lexicon import Entry, load
from .telling import Line

CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
NUMBERED = re.compile(r"(\d):")
SLOT = re.compile(r"\{([^{}]+)\}|\[([^\[\]/]+)/([^\[\]]+)\]")
SUBJECT = {
    "en": re.compile(r"(^|^[^\"{]*, |^(?:Then|But|So|Now|Suddenly|Soon|At last|Later|Today) )\{(\w+)\}('s|)(?= \w)"),
    "ko": re.compile(r"(^|^[^\"{]*, |^\S+ )\{(\w+):(\w+)\} (?=[^\"]*$)"),
}
UNNAMED = 0.6
PEOPLE = ("child", "neighbor", "titled")


@dataclass
class Voice:
    """How one document is told in one language.

    level: of Korean speech, see level.py. familiar: see korean_slots.noun. canonical: the first of each choice and
    every name said, for pairs whose translation must follow from the sentence alone.
    """

    language: str
    chance: random.Random
    level: str = "plain"
    familiar: bool = False
    canonical: bool = False
    about: Entry | None = None
    met: set[Entry] = field(default_factory=set)

    def say(self, line: Line) -> str:
        """The sentence of one line."""
        text = self.choose(line)
        people = self.people(text, line)
        text = self.introduce(text, line) if self.language == "en" else text
        if not self.canonical:
            text = self.unname(text, line)
        self.about = people[0] if len(people) == 1 else None
        said, at = "", 0
        for match in SLOT.finditer(text):
            said += text[at : match.start()]
            said += self.fill(match, said, line, text[match.end() :])
            at = match.end()
        return self.tidy(said + text[at:])

    def choose(self, line: Line) -> str:
        """The wording with one of each choice; where the languages differ in choices, a canonical voice has none."""
        text = wording(self.language, line)
        if self.canonical and counts(wording("en", line)) != counts(wording("ko", line)):
            return CHOICE.sub(lambda found: parts(found[1], 0)[1][0], text)
        for turn, match in enumerate(CHOICE.finditer(text)):
            number, options = parts(match[1], turn)
            chosen = options[int(line.chances[number] * len(options))]
            text = text.replace(match[0], chosen, 1)
        return text

    def people(self, text: str, line: Line) -> list[Entry]:
        """The people whom a wording speaks of, by whatever form, each once."""
        names = (name for slot in re.findall(r"[{\[]([^{}\[\]]+)[}\]]", text) for name in re.findall(r"\w+", slot))
        found = {name: line.scope[name] for name in names if name in line.scope}
        return [each for each in found.values() if each.marks & {"f", "m", "h"} or each.kind in PEOPLE]

    def introduce(self, text: str, line: Line) -> str:
        """The name instead of a pronoun for someone whom the text has not named yet."""
        said, at = "", 0
        for match in re.finditer(r"\{(\w+)(?:\.(he|his|him))?\}", text):
            who, form = line.scope.get(match[1]), match[2]
            if who and who.kind in PEOPLE and who not in self.met:
                self.met.add(who)
                said += text[at : match.start()] + f"{{{match[1]}}}" + ("'s" if form == "his" else "")
                at = match.end()
        return said + text[at:]

    def unname(self, text: str, line: Line) -> str:
        """A pronoun, or nothing, for a subject who was the only one in the sentence before."""
        match = SUBJECT[self.language].match(text)
        if not match or not self.about or line.scope.get(match[2]) != self.about or self.about.kind not in PEOPLE:
            return text
        if self.chance.random() > UNNAMED:
            return text
        if self.language == "ko":
            return match[1] + text[match.end() :] if match[3] in korean.rules()["subject"] else text
        form = "his" if match[3] else "he"
        return f"{match[1]}{{{match[2]}.{form}}}{text[match.end() :]}"

    def fill(self, match: re.Match[str], said: str, line: Line, rest: str) -> str:
        if self.language == "en":
            return english_slots.fill(match[1], line.scope)
        if match[1]:
            name, _, form = match[1].partition(":")
            return korean_slots.noun(line.scope[name], form, rest, self.familiar)
        return korean_slots.predicate(match[2], match[3], line.scope, said, self.level)

    def tidy(self, text: str) -> str:
        """One space between words, the right article, a capital at the beginning."""
        text = re.sub(r" ([,.!?])", r"\1", re.sub(r" +", " ", text).strip())
        if self.language == "ko":
            return text
        return re.sub(r"^(\W*)(\w)", lambda found: found[1] + found[2].upper(), english.mend_articles(text))


def wording(language: str, line: Line) -> str:
    """What the grammar says in the place of a line."""
    return str(load(language, "stories")[line.plot][line.slot][line.wording])


def parts(inside: str, turn: int) -> tuple[int, list[str]]:
    """(the place of a choice's chance, its options), from what stands between its brackets."""
    match = NUMBERED.match(inside)
    return (int(match[1]) - 1, inside[2:].split("|")) if match else (turn, inside.split("|"))


def counts(text: str) -> dict[int, int]:
    """How many options each choice of a wording has."""
    found = (parts(match[1], turn) for turn, match in enumerate(CHOICE.finditer(text)))
    return {number: len(options) for number, options in found}


def stands_alone(line: Line) -> bool:
    """Whether the English sentence names all whom the Korean one speaks of, so that no pronoun hides a name."""
    named = set()
    for slot in re.findall(r"\{([^{}]+)\}", wording("en", line)):
        inflected = re.match(r"(\w+)\.\w+ \w+$", slot)
        found = (
            [inflected[1]] if inflected else [part for part in slot.split(" ") if not english_slots.is_pronoun(part)]
        )
        named |= {part.partition(".")[0] for part in found}
    spoken = set(re.findall(r"[{\[](\w+)[:}^/]", wording("ko", line)))
    return spoken & line.scope.keys() <= named
