"""Every trace's first step: what a person wrote becomes ids, or is refused before any work is done on it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import models
from explainers.contract import Refusal

MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Sentence:
    """A text as one model reads it."""

    text: str
    model: str
    ids: tuple[int, ...]


def read(text: str, model: str | os.PathLike[str] | None = None) -> Sentence:
    """The text's ids under a model's own tokenizer.

    model: a name or a folder; None takes the bundled one for the text's language.
    Refuses text that is empty or too long, and models that cannot be had.
    """
    if len(text) > MOST_CHARACTERS:
        raise Refusal("text_too_long", characters=len(text), limit=MOST_CHARACTERS)
    if not text:
        raise Refusal("empty_text")
    name = models.default(frozenset({"causal"}), text) if model is None else os.fspath(model)
    ids = models.encode(name, text)
    if not ids:
        raise Refusal("empty_text")
    return Sentence(text, name, tuple(ids))
