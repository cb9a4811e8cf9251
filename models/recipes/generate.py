"""Writes simple English and Korean text from the grammar in grammar/: the same documents in both languages.

    python -m models.recipes.generate --language en --documents 20000 --seed 1 --out en.txt
    python -m models.recipes.generate --pairs --documents 20000 --out pairs.tsv
    python -m models.recipes.generate --language ko --documents 7000 --statistics

Documents are separated by the end-of-text mark that corpus.by_mark splits at; pairs are lines of English, a tab and
Korean. A document is a function of (seed, index): a run with --first goes on where another stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import fill
from typing import TextIO

import numpy as np

from .corpus import END
from .grammar.document import Document, document
from .grammar.korean import particle, rules
from .grammar.lexicon import LANGUAGES, load, plots, words
from .grammar.survey import survey

CARD_FILE = Path(__file__).parent / "grammar" / "CARD.md"
SAMPLE = 7000  # documents that the card tells of
CARD = """# The grammar's texts

Simple texts that the program in this folder writes, the same in English and Korean, sentence by sentence. Bundled
models train on them beside texts that people and other programs wrote. Words, plots and rules are this repository's
own (Apache-2.0).

{kinds}

For scoring, some names, made-up countries with their capitals, telephone numbers and pairs of words are never told in
training; sentences are not held out for themselves. Who is missing: the texts tell of children, families and neighbours
in a village or a small town that is nowhere. Illness, poverty, disability, faith and war hardly occur, and every child
is a boy or a girl.

Of {count:,} documents:

## English

{english}
## Korean

{korean}"""


def documents(count: int, seed: int = 1, first: int = 0, held: bool = False, kind: str = "") -> Iterator[Document]:
    """The documents from index `first` on."""
    return (document(seed, index, held, kind=kind) for index in range(first, first + count))


def pairs(count: int, seed: int = 1, first: int = 0, held: bool = False, kind: str = "") -> Iterator[tuple[str, str]]:
    """(English, Korean) sentences, each pair once; left out is what only its neighbours make clear.

    Of documents for scoring come only the sentences that say what training never shows: the others it may show.
    """
    seen = set()
    for index in range(first, first + count):
        found = document(seed, index, held, canonical=True, kind=kind)
        for i, pair in enumerate(zip(found.sentences["en"], found.sentences["ko"], strict=True)):
            if i in found.alone and pair not in seen and (i in found.new or not held):
                seen.add(pair)
                yield pair


def names() -> list[list[tuple[str, str]]]:
    """(English, Korean) of every name in the lexicon, by class; those that training never tells of included."""
    classes = ([each for each in words(kind) if each.en[:1].isupper()] for kind in load("en", "lexicon"))
    found = ([(each.en.split("/")[0], each.ko.split("/")[0]) for each in one] for one in classes)
    return [list(dict.fromkeys(each)) for each in found if each]


def glossary(count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """So many times one to three names of a class, as English and as Korean lists them."""
    chance = np.random.default_rng(seed)
    classes = names()
    sizes = np.array([len(each) for each in classes])
    for _ in range(count):
        found = classes[chance.choice(len(classes), p=sizes / sizes.sum())]
        few = [found[i] for i in chance.permutation(len(found))[: chance.integers(1, 4)]]
        english, korean = zip(*few, strict=True)
        if len(few) == 2:
            yield " and ".join(english), korean[0] + particle(korean[0], rules()["joins"]) + " " + korean[1]
        else:
            yield ", ".join((*english[:-2], " and ".join(english[-2:]))), ", ".join(korean)


def write(found: Iterator[Document], language: str, out: TextIO) -> None:
    for each in found:
        out.write(f"{each.text(language)}\n{END}\n")


def report(found: Iterable[Document], language: str) -> str:
    """The figures of a sample, its most frequent 8-grams and thirty of its sentences, as lists of a card."""
    figures = survey([sentence for each in found for sentence in each.sentences[language]])
    lines = [
        f"- {figures.size:,} bytes, {figures.sentences:,} sentences, {figures.forms:,} word forms.",
        *(f"- {share:.3%} of the sentences hold: {gram}" for share, gram in figures.grams[:3]),
        "",
        "Thirty of its sentences, drawn at random:",
        "",
        *(f"- {sentence}" for sentence in figures.some),
    ]
    return "\n".join(lines) + "\n"


def card(count: int) -> str:
    """What the grammar writes, in both languages: a sample of so many documents."""
    found = list(documents(count))
    kinds = Counter(each.kind for each in found).most_common()
    told = ", ".join(f"{kind} {number / count:.0%}" for kind, number in kinds)
    english, korean = (report(found, language) for language in LANGUAGES)
    return CARD.format(count=count, kinds=fill(f"Kinds of document: {told}.", 120), english=english, korean=korean)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="index of the first document")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=list(plots()["shares"]), default="", help="only documents of this kind")
    parser.add_argument("--held", action="store_true", help="documents for scoring: names and pairs never trained on")
    parser.add_argument("--pairs", action="store_true", help="sentence pairs instead of documents")
    parser.add_argument("--statistics", action="store_true", help="figures and samples instead of the text")
    parser.add_argument("--card", action="store_true", help="write grammar/CARD.md anew, from so many documents")
    parser.add_argument("--out", type=Path, help="file to write (default: standard output)")
    args = parser.parse_args()
    if args.card:
        CARD_FILE.write_text(card(args.documents), encoding="utf-8")
        return
    out = args.out.open("w", encoding="utf-8") if args.out else sys.stdout
    chosen = (args.documents, args.seed, args.first, args.held, args.kind)
    if args.statistics:
        out.write(report(documents(*chosen), args.language))
    elif args.pairs:
        out.writelines(f"{english}\t{korean}\n" for english, korean in pairs(*chosen))
    else:
        write(documents(*chosen), args.language, out)
    if args.out:
        out.close()


if __name__ == "__main__":
    main()
