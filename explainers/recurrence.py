"""Choosing words: a recurrent network beside a transformer, on the same words, at every position.

The network (an LSTM, `models/lstm.py`) carries one state of fixed size from token to token, and all that it still knows
of the text is in it; the transformer looks back at every token. Both have one tokenizer, so their guesses are
distributions over the same vocabulary and can be compared: `distance.py` says how, `context.py` what each guess owes
to the words before it.

Shape letters: T tokens, V vocabulary, S state, W words, N numbers of visible words, R words taken away, K guesses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from explainers.context import Near, Without, coming, near, without
from explainers.contract import Explainer, Model, Number, Refusal, brief
from explainers.distance import change, jensen_shannon, log_softmax, rank, total_variation
from explainers.recurrence_guesses import beside, surprise
from explainers.recurrence_memory import fading, remains, shorter, state
from explainers.recurrence_tables import both, guesses, numbers, removed, windows
from explainers.sentence import fitting, read
from explainers.visible import Word, doublings, spread, words_of

TRANSFORMER = frozenset({"causal", "attention"})
RNN = frozenset({"causal", "recurrent"})
MOST_TOKENS = 96  # every position is guessed at again for each number of visible words, and for each word taken away
MOST_GONE = 24  # words taken away, one at a time; of a longer text, as many evenly spread
BEST = 10


@dataclass(frozen=True, repr=False)
class Side:
    """One of the two models, and what it made of the text."""

    model: str
    parameters: int | None  # as the catalogue has them
    top: np.ndarray  # (T, K) int64, ids of the likeliest next tokens after each token, the likeliest first
    shares: np.ndarray  # (T, K) float64, their probabilities
    others: np.ndarray  # (T, K) float64, the same tokens' probabilities under the other model
    surprise: np.ndarray  # (T,) float64 bits, at the token that comes next; NaN after the last one
    rank: np.ndarray  # (T,) int64, the place of that token among the model's guesses, from 1; 0 after the last one
    near: Near
    without: Without


@dataclass(frozen=True, repr=False)
class Trace:
    """Two models on one text. Position t of an array is the guess after token t has been read."""

    text: str
    model: str
    rnn: str
    ids: np.ndarray  # (T,) int64
    pieces: tuple[models.Piece, ...]  # T
    labels: tuple[str, ...]  # T
    names: Mapping[int, str]  # the label of each id that either of the two guesses
    words: tuple[Word, ...]  # W
    recurrent: Side
    transformer: Side
    total_variation: np.ndarray  # (T,) float64 between the two guesses, from 0 to 1
    jensen_shannon: np.ndarray  # (T,) float64 between the two guesses, from 0 to 1 bit
    states: np.ndarray  # (T, S) float32, the RNN's hidden state after each token, each number between -1 and 1
    overwritten: np.ndarray  # (T,) float64, how much of the state each token changed, from 0 to 1; the first is 1
    lengths: tuple[int, ...]  # N, how many words are visible in turn; the last is all of them
    gone: tuple[int, ...]  # R, which words are taken away in turn, counted from 0

    def __repr__(self) -> str:
        return f"recurrence.Trace({brief(self.text)!r}, {self.rnn!r} beside {self.model!r}, {len(self.ids)} tokens)"


def trace(
    text: str, *, model: str | os.PathLike[str] | None = None, rnn: str | os.PathLike[str] | None = None
) -> Trace:
    """Runs a transformer and an RNN on a text: whole, cut short before each position, and with one word taken away.

    text: what both read, at most 96 tokens.
    model: which transformer; by default the bundled one for the text's language.
    rnn: which recurrent network, of the same tokenizer; by default the bundled one of the transformer's language.
    """
    sentence = read(text, models.default(TRANSFORMER, text) if model is None else model)
    rnn = fitting(RNN, sentence.model, text) if rnn is None else models.name_of(rnn)
    if len(sentence.ids) > MOST_TOKENS:
        raise Refusal("too_many_tokens", tokens=len(sentence.ids), limit=MOST_TOKENS)
    if not models.same_tokens(sentence.model, rnn):
        raise Refusal("different_tokens", model=sentence.model, rnn=rnn)
    runs = (
        models.forward(rnn, sentence.ids, needs=RNN),
        models.forward(sentence.model, sentence.ids, needs=TRANSFORMER),
    )
    return compared(sentence.text, (rnn, sentence.model), runs)


def compared(text: str, names: tuple[str, str], runs: tuple[models.Pass, models.Pass]) -> Trace:
    """The Trace, from both models' passes over the text: the RNN's and the transformer's."""
    if runs[0].logits.shape != runs[1].logits.shape:  # one vocabulary, but one of the two has spare rows in its table
        raise Refusal("different_tokens", model=names[1], rnn=names[0])
    ids = tuple(runs[0].ids.tolist())
    pieces = models.pieces(names[1], ids)
    words = words_of(pieces)
    lengths = doublings(len(words))
    gone = tuple(place for place in spread(len(words), MOST_GONE) if words[place].stop < len(ids))
    logs = [log_softmax(run.logits) for run in runs]
    first, second = (
        side(name, run, own, other, words, lengths, [words[place] for place in gone])
        for name, run, own, other in zip(names, runs, logs, reversed(logs), strict=True)
    )
    shares = [np.exp(own) for own in logs]
    states = runs[0].states
    assert states is not None, "an RNN without states"
    found = sorted({int(i) for one in (first, second) for top in (one.top, one.near.top) for i in top.flat} | {*ids})
    return Trace(
        text=text,
        model=names[1],
        rnn=names[0],
        ids=runs[0].ids,
        pieces=pieces,
        labels=models.labels(pieces),
        names=dict(zip(found, models.vocabulary_labels(names[1], found), strict=True)),
        words=words,
        recurrent=first,
        transformer=second,
        total_variation=total_variation(*shares),
        jensen_shannon=jensen_shannon(*shares),
        states=states,
        overwritten=change(np.vstack([np.zeros_like(states[:1]), states[:-1]]), states),
        lengths=lengths,
        gone=gone,
    )


