"""The texts that the grammar makes, as sources of training text beside the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial

from .corpus import Text, by_mark
from .generate import documents
from .grammar.document import Document, document
from .grammar.lexicon import LANGUAGES

TITLE = "Simple texts made by this repository's own grammar"
RECALLED = "The same grammar: short texts that ask for what they told"
HELD = 500  # documents with names and pairs of words that training never shows
INVENTED = 0.6  # share of the names in texts that ask which nobody bears
FILLERS = 5  # between what is recalled and the question: up to four things more are told


def generated(language: str, share: float, count: int) -> Text:
    """That many documents of a language, with a share of the training tokens."""
    return Text("", share, by_mark, TITLE, "Apache-2.0", made=partial(made, language, count), short=True)


def recalled(language: str, share: float, count: int) -> Text:
    """That many short documents that ask for what they told, with a share of the training tokens.

    Without them a model of this size learns no head that looks up a name: in whole documents too few tokens are such
    answers.
    """
    return Text("", share, by_mark, RECALLED, "Apache-2.0", made=partial(told, language, count), short=True)


def fewer(text: Text, most: int) -> Text:
    """The same text; of one that the grammar makes, no more than so many documents to train on."""
    if not isinstance(text.made, partial):
        return text
    language, count = text.made.args
    return replace(text, made=partial(text.made.func, language, min(count, most)))


def made(language: str, count: int, held: bool) -> list[str]:
    """So many documents to train on, or those that are held out."""
    return whole(HELD if held else count, held)[language]


def told(language: str, count: int, held: bool) -> list[str]:
    """The same of the kinds near and recall."""
    return asked(HELD if held else count, held)[language]


@cache
def whole(count: int, held: bool) -> dict[str, list[str]]:
    """So many documents in every language: to make one takes as long in one as in all."""
    return spoken(documents(count, held=held))


@cache
def asked(count: int, held: bool) -> dict[str, list[str]]:
    """So many documents that ask, in every language."""
    return spoken(asking(count, held=held))


def spoken(found: Iterator[Document]) -> dict[str, list[str]]:
    """The texts of documents by language."""
    texts: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for each in found:
        for language, kept in texts.items():
            kept.append(each.text(language))
    return texts


def asking(count: int, held: bool = False) -> Iterator[Document]:
    """So many documents that ask: a third at once, the others after zero to four things more."""
    for index in range(count):
        kind = "recall" if index % 3 else "near"
        filler, invent = index // 3 % FILLERS, 0.0 if held else INVENTED
        yield document(1, index, held=held, kind=kind, filler=filler, invent=invent)
