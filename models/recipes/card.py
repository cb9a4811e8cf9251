"""Writes the card of a trained model: what it is, what it read, how well it does, and how to make it again."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .corpus import Text
from .counts import count, table

PAGE = """# {name}

{what}

It is a teaching model: it knows simple {language} sentences and nothing about the world that can be relied on.

## Texts and licences

| text | share of the {shares} | licence |
| --- | --- | --- |
{texts}

{held} The weights are offered under {offered}.

Of the texts that this repository's models read, most English stories were written by a machine, parts of the Korean
were translated by one, and the encyclopaedias were written by volunteers. All of them are by few kinds of people and
about few kinds of people; the model repeats their habits and their bias.

Sentences of the training texts that hold one of these words, and words for him alone or for her alone:

{counts}

## Figures

{figures}

## {heading}

{samples}

## Made by

    {command}

SHA-256 of `{file}`: `{digest}`
"""

SAYS = re.compile(r"([\d,]+) (training tokens|in a first run|in a second run)")
TAUGHT = re.compile(r"learnt, too, what ([\w-]+) and ([\w-]+) guessed")
ROWS = ("#", "|", "- ", "    ")  # what begins a heading, a table, a list, a command


HELD = "Every 20th document of each file was held out before training."
MADE = (
    "Of what the grammar makes, other documents are held out, with names and pairs of words that training never shows."
)


@dataclass(frozen=True)
class Card:
    """What the card of one model says.

    what: kind and sizes, in a sentence or two. figures: one a line. heading and samples: of what the model does.
    read: the training documents, for what is counted in them. file: the weights. shares: of what the texts' shares
    are. held: what was held out, if not every 20th document.
    """

    name: str
    language: str
    what: str
    texts: tuple[Text, ...]
    figures: tuple[str, ...]
    heading: str
    samples: tuple[str, ...]
    command: str
    read: Iterable[str]
    file: str = "model.safetensors"
    shares: str = "training tokens"
    held: str = ""

    def write(self, folder: Path) -> None:
        """Writes CARD.md beside the weights in `folder`."""
        rows = "\n".join(f"| {text.title} | {part(text.share)} | {text.licence} |" for text in self.texts)
        shared = any("SA" in text.licence for text in self.texts)
        page = PAGE.format(
            name=self.name,
            what=self.what,
            language={"en": "English", "ko": "Korean"}[self.language],
            texts=rows,
            shares=self.shares,
            held=self.held or " ".join([HELD, *([MADE] if any(text.made for text in self.texts) else [])]),
            offered="CC BY-SA 4.0, since some of the texts ask for share-alike" if shared else "Apache-2.0",
            figures="\n".join(f"- {figure}" for figure in self.figures),
            heading=self.heading,
            samples="\n".join(f"- {sample}" for sample in self.samples),
            command=self.command,
            counts=table(count(self.read, self.language)),
            file=self.file,
            digest=hashlib.sha256((folder / self.file).read_bytes()).hexdigest(),
        )
        (folder / "CARD.md").write_text(reflow(page), encoding="utf-8")


def part(share: float) -> str:
    """A share in percent, one that is there never as none."""
    return f"{share:.0%}" if share >= 0.005 else "under 1%"


@dataclass(frozen=True)
class Reading:
    """How many training tokens a model has read: in the run that made it and, where that began from shipped weights,
    before it."""

    tokens: int
    before: int = 0
    teachers: tuple[str, ...] = ()

    @classmethod
    def of_run(cls, tokens: int, begin: Path | None, teachers: Sequence[Path] = ()) -> Reading:
        """Of a run that begins from the weights in a folder, or from random ones."""
        names = tuple(name_of(each) for each in teachers)
        return cls(tokens, cls.of_card(begin).total if begin else 0, names)

    @classmethod
    def of_card(cls, folder: Path) -> Reading:
        """What the card in a folder says."""
        card = " ".join((folder / "CARD.md").read_text(encoding="utf-8").split())
        said = {name: int(number.replace(",", "")) for number, name in SAYS.findall(card)}
        taught = TAUGHT.search(card)
        tokens = said.get("in a second run", said["training tokens"])
        return cls(tokens, said.get("in a first run", 0), taught.groups() if taught else ())

    @classmethod
    def kept(cls, folder: Path, tokens: int) -> Reading:
        """What the card in a folder says, or so many tokens where there is none."""
        return cls.of_card(folder) if (folder / "CARD.md").exists() else cls(tokens)

    @property
    def total(self) -> int:
        return self.tokens + self.before

    def __str__(self) -> str:
        if not self.before:
            return f"{self.tokens:,} training tokens."
        said = (
            f"{self.total:,} training tokens: {self.before:,} in a first run and {self.tokens:,} in a second run that "
            "began from its weights"
        )
        return f"{said} and learnt, too, what {' and '.join(self.teachers)} guessed." if self.teachers else f"{said}."

    def command(self, module: str, name: str) -> str:
        """What makes such a model: one line for each run."""
        run = f"python -m models.recipes.{module} {name} --texts FOLDER --tokens"
        if not self.before:
            return f"{run} {self.tokens:.3g}"
        first = "runs/first/"
        taught = f" --teachers {' '.join(first + each for each in self.teachers)}" if self.teachers else ""
        return f"{run} {self.before:.3g} --out {first}{name}\n    {run} {self.tokens:.3g} --begin {first}{name}{taught}"


def name_of(folder: Path) -> str:
    """What the card in a folder calls its model."""
    return (folder / "CARD.md").read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ").strip()


def reflow(card: str) -> str:
    """The card with its paragraphs broken at 120 characters; headings, tables, lists and commands stay as they are."""

    def wrapped(part: str) -> str:
        return part if part.startswith(ROWS) else textwrap.fill(part, 120, break_on_hyphens=False)

    return "\n\n".join(map(wrapped, card.strip("\n").split("\n\n"))) + "\n"
