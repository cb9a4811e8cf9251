"""Nearness in a large vocabulary: some rows at a time, and sums without sorting it, come to the same."""

from __future__ import annotations

import numpy as np
import pytest

import models
from explainers import analogies, neighbours


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_neighbours_do_not_depend_on_how_many_are_looked_at_together(
    tall: str, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(neighbours, "AT_ONCE", at_once)
    ids = [*models.encode(tall, "the small bird in the tree"), 5, 5]
    table = models.table(tall).astype(np.float64)
    table -= table.mean(0)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    alike = unit[ids] @ unit.T
    found, among = neighbours.near_all(tall, ids)
    np.testing.assert_allclose(among, alike[:, ids], atol=1e-5)
    for i, row, one in zip(ids, alike, found, strict=True):
        row[i] = -2
        np.testing.assert_allclose(one.cosines, np.sort(row)[::-1][: len(one.ids)], atol=1e-5)
        assert one.id == i and i not in one.ids


def test_first_and_rank_are_those_of_a_sorted_list() -> None:
    scores = np.random.default_rng(1).integers(0, 30, 200).astype(np.float32)  # with many equal ones
    without = (3, 150, 7)
    order = np.argsort(-np.where(np.isin(np.arange(200), without), -np.inf, scores), kind="stable").tolist()
    assert analogies.first(scores, without, 5) == order[:5]
    assert [analogies.rank(scores, without, goal) for goal in range(0, 200, 7)] == [
        order.index(goal) + 1 for goal in range(0, 200, 7)
    ]
