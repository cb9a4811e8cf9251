"""How far apart two guesses are, and how surprising a token was to one: numbers about distributions over a vocabulary.

Bits throughout, where a number is not a share of 1. Arrays are float64; the vocabulary is the last axis.
"""

from __future__ import annotations

import numpy as np


@np.errstate(under="ignore")  # a notebook may have made an error of it
def log_softmax(logits: np.ndarray) -> np.ndarray:
    """The natural logarithm of each probability, (…, V) -> (…, V); finite even where the probability itself is 0.

    >>> np.exp(log_softmax(np.log([1.0, 3.0])))
    array([0.25, 0.75])
    """
    high = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    return high - np.log(np.exp(high).sum(-1, keepdims=True))


def surprise(logs: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """-log2 of the probability that each row gave its id: (T, V), (T,) -> (T,) bits; 1 bit for one chance in two.

    >>> surprise(np.log([[0.5, 0.25, 0.25]]), np.array([1]))
    array([2.])
    """
    return -np.take_along_axis(logs, ids[:, None], -1)[:, 0] / np.log(2)


def rank(logs: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """The place of each row's id from the likeliest on, counted from 1, equals by id: (T, V), (T,) -> (T,) int64.

    >>> rank(np.log([[0.5, 0.25, 0.25]]), np.array([2]))
    array([3])
    """
    own = np.take_along_axis(logs, ids[:, None], -1)
    before = (logs == own) & (np.arange(logs.shape[-1]) < ids[:, None])
    return ((logs > own) | before).sum(-1) + 1


def total_variation(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Half the sum of all differences, (…, V) -> (…): the share of probability that lies elsewhere, from 0 to 1.

    >>> total_variation(np.array([0.5, 0.5, 0.0]), np.array([0.5, 0.0, 0.5]))
    np.float64(0.5)
    """
    return np.abs(p - q).sum(-1) / 2


def entropy(p: np.ndarray) -> np.ndarray:
    """-sum p log2 p, (…, V) -> (…) bits, where 0 log 0 is 0."""
    return -(p * np.log2(p, where=p > 0, out=np.zeros_like(p))).sum(-1)


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The entropy of their mean less the mean of their entropies: (…, V) -> (…), from 0 (the same) to 1 bit (disjoint).

    Lin, "Divergence measures based on the Shannon entropy", 1991. What rounding leaves below 0 is 0.

    >>> jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    np.float64(1.0)
    """
    return np.maximum(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2, 0.0)


def change(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How much of a state is another one now: sum |after - before| / (sum |after| + sum |before|), (…, S) -> (…).

    0 where nothing changed, 1 where nothing was before or every sign has turned (Bray and Curtis, 1957).

    >>> change(np.array([[0.0, 0.0], [1.0, 3.0]]), np.array([[1.0, 1.0], [1.0, 1.0]]))
    array([1.        , 0.33333333])
    """
    both = np.abs(before).sum(-1) + np.abs(after).sum(-1)
    return np.abs(after - before).sum(-1) / np.where(both > 0, both, 1.0)
