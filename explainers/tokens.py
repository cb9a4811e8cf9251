"""Text to numbers: a model reads pieces of text, each by its number in a vocabulary, and nothing else.

"The cat sat" -> pieces -> ids. A piece is a run of bytes; what a person sees as one character may be cut over several.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import plotly.graph_objects as go

import models
from explainers import figures
from explainers.characters import characters
from explainers.contract import Component, Explainer, Model, Table, brief
from explainers.sentence import read
from explainers.words import NO_WORDS, Words

MOST_BESIDE = 300  # characters of a long text that are shown as each tokenizer cuts them; the counts are of all


@dataclass(frozen=True, repr=False)
class Cut:
    """The sentence as one tokenizer cuts it."""

    names: tuple[str, ...]  # those that have this tokenizer
    kind: str  # "BPE", "WordPiece", "Unigram", "WordLevel"
    languages: tuple[str, ...]
    vocabulary: int
    pieces: tuple[models.Piece, ...]
    groups: tuple[models.Group, ...]
    written: tuple[str, ...]  # T, what stands in the sentence where each piece is; "" for one put around it
    unknown: int | None  # the id of what is not in the vocabulary; None where there is none
    gone: tuple[tuple[int, str], ...]  # text that no piece stands for, and before which of them it was, from 0 to T

    def __repr__(self) -> str:
        return f"tokens.Cut({brief(self.name)!r}, {self.kind!r}, {self.count} tokens)"

    @property
    def count(self) -> int:
        return len(self.pieces)

    @property
    def name(self) -> str:
        return ", ".join(self.names)

    @property
    def lost(self) -> tuple[str, ...]:
        """What text each piece swallowed; "" for a piece that says what it stands for."""
        pairs = zip(self.pieces, self.written, strict=True)
        return tuple(text if piece.id == self.unknown and text != piece.token else "" for piece, text in pairs)

    @property
    def lowers(self) -> bool:
        """Whether capitals of the sentence became small letters."""
        pairs = zip(self.pieces, self.written, strict=True)
        return any(text != text.lower() == piece.data.decode("utf-8", "replace") for piece, text in pairs)


@dataclass(frozen=True, repr=False)
class Trace:
    """A sentence, cut and numbered."""

    text: str
    model: str
    ids: np.ndarray  # (T,) int64, each from 0 to below the vocabulary's size
    pieces: tuple[models.Piece, ...]  # T
    groups: tuple[models.Group, ...]  # runs of pieces that cover 0..T in order, each one whole grapheme or more
    added: tuple[int, ...]  # which of the T, from 0, the tokenizer put around the text: they are no part of it
    decoded: str  # all the others back as text
    round_trip: bool  # decoded == text
    specials: tuple[models.Piece, ...]
    others: tuple[Cut, ...]  # every bundled tokenizer's, once each; the one in use first

    def __repr__(self) -> str:
        return f"tokens.Trace({brief(self.text)!r}, {self.model!r}, ids {self.ids.shape}, round_trip={self.round_trip})"


def trace(text: str, *, model: str | os.PathLike[str] | None = None) -> Trace:
    """Cuts a text into the tokens of a model, and into those of every bundled model beside it.

    text: what to cut, at most 20,000 characters.
    model: whose tokenizer to use; by default the bundled one for the text's language.
    """
    sentence = read(text, model, needs=frozenset(), every=True)
    text = sentence.text
    others = tuple(cut(text, names) for names in bundled(first=sentence.model))
    own = [i for place, i in enumerate(sentence.ids) if place not in sentence.added]
    decoded = models.decode(sentence.model, own)
    return Trace(
        text=text,
        model=sentence.model,
        ids=np.array(sentence.ids, dtype=np.int64),
        pieces=others[0].pieces,
        groups=others[0].groups,
        added=sentence.added,
        decoded=decoded,
        round_trip=decoded == text,
        specials=models.special_tokens(sentence.model),
        others=others,
    )


def bundled(first: str) -> list[tuple[str, ...]]:
    """The model in use, then the bundled ones; those that have one tokenizer stand together."""
    found: list[tuple[str, ...]] = []
    for name in dict.fromkeys((first, *(entry.name for entry in models.CATALOG if entry.hub is None))):
        same = next((i for i, names in enumerate(found) if models.same_tokens(names[0], name)), None)
        if same is None:
            found.append((name,))
        else:
            found[same] += (name,)
    return found


def cut(text: str, names: tuple[str, ...]) -> Cut:
    """The text under the tokenizer of some models."""
    name = names[0]
    pieces = models.pieces(name, models.encode(name, text))
    spoken = (code for entry in models.CATALOG if entry.name in names for code in entry.languages)
    return Cut(
        names=names,
        kind=models.tokenizer_kind(name),
        languages=tuple(dict.fromkeys(spoken)),
        vocabulary=models.vocabulary_size(name),
        pieces=pieces,
        groups=models.groups(pieces),
        written=tuple(text[start:stop] for start, stop in models.spans(name, text)),
        unknown=models.unknown_id(name),
        gone=tuple((part.place, text[part.start : part.stop]) for part in models.lost(name, text)),
    )


# What is shown ---------------------------------------------------------------------------------------------------


def spaced(data: bytes) -> str:
    """Bytes as people write them: b"\\xea\\xb0" -> "EA B0"."""
    return data.hex(" ").upper()


def drawn(cut: Cut, most: int | None = None) -> list[dict[str, Any]]:
    """Groups as the component "tokens" takes them: each with its whole text and the pieces that it is cut into.

    A group that is lost has the text that nobody can tell from its id any more; one of no pieces has no id either.
    most: of a longer text, the first groups.
    """
    lost = cut.lost
    gone = [{"text": "", "start": place, "lost": text, "pieces": []} for place, text in cut.gone]
    groups: list[dict[str, Any]] = [
        {
            "text": shown(group, cut.pieces),
            "start": group.start,
            "lost": "".join(lost[group.start : group.stop]),
            "pieces": [
                {"id": piece.id, "hex": spaced(piece.data), "token": piece.token, "special": piece.special}
                for piece in cut.pieces[group.start : group.stop]
            ],
        }
        for group in cut.groups[:most]
    ]
    return sorted([*gone, *groups], key=lambda group: group["start"])  # what is gone before the piece that follows it


def shown(group: models.Group, pieces: Sequence[models.Piece]) -> str:
    """The group's text; where the vocabulary marks that a piece continues a word (##ing), with its mark."""
    piece = pieces[group.start]
    if group.stop - group.start > 1 or piece.token == group.text or not piece.token.endswith(group.text):
        return group.text
    return piece.token if models.label(piece) == piece.token else group.text


