"""Every trace's first step: what a person wrote becomes ids, or is refused before any work is done on it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import models
from explainers.contract import Refusal

MOST_CHARACTERS = 20_000
CAUSAL = frozenset({"causal"})


def whole(text: str) -> str:
    """Text that any encoding can carry: two halves of a surrogate pair are one character, a lone one becomes U+FFFD.

    >>> whole("\\ud83d\\ude42 b") == "\U0001f642 b"
    True
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(frozen=True)
class Sentence:
    """A text as one model reads it: text is `whole`."""

    text: str
    model: str
    ids: tuple[int, ...]  # T
    added: tuple[int, ...] = ()  # which of the ids, from 0, the tokenizer put around the text
    lost: tuple[tuple[int, str], ...] = ()  # text that no id stands for, and before which of them it was, from 0 to T


def read(
    text: str, model: str | os.PathLike[str] | None = None, needs: frozenset[str] = CAUSAL, every: bool = False
) -> Sentence:
    """The text's ids under a model's own tokenizer.

    model: a name or a folder; None takes the bundled one for the text's language that can do what is needed.
    every: all that the tokenizer makes of it, be it nothing, or more than the model can take.
    Refuses text that is empty or too long, and models that cannot be had.
    """
    text = type(text)(whole(text))  # a Marked one stays so
    if len(text) > MOST_CHARACTERS:
        raise Refusal("text_too_long", characters=len(text), limit=MOST_CHARACTERS)
    if not text:
        raise Refusal("empty_text")
    name = models.default(needs, text) if model is None else models.name_of(model)
    ids = models.encode(name, text)
    gone = tuple((part.place, text[part.start : part.stop]) for part in models.lost(name, text))
    added = models.added(name, text)
    if not every:
        rows = set(models.with_rows(name, ids))
        gone = tuple((sum(i in rows for i in ids[:place]), part) for place, part in gone)
        added = tuple(sum(i in rows for i in ids[:place]) for place in added if ids[place] in rows)
        ids = tuple(i for i in ids if i in rows)
    if gone and not every and all(piece.special for piece in models.pieces(name, ids)):
        raise Refusal("text_lost", model=name)
    if not ids and not gone:
        raise Refusal("empty_text")
    return Sentence(text, name, ids, added, gone)


def fitting(needs: frozenset[str], beside: str | os.PathLike[str], text: str) -> str:
    """The bundled model that can do what is needed and stands well beside another: of its language, else of the text's.

    Refuses with "no_model" where there is none.
    """
    languages = next((entry.languages for entry in models.offered() if entry.name == models.name_of(beside)), ())
    own = models.offered(needs, languages[0]) if len(languages) == 1 else []
    return next((entry.name for entry in own if entry.hub is None), None) or models.default(needs, text)
