"""The texts that the grammar makes, as a source of training text beside the files."""

from __future__ import annotations

from functools import cache, partial

from .corpus import Text, by_mark
from .generate import documents

TITLE = "Simple texts made by this repository's own grammar"
HELD = 500  # documents with names and pairs of words that training never shows


def generated(language: str, share: float, count: int) -> Text:
    """That many documents of a language, with a share of the training tokens."""
    return Text("", share, by_mark, TITLE, "Apache-2.0", made=partial(made, language, count))


@cache
def made(language: str, count: int) -> tuple[list[str], list[str]]:
    """(training, held out) documents."""
    train = [each.text(language) for each in documents(count)]
    return train, [each.text(language) for each in documents(HELD, held=True)]