def side(
    name: str,
    run: models.Pass,
    logs: np.ndarray,
    other: np.ndarray,
    words: tuple[Word, ...],
    lengths: tuple[int, ...],
    gone: list[Word],
) -> Side:
    """One model's half of the comparison, from both models' logarithms of probabilities (T, V): its own first."""
    ids = tuple(run.ids.tolist())
    top = np.argsort(-run.logits, axis=-1, kind="stable")[:, :BEST]
    return Side(
        model=name,
        parameters=next((entry.parameters for entry in models.offered() if entry.name == name), None),
        top=top,
        shares=np.exp(np.take_along_axis(logs, top, -1)),
        others=np.exp(np.take_along_axis(other, top, -1)),
        surprise=coming(logs, ids),
        rank=np.append(rank(logs[:-1], run.ids[1:]), 0),
        near=near(name, ids, words, lengths, run.logits),
        without=without(name, ids, gone, run),
    )


def point(trace: Trace, event: Mapping[str, Any]) -> dict[str, Any]:
    """A place in a picture was chosen: the token there. What belongs to no token changes nothing."""
    place = event.get("data")
    return {"position": place} if isinstance(place, int) and 1 <= place <= len(trace.ids) else {}


EXPLAINER = Explainer(
    name="recurrence",
    chapter="choosing",
    trace=trace,
    views={
        "beside": beside,
        "surprise": surprise,
        "state": state,
        "remains": remains,
        "fading": fading,
        "shorter": shorter,
        "both": both,
        "guesses": guesses,
        "numbers": numbers,
        "windows": windows,
        "removed": removed,
    },
    inputs=(Model(needs=TRANSFORMER, twin="rnn"), Model("rnn", needs=RNN, inside=True)),
    knobs=(Number("position", default=0, inside=True, per_sentence=True, low=0, high=MOST_TOKENS),),
    picks={"point": point},
)
