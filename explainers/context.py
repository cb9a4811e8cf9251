"""How much a guess owes to what came before: the same guess with only the last few words visible, and with one gone.

Each is the model's own answer to a text that was changed: cut off before a word, or with one word taken out of it.

Shape letters: T tokens, V vocabulary, S state, N numbers of visible words, R words taken away, K guesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import models
from explainers.distance import change, log_softmax, surprise, total_variation
from explainers.visible import Word, first_visible

SHORT = 3  # guesses that are kept for each number of visible words


@dataclass(frozen=True, repr=False)
class Near:
    """One model's guess after each token with only the last words visible; the last row is with all of them."""

    surprise: np.ndarray  # (N, T) float64 bits at the token that comes next; NaN after the last token
    distance: np.ndarray  # (N, T) float64, total variation from the guess with all words: from 0 to 1
    top: np.ndarray  # (N, T, K) int64, ids of the likeliest next tokens
    shares: np.ndarray  # (N, T, K) float64, their probabilities


def near(name: str, ids: Sequence[int], words: Sequence[Word], lengths: Sequence[int], logits: np.ndarray) -> Near:
    """The guesses of a model with the last 1, 2, 4, … words visible.

    lengths: how many words (N of them). logits: (T, V) of the whole text, which is what is seen where no more words are
    there to hide.
    """
    whole = np.exp(log_softmax(logits))
    rows = [measured(shortened(name, ids, words, count, logits), whole, ids) for count in lengths]
    return Near(*(np.stack(parts) for parts in zip(*rows, strict=True)))


def shortened(name: str, ids: Sequence[int], words: Sequence[Word], count: int, logits: np.ndarray) -> np.ndarray:
    """The logits (T, V) after each token when its own word and those just before it, `count` in all, are visible."""
    firsts = [first_visible(words, token, count) for token in range(len(ids))]
    hidden = [token for token, first in enumerate(firsts) if first > 0]
    found = logits.copy()
    if hidden:
        found[hidden] = models.last_logits(name, [ids[firsts[token] : token + 1] for token in hidden])
    return found


def measured(logits: np.ndarray, whole: np.ndarray, ids: Sequence[int]) -> tuple[np.ndarray, ...]:
    """A row of each array of Near, from logits (T, V) and the probabilities (T, V) with all words visible."""
    logs = log_softmax(logits)
    shares = np.exp(logs)
    top = np.argsort(-logits, axis=-1, kind="stable")[:, :SHORT]
    return coming(logs, ids), total_variation(shares, whole), top, np.take_along_axis(shares, top, -1)


def coming(logs: np.ndarray, ids: Sequence[int]) -> np.ndarray:
    """How surprising the token after each one was, (T, V) -> (T,) bits; NaN after the last."""
    return np.append(surprise(logs[:-1], np.array(ids[1:], dtype=np.int64)), np.nan)


@dataclass(frozen=True, repr=False)
class Without:
    """What changes after each token when a word before it is taken out; NaN up to the word's own end."""

    guess: np.ndarray  # (R, T) float64, total variation between the two guesses: from 0 to 1
    state: np.ndarray | None  # (R, T) float64, `distance.change` between the two states of an RNN: from 0 to 1


def without(name: str, ids: Sequence[int], gone: Sequence[Word], run: models.Pass) -> Without:
    """Runs a model once for each word, on the text without it. run: its pass over the whole text."""
    whole = np.exp(log_softmax(run.logits))
    guess = np.full((len(gone), len(ids)), np.nan)
    state = None if run.states is None else guess.copy()
    for row, (word, less) in enumerate(zip(gone, passes(name, ids, gone), strict=True)):
        guess[row, word.stop :] = total_variation(whole[word.stop :], np.exp(log_softmax(less.logits[word.start :])))
        if state is not None and run.states is not None and less.states is not None:
            state[row, word.stop :] = change(run.states[word.stop :], less.states[word.start :])
    return Without(guess, state)


def passes(name: str, ids: Sequence[int], gone: Sequence[Word]) -> Iterator[models.Pass]:
    """A pass over the text without each of the words."""
    for word in gone:
        yield models.forward(name, (*ids[: word.start], *ids[word.stop :]))
