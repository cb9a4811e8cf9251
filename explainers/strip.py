"""The whole story of one sentence on one line: text, tokens, vectors, attention, next word, with real values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import models
from explainers.contract import Tokens, brief
from explainers.markers import is_marker
from explainers.sampling import CAUSAL, softmax
from explainers.sentence import read
from explainers.words import NO_WORDS, Words

MOST_TOKENS = 256  # a map of more is too large to make for one line of it
NUMBERS = 8
BEST = 5


@dataclass(frozen=True, repr=False)
class Trace:
    """What each station of the strip shows."""

    text: str
    model: str
    ids: np.ndarray  # (T,) int64, the text's and the appended ones
    labels: tuple[str, ...]  # T
    specials: tuple[bool, ...]  # T, which stand for no text
    lost: tuple[tuple[int, str], ...]  # text that no token stands for, and before which of them it was, from 0 to T
    vectors: np.ndarray  # (T, 8) float32, the first numbers of each token's row in the embedding table
    attention: np.ndarray | None  # (T,) float32, sums to 1; None if T is over 256
    next: tuple[tuple[str, float], ...]  # label and probability of the five likeliest next tokens, likeliest first; of
    # special tokens only what ends a text
    special: float  # the probability of all other special tokens together

    def __repr__(self) -> str:
        return f"strip.Trace({brief(self.text)!r}, {self.model!r}, vectors {self.vectors.shape}, next {self.next})"


def trace(text: str, *, model: str | os.PathLike[str] | None = None, ids: Sequence[int] = ()) -> Trace:
    """Runs a model once on a text and the ids appended to it.

    attention: how the last token spreads its attention in the last layer that gives its maps, averaged over the heads.
    """
    sentence = read(text, model)
    every = sentence.ids + Tokens("ids").check(ids)
    run = models.forward(sentence.model, every, attention=len(every) <= MOST_TOKENS, needs=CAUSAL, last=1)
    probabilities = softmax(run.logits[-1])
    ends = models.ending_ids(sentence.model)
    markers = is_marker(len(probabilities), models.special_spans(sentence.model), tuple(ends))
    best = np.argsort(-np.where(markers, -1, probabilities), kind="stable")[:BEST].tolist()
    pieces = models.pieces(sentence.model, every)
    return Trace(
        text=sentence.text,
        model=sentence.model,
        ids=np.array(every, dtype=np.int64),
        labels=models.labels(pieces),
        specials=tuple(piece.special for piece in pieces),
        lost=sentence.lost,
        vectors=run.embeddings[:, :NUMBERS].copy(),
        attention=None if run.attention is None else run.attention[-1, :, -1].mean(0),
        next=tuple(
            (label, float(probabilities[i]))
            for i, label in zip(best, models.vocabulary_labels(sentence.model, best), strict=True)
        ),
        special=float(probabilities[markers].sum()),
    )


def view(trace: Trace, words: Words = NO_WORDS) -> dict[str, Any]:
    """The Trace as plain JSON values, for the page's strip."""
    return {
        "text": trace.text,
        "model": trace.model,
        "tokens": [
            {"label": label, "id": int(i), "vector": vector, "special": special}
            for label, i, vector, special in zip(
                trace.labels, trace.ids, trace.vectors.tolist(), trace.specials, strict=True
            )
        ],
        "lost": [{"place": place, "text": text} for place, text in trace.lost],
        "attention": None if trace.attention is None else trace.attention.tolist(),
        "next": [{"label": label, "probability": probability} for label, probability in trace.next],
        "special": trace.special,
    }
