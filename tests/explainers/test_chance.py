"""Chance: known answers, evenness, and draws that invert the distribution function."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainers import chance

GOLDEN, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def worked_out(seed: int, step: int) -> float:
    """The definition once more, with whole numbers of any size and a remainder at each line."""
    z = (seed * GOLDEN + (step + 1) * FIRST) % 2**64
    for _ in range(2):
        z = (z ^ z // 2**30) * FIRST % 2**64
        z = (z ^ z // 2**27) * SECOND % 2**64
        z = z ^ z // 2**31
    return z // 2**11 / 2.0**53


@given(st.integers(0, 9999), st.integers(0, 10_000))
def test_u_is_as_defined(seed: int, step: int) -> None:
    assert chance.u(seed, step) == worked_out(seed, step)
    assert 0 <= chance.u(seed, step) < 1


def test_u_known_answers() -> None:
    """Written down once: what a link drew yesterday it draws tomorrow."""
    answers = {
        (0, 0): 0.6045338375640893,
        (1, 0): 0.039163253793213615,
        (1, 1): 0.7518253755220321,
        (42, 7): 0.9691618327209292,
        (9999, 511): 0.7162107431027614,
    }
    assert {place: chance.u(*place) for place in answers} == answers


@pytest.mark.parametrize("numbers", [[chance.u(7, i) for i in range(10_000)], [chance.u(i, 3) for i in range(10_000)]])
def test_u_is_even(numbers: list[float]) -> None:
    """Mean within 4 standard errors; chi-square of 100 bins (99 degrees of freedom) under its 99.99% point."""
    counts = np.histogram(numbers, bins=100, range=(0, 1))[0]
    assert abs(np.mean(numbers) - 0.5) < 4 * (1 / 12 / 10_000) ** 0.5
    assert 45 < ((counts - 100) ** 2 / 100).sum() < 161


def test_neighbours_are_not_alike() -> None:
    numbers = np.array([[chance.u(seed, step) for step in range(100)] for seed in range(100)])
    for pair in (numbers[1:], numbers[:-1]), (numbers[:, 1:], numbers[:, :-1]):
        assert abs(np.corrcoef(pair[0].ravel(), pair[1].ravel())[0, 1]) < 0.04


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50).filter(any), st.floats(0, 1, exclude_max=True))
def test_draw_is_the_first_id_past_u(weights: list[float], at: float) -> None:
    running, total = [], 0.0
    for weight in weights:
        total += weight
        running.append(total)
    past = [place for place, sum_so_far in enumerate(running) if sum_so_far > at * total]
    found = chance.draw(np.array(weights), at)
    assert weights[found] > 0
    assert found == past[0] if past else at * total == total


def test_draw_skips_what_cannot_be() -> None:
    assert chance.draw(np.array([0.0, 0.0, 1.0, 0.0]), 0.0) == 2
    assert chance.draw(np.array([0.0, 0.0, 1.0, 0.0]), 1 - 2**-53) == 2


def test_draws_follow_the_distribution() -> None:
    wanted = np.array([0.5, 0.0, 0.2, 0.3])
    drawn = [chance.draw(wanted, chance.u(1, step)) for step in range(10_000)]
    counts = np.bincount(drawn, minlength=4) / 10_000
    assert counts[1] == 0
    assert np.abs(counts - wanted).max() < 0.02
