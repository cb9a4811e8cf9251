"""Text to numbers: a model reads pieces of text, each by its number in a vocabulary, and nothing else.

"The cat sat" -> pieces -> ids. A piece is a run of bytes; what a person sees as one character may be cut over several.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

import models
from explainers import figures
from explainers.contract import Component, Explainer, Model, Table
from explainers.sentence import read
from explainers.words import NO_WORDS, Words


@dataclass(frozen=True)
class Cut:
    """The sentence as one tokenizer cuts it."""

    model: str
    languages: tuple[str, ...]
    vocabulary: int
    pieces: tuple[models.Piece, ...]
    groups: tuple[models.Group, ...]

    @property
    def count(self) -> int:
        return len(self.pieces)


@dataclass(frozen=True, repr=False)
class Trace:
    """A sentence, cut and numbered."""

    text: str
    model: str
    ids: np.ndarray  # (T,) int64, each from 0 to below the vocabulary's size
    pieces: tuple[models.Piece, ...]  # T
    groups: tuple[models.Group, ...]  # runs of pieces that cover 0..T in order, each one whole grapheme or more
    decoded: str
    round_trip: bool  # decoded == text
    specials: tuple[models.Piece, ...]
    others: tuple[Cut, ...]  # every bundled tokenizer's; the one in use first

    def __repr__(self) -> str:
        return f"tokens.Trace({self.text!r}, {self.model!r}, ids {self.ids.shape}, round_trip={self.round_trip})"


def trace(text: str, *, model: str | os.PathLike[str] | None = None) -> Trace:
    """Cuts a text into the tokens of a model, and into those of every bundled model beside it.

    text: what to cut, at most 20,000 characters.
    model: whose tokenizer to use; by default the bundled one for the text's language.
    """
    sentence = read(text, model)
    pieces = models.pieces(sentence.model, sentence.ids)
    decoded = models.decode(sentence.model, sentence.ids)
    return Trace(
        text=text,
        model=sentence.model,
        ids=np.array(sentence.ids, dtype=np.int64),
        pieces=pieces,
        groups=models.groups(pieces),
        decoded=decoded,
        round_trip=decoded == text,
        specials=models.special_tokens(sentence.model),
        others=tuple(cut(text, name) for name in bundled(first=sentence.model)),
    )


def bundled(first: str) -> tuple[str, ...]:
    """The model in use, then the bundled ones that are not it."""
    return tuple(dict.fromkeys((first, *(entry.name for entry in models.CATALOG if entry.hub is None))))


def cut(text: str, name: str) -> Cut:
    """The text under one model's tokenizer."""
    languages = next((entry.languages for entry in models.CATALOG if entry.name == name), ())
    pieces = models.pieces(name, models.encode(name, text))
    return Cut(name, languages, models.vocabulary_size(name), pieces, models.groups(pieces))


# What is shown ---------------------------------------------------------------------------------------------------


def spaced(data: bytes) -> str:
    """Bytes as people write them: b"\\xea\\xb0" -> "EA B0"."""
    return data.hex(" ").upper()


def drawn(pieces: Sequence[models.Piece], groups: Sequence[models.Group]) -> list[dict[str, Any]]:
    """Groups as the component "tokens" takes them: each with its whole text and the pieces that it is cut into."""
    return [
        {
            "text": group.text,
            "start": group.start,
            "pieces": [
                {"id": piece.id, "hex": spaced(piece.data), "token": piece.token, "special": piece.special}
                for piece in pieces[group.start : group.stop]
            ],
        }
        for group in groups
    ]


def chips(trace: Trace, words: Words = NO_WORDS) -> Component:
    """The sentence as chips, one a token, its id under it."""
    return Component("tokens", {"groups": drawn(trace.pieces, trace.groups)})


def beside(trace: Trace, words: Words = NO_WORDS) -> Component:
    """The bundled tokenizers side by side on this sentence."""
    return Component("tokens", {"rows": [row(cut, words, cut.model == trace.model) for cut in trace.others]})


def row(cut: Cut, words: Words, in_use: bool) -> dict[str, Any]:
    """One tokenizer's line, with what is known of it."""
    languages = ", ".join(words(f"languages.{code}") for code in cut.languages or ("none",))
    note = words("views.beside.note", languages=languages, vocabulary=cut.vocabulary)
    note = f"{note} · {words('views.beside.in_use')}" if in_use else note
    return {"name": cut.model, "note": note, "count": cut.count, "groups": drawn(cut.pieces, cut.groups)}


def round_trip(trace: Trace, words: Words = NO_WORDS) -> Table:
    """Text to ids and back: what came back, and whether it is the same."""
    answers = {
        "text": trace.text,
        "ids": " ".join(str(i) for i in trace.ids),
        "decoded": trace.decoded,
        "same": words(f"views.round_trip.{'yes' if trace.round_trip else 'no'}"),
    }
    rows = tuple((words(f"views.round_trip.rows.{step}"), answer) for step, answer in answers.items())
    return Table(words.columns("round_trip", "step", "value"), rows)


def counts(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """How many tokens each bundled tokenizer needs for the sentence."""
    return figures.bars(
        [cut.model for cut in trace.others],
        [cut.count for cut in trace.others],
        titles=(words("views.counts.axes.tokenizer"), words("views.counts.axes.tokens")),
        texts=[str(cut.count) for cut in trace.others],
    )


def specials(trace: Trace, words: Words = NO_WORDS) -> Table:
    """The tokens that stand for no text, such as the end of one."""
    rows = tuple((p.token, p.id) for p in trace.specials)
    return Table(words.columns("specials", "token", "id"), rows, data=(0,))


def numbers(trace: Trace, words: Words = NO_WORDS) -> Table:
    """Each token's place, text, id, bytes, and its spelling in the vocabulary."""
    shown = zip(models.labels(trace.pieces), trace.pieces, strict=True)
    rows = tuple((place, label, p.id, spaced(p.data), p.token) for place, (label, p) in enumerate(shown, start=1))
    return Table(words.columns("numbers", "place", "piece", "id", "bytes", "token"), rows, data=(1, 3, 4))


EXPLAINER = Explainer(
    name="tokens",
    chapter="text_to_numbers",
    trace=trace,
    views={
        "chips": chips,
        "beside": beside,
        "round_trip": round_trip,
        "counts": counts,
        "specials": specials,
        "numbers": numbers,
    },
    inputs=(Model(),),
)