def chips(trace: Trace, words: Words = NO_WORDS) -> Component:
    """The sentence as chips, one a token, its id under it."""
    return Component("tokens", {"groups": drawn(trace.others[0]), "model": trace.model})


def beside(trace: Trace, words: Words = NO_WORDS) -> Component:
    """The bundled tokenizers side by side on this sentence."""
    return Component("tokens", {"rows": [row(cut, words, trace.model in cut.names) for cut in trace.others]})


def row(cut: Cut, words: Words, in_use: bool) -> dict[str, Any]:
    """One tokenizer's line, with what is known of it, and what it lost of the sentence."""
    languages = ", ".join(words(f"languages.{code}") for code in cut.languages or ("none",))
    kind = words(f"kinds.{cut.kind}")
    lost = sum(map(bool, cut.lost))
    notes = (
        words("views.beside.note", kind=kind, languages=languages, vocabulary=cut.vocabulary),
        words("views.beside.in_use") if in_use else "",
        words("views.beside.lowers") if cut.lowers else "",
        words("views.beside.lost", count=lost) if lost else "",
        words("views.beside.gone", count=len(cut.gone)) if cut.gone else "",
    )
    groups = drawn(cut, MOST_BESIDE)
    more = cut.count - (cut.groups[: len(groups)][-1].stop if groups else 0)
    facts = {"name": cut.name, "note": " · ".join(filter(None, notes)), "count": cut.count, "groups": groups}
    return facts | ({"more": more} if more else {})


def round_trip(trace: Trace, words: Words = NO_WORDS) -> Table:
    """Text to ids and back: what came back, and whether it is the same."""
    answers = {
        "text": trace.text,
        "ids": " ".join(str(i) for i in trace.ids),
        "added": " ".join(f"{trace.pieces[place].token} {trace.ids[place]}" for place in trace.added),
        "decoded": trace.decoded,
        "same": words(f"views.round_trip.{'yes' if trace.round_trip else 'no'}"),
    }
    shown = {step: answer for step, answer in answers.items() if step != "added" or answer}
    rows = tuple((words(f"views.round_trip.rows.{step}"), answer) for step, answer in shown.items())
    return Table(words.columns("round_trip", "step", "value"), rows, data=(1,))


def counts(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """How many tokens each bundled tokenizer needs for the sentence."""
    return figures.bars(
        [cut.name for cut in trace.others],
        [cut.count for cut in trace.others],
        titles=(words("views.counts.axes.tokenizer"), words("views.counts.axes.tokens")),
        texts=[str(cut.count) for cut in trace.others],
    )


def lines_of(specials: Sequence[models.Piece]) -> Iterator[tuple[str, str | int]]:
    """Names and ids; of more than three in a row whose names differ by a number alone, the first and the last.

    >>> piece = lambda i, token: models.Piece(i, b"", True, token)
    >>> list(lines_of([piece(0, "<s>"), *(piece(i, f"<unused{i}>") for i in range(1, 9))]))
    [('<s>', 0), ('<unused1> … <unused8>', '1 … 8')]
    """

    def kind(item: tuple[int, models.Piece]) -> tuple[int, str]:
        return item[1].id - item[0], re.sub(r"\d+", "", item[1].token)

    for _, run in groupby(enumerate(specials), key=kind):
        alike = [piece for _, piece in run]
        if len(alike) > 3:
            yield f"{alike[0].token} … {alike[-1].token}", f"{alike[0].id} … {alike[-1].id}"
        else:
            yield from ((piece.token, piece.id) for piece in alike)


def specials(trace: Trace, words: Words = NO_WORDS) -> Table:
    """The tokens that stand for no text, such as the end of one; a long row of unused ones is one line."""
    rows = tuple(lines_of(trace.specials))
    return Table(words.columns("specials", "token", "id"), rows, data=(0,))


def numbers(trace: Trace, words: Words = NO_WORDS) -> Table:
    """Each token's place, what stands there in the sentence, the piece, its id, bytes, and spelling.

    What is gone has a row without a place: nothing stands for it.
    """
    shown = zip(trace.others[0].written, models.labels(trace.pieces), trace.pieces, strict=True)
    rows: list[tuple[Any, ...]] = [
        (n, text, label, p.id, spaced(p.data), p.token) for n, (text, label, p) in enumerate(shown, start=1)
    ]
    for place, text in reversed(trace.others[0].gone):
        rows.insert(place, ("", text, words("views.numbers.gone"), "", "", ""))
    names = ("place", "written", "piece", "id", "bytes", "token")
    return Table(words.columns("numbers", *names), tuple(rows), data=(1, 2, 4, 5))


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
        "characters": characters,
        "numbers": numbers,
    },
    inputs=(Model(),),
)
