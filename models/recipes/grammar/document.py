"""A document: (seed, index) -> the same text in both languages, whichever worker makes it, in whatever order."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .level import LEVELS
from .lexicon import LANGUAGES, Entry, plots
from .planted import planted
from .telling import Line, Telling
from .voice import Voice, stands_alone

BY_LINES = ("dialogue", "instruction", "question")
LEVEL_WEIGHTS = (55, 25, 20)
MOST_FILLER = 25  # sentences, about 200 words


@dataclass(frozen=True)
class Document:
    """One text: its sentences in each language, the same number in both.

    answer: in a text that asks for something it told before, the words that answer, by language; the last sentence
    holds them. alone: the sentences that can be translated without the others. new: those that say what training never
    shows. label: positive or negative, of an opinion.
    """

    kind: str
    plot: str
    sentences: dict[str, tuple[str, ...]]
    breaks: frozenset[int]
    alone: frozenset[int]
    new: frozenset[int] = frozenset()
    label: str = ""
    answer: dict[str, str] | None = None

    def text(self, language: str) -> str:
        """The whole text, with its line breaks."""
        parts = self.sentences[language]
        joined = "".join(part + ("\n" if i in self.breaks else " ") for i, part in enumerate(parts))
        return joined.strip()

    def cloze(self, language: str) -> tuple[str, str]:
        """(text up to the answer, the answer), to score whether a model recalls it."""
        assert self.answer, f"{self.plot} asks nothing"
        text = self.text(language)
        at = text.lower().rindex(self.answer[language].lower())
        return text[:at], self.answer[language]


def document(
    seed: int,
    index: int,
    held: bool = False,
    canonical: bool = False,
    kind: str = "",
    filler: int = -1,
    invent: float = 0.0,
) -> Document:
    """The document of that index.

    held: one for scoring, with names and pairs of words that training never shows. canonical: sentences whose
    translation follows from themselves alone. kind: only documents of this kind, nothing planted. filler: in a text
    of the kind recall, how often something else is told between what is to be recalled and the question. invent: the
    share of its names that nobody bears.
    """
    chance = random.Random(f"{seed} {index} {held} {kind}")
    plan = None if held or kind else planted(seed, index)
    kind = "planted" if plan else kind or one_kind(chance)
    telling = Telling(chance, held, round(MOST_FILLER ** chance.random()) if filler < 0 else filler, invent)
    plot = plan[0] if plan else telling.pick(kind)
    scope = telling.tell(plot, plan[1] if plan else ())
    about = plots()["plot"][plot]
    manner = random.Random(f"manner {seed} {index} {held}")
    sentences = spoken(telling.lines, manner, canonical)
    answer = forms(scope[about["answer"]]) if "answer" in about else None
    alone = frozenset(i for i, line in enumerate(telling.lines) if stands_alone(line))
    told = enumerate(zip(telling.lines, sentences["en"], strict=True))
    new = frozenset(i for i, (line, sentence) in told if held and telling.new(line, sentence))
    ends = breaks(kind, telling.lines, manner)
    return Document(kind, plot, sentences, ends, alone, new, about.get("label", ""), answer)


def one_kind(chance: random.Random) -> str:
    shares = plots()["shares"]
    return chance.choices(list(shares), list(shares.values()))[0]


def spoken(lines: list[Line], manner: random.Random, canonical: bool) -> dict[str, tuple[str, ...]]:
    """The lines as sentences of each language, in one manner from the first to the last."""
    level = "plain" if canonical else manner.choices(LEVELS, LEVEL_WEIGHTS)[0]
    familiar = not canonical and manner.random() < 0.5
    voices = [Voice(each, random.Random(manner.random()), level, familiar, canonical) for each in LANGUAGES]
    return {voice.language: tuple(voice.say(line) for line in lines) for voice in voices}


def forms(entry: Entry) -> dict[str, str]:
    """An entry's form in each language, the first where it has several."""
    return {each: entry.form(each).split("/")[0] for each in LANGUAGES}


def breaks(kind: str, lines: list[Line], manner: random.Random) -> frozenset[int]:
    """After which sentences a line ends: each in a talk, each third to fifth in a story."""
    if kind in BY_LINES:
        return frozenset(range(len(lines)))
    found, at = set(), manner.randint(2, 4)
    while at < len(lines) - 2:
        found.add(at)
        at += manner.randint(3, 5)
    return frozenset(found)
