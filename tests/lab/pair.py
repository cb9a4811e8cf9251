"""Two models on one sentence: the contract's second Model control."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

import models
from explainers.contract import Explainer, Model, Table
from explainers.sentence import fitting, read
from explainers.words import NO_WORDS, Words

RNN = frozenset({"causal", "recurrent"})


@dataclass(frozen=True)
class Trace:
    """How many tokens each model makes of the text."""

    text: str
    model: str
    rnn: str
    counts: np.ndarray  # (2,) int64


def trace(text: str, *, model: str | os.PathLike[str] | None = None, rnn: str | None = None) -> Trace:
    """Counts the tokens of two models.

    model, rnn: which ones; by default those that fit the text, and each other.
    """
    sentence = read(text, model)
    other = rnn or fitting(RNN, sentence.model, text)
    counts = np.array([len(sentence.ids), len(models.encode(other, text))])
    return Trace(text, sentence.model, other, counts)


def numbers(trace: Trace, words: Words = NO_WORDS) -> Table:
    """A row for each model."""
    rows = ((trace.model, int(trace.counts[0])), (trace.rnn, int(trace.counts[1])))
    return Table(words.columns("numbers", "model", "tokens"), rows, data=(0,))


EXPLAINER = Explainer(
    name="pair",
    chapter="inside",
    trace=trace,
    views={"numbers": numbers},
    inputs=(Model(needs=frozenset({"causal", "attention"})), Model("rnn", needs=RNN)),
)
