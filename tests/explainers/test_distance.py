"""Distances between distributions against their definitions, written out one term at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from explainers import distance


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(0)
    p, q = chance.dirichlet(np.full(9, 0.3), size=(2, 4))  # (4, 9) each, some terms next to 0
    p[0, 3:], q[1, :5] = 0.0, 0.0
    return p / p.sum(-1, keepdims=True), q / q.sum(-1, keepdims=True)


def relative_entropy(p: np.ndarray, q: np.ndarray) -> float:
    """Kullback-Leibler divergence in bits."""
    return sum(a * math.log2(a / b) for a, b in zip(p, q, strict=True) if a > 0)


def test_jensen_shannon_is_the_mean_divergence_from_the_mean(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """The definition by Kullback-Leibler; ours is the one by entropies."""
    for p, q, ours in zip(*pair, distance.jensen_shannon(*pair), strict=True):
        middle = (p + q) / 2
        assert ours == pytest.approx((relative_entropy(p, middle) + relative_entropy(q, middle)) / 2, abs=1e-12)


def test_total_variation_is_the_most_that_any_event_can_differ(pair: tuple[np.ndarray, np.ndarray]) -> None:
    for p, q, ours in zip(*pair, distance.total_variation(*pair), strict=True):
        assert ours == pytest.approx(sum(max(0.0, a - b) for a, b in zip(p, q, strict=True)), abs=1e-12)


def test_distances_keep_to_their_ranges(pair: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pair
    for measure in (distance.jensen_shannon, distance.total_variation):
        assert (measure(p, p) == 0).all()
        assert measure(p, q) == pytest.approx(measure(q, p))
        assert ((measure(p, q) >= 0) & (measure(p, q) <= 1)).all()
        assert measure(np.eye(3)[0], np.eye(3)[1]) == 1


def test_logarithms_are_finite_where_probabilities_vanish() -> None:
    logits = np.array([[0.0, 2000.0, -2000.0]], dtype=np.float32)
    logs = distance.log_softmax(logits)
    assert np.isfinite(logs).all() and np.exp(logs).sum() == pytest.approx(1)
    assert distance.surprise(logs, np.array([2])) == pytest.approx(4000 / math.log(2))


def test_rank_counts_those_ahead() -> None:
    logs = np.log([[0.1, 0.4, 0.4, 0.1]] * 4)
    assert distance.rank(logs, np.array([0, 1, 2, 3])).tolist() == [3, 1, 2, 4]


def test_change_is_whole_from_nothing_and_none_from_itself() -> None:
    state = np.array([[0.5, -0.25], [0.0, 0.0]])
    assert distance.change(np.zeros_like(state), state).tolist() == [1.0, 0.0]
    assert distance.change(state, state).tolist() == [0.0, 0.0]
    assert distance.change(state[:1], -state[:1]) == pytest.approx(1.0)
