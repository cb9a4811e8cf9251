"""Batches: a function of (seed, step); rows begin where documents begin; all documents are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.weights
END = 0


@dataclass(frozen=True)
class Sizes:
    """What a recipe says of its batches."""

    texts: tuple[Any, ...]
    rows: int = 4
    positions: int = 32
    seed: int = 1


def sizes(*shares: float, **more: Any) -> Sizes:
    from models.recipes.corpus import Text, by_mark

    return Sizes(tuple(Text("", share, by_mark, "", "", short=i > 0) for i, share in enumerate(shares)), **more)


def documents(count: int, longest: int, first: int) -> Any:
    """Documents that begin with a token of their own, from `first` on, go on with ones, and end in the end mark."""
    from models.recipes.flat import flatten

    chance = np.random.default_rng(first)
    return flatten([[first + i, *[1] * int(chance.integers(longest)), END] for i in range(count)])


@pytest.fixture(scope="module")
def sources() -> list[Any]:
    return [documents(40, 70, 100), documents(90, 6, 1000), documents(1, 3, 5000)]


def test_a_batch_is_a_function_of_seed_and_step(sources: list[Any]) -> None:
    from dataclasses import replace

    from models.recipes.rows import BLOCK, Rows

    recipe = sizes(0.6, 0.3, 0.1)
    rows, again = Rows(recipe, sources), Rows(recipe, sources)
    steps = [0, 1, 7, BLOCK - 1, BLOCK, BLOCK + 9, 3 * BLOCK]
    found = {step: rows.batch(step)[0] for step in steps}
    for step in reversed(steps):  # asked in another order, as by a run that goes on
        assert again.batch(step)[0].equal(found[step])
    other = Rows(replace(recipe, seed=2), sources)
    assert not all(
        other.batch(step)[0].shape == found[step].shape and other.batch(step)[0].equal(found[step]) for step in steps
    )


def test_rows_begin_where_documents_begin_and_hold_whole_ones(sources: list[Any]) -> None:
    from models.recipes.rows import Rows

    rows = Rows(sizes(0.6, 0.3, 0.1), sources)
    whole = {
        tuple(source.ids[start : start + length].tolist())
        for source in sources
        for start, length in zip(source.starts, source.lengths, strict=True)
    }
    lengths = set()
    for step in range(60):
        batch = rows.batch(step)[0]
        lengths.add(batch.shape[1])
        assert batch.shape[0] * (batch.shape[1] - 1) == 4 * 32
        for row in batch.tolist():
            assert row[0] >= 100
            *inside, last = " ".join(map(str, row)).replace(f" {END} ", f" {END}|").split("|")
            assert all(tuple(map(int, each.split())) in whole for each in inside)
            assert any(list(each[: len(last.split())]) == list(map(int, last.split())) for each in whole)
    assert lengths == {33, 17, 9}


def test_a_pass_reads_all_documents_about_once_and_the_next_one_in_another_order(sources: list[Any]) -> None:
    from models.recipes.rows import Pass, Stream

    one, other = Pass(sources[1], 8, [1, 0]), Pass(sources[1], 8, [1, 1])
    firsts = one.rows(0, len(one)).astype(int)
    seen = np.unique(firsts[firsts >= 1000])
    assert len(seen) > 0.9 * 90 and not np.array_equal(firsts[:9, 0], other.rows(0, 9)[:, 0])
    assert abs(len(one) * 8 / len(sources[1].ids) - 1) < 0.15

    stream = Stream(sources[1], 8, [1])
    across = stream.rows(len(one) - 3, 7)  # from one pass into the next
    assert np.array_equal(across, np.concatenate([stream.rows(len(one) - 3, 3), stream.rows(len(one), 4)]))
    assert np.array_equal(Stream(sources[1], 8, [1]).rows(len(one) + 2, 1), across[5:6])


def test_a_text_shorter_than_a_row_fills_it_again_and_again(sources: list[Any]) -> None:
    from models.recipes.rows import Rows

    batch, _ = Rows(sizes(1.0), sources[2:]).batch(5)
    document = sources[2].ids.tolist()
    for row in batch.tolist():
        assert row == (document * len(row))[: len(row)]


def test_how_often_a_text_is_read_is_told(sources: list[Any]) -> None:
    from models.recipes.rows import Rows

    rows = Rows(sizes(0.6, 0.3, 0.1), sources)
    read = np.zeros(3)
    for step in range(400):
        firsts = rows.batch(step)[0][:, :-1].numpy()
        source = np.searchsorted([1000, 5000], firsts[:, 0], side="right")
        read += np.bincount(source, minlength=3) * firsts.shape[1]
    told = np.array(rows.passes(400))
    np.testing.assert_allclose(read / [len(each.ids) for each in sources], told, rtol=0.1)


def test_flat_documents_are_cut_taken_and_limited() -> None:
    from models.recipes.flat import Flat, flatten, join, limit, padded, split_long, take

    flat = flatten([[1, 2, 3, 4, 5], [], [6], [7, 8]])
    assert flat.lengths.tolist() == [5, 1, 2]
    assert take(flat, np.array([2, 0])).ids.tolist() == [7, 8, 1, 2, 3, 4, 5]
    assert split_long(flat, 2).lengths.tolist() == [2, 2, 1, 1, 2]
    assert padded(flat, np.array([1, 2]), -100).tolist() == [[6, -100], [7, 8]]
    assert join([flat, flat]).starts.tolist() == [0, 5, 6, 8, 13, 14]
    many = Flat(np.arange(1000, dtype=np.uint16), np.full(100, 10))
    few = limit(many, 95)
    assert len(few.lengths) == 10 and set(few.ids[::10] % 10) == {0} and limit(many, 1000) is many
    with pytest.raises(ValueError, match="16 bits"):
        flatten([[1, 2**16]])
