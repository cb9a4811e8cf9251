"""What stands beside the language models: the 5-gram against a slow count, the compressors on plain text."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from models.recipes.peers import Counts, gzip_bits, xz_bits

VOCABULARY = 7


def texts(seed: int, count: int) -> list[list[int]]:
    """Token rows with habits: each token mostly follows from the two before it."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        row = [int(chance.integers(VOCABULARY))] * 2
        while len(row) < 30:
            row.append(int((row[-1] + row[-2]) % 5) if chance.random() < 0.7 else int(chance.integers(VOCABULARY)))
        made.append(row)
    return made


class Slow:
    """Interpolated Kneser-Ney of order 3, written down as the formula is."""

    def __init__(self, rows: list[list[int]]):
        seen = Counter(tuple(padded[i : i + 3]) for row in rows for padded in [[-1, -1, *row]] for i in range(len(row)))
        self.counts = {3: seen}
        for size in (2, 1):
            self.counts[size] = Counter(gram[1:] for gram in self.counts[size + 1])

    def probability(self, gram: tuple[int, ...]) -> float:
        if not gram:
            return 1 / (VOCABULARY + 1)
        counts = self.counts[len(gram)]
        follow = {other: n for other, n in counts.items() if other[:-1] == gram[:-1]}
        if not follow:
            return self.probability(gram[1:])
        kinds: defaultdict[int, int] = defaultdict(int)
        for n in counts.values():
            kinds[n] += 1
        discount = kinds[1] / (kinds[1] + 2 * kinds[2]) if kinds[1] else 0.5
        kept = max(counts[gram] - discount, 0) if gram in counts else 0
        return (kept + discount * len(follow) * self.probability(gram[1:])) / sum(follow.values())


@pytest.mark.parametrize("seed", range(3))
def test_counting_equals_the_formula(seed: int) -> None:
    train, held = texts(seed, 20), texts(seed + 100, 3)
    fast, slow = Counts(train, VOCABULARY, order=3), Slow(train)
    for row in held:
        padded = [-1, -1, *row]
        wanted = -sum(math.log2(slow.probability(tuple(padded[i : i + 3]))) for i in range(2, len(row)))
        assert fast.bits(row, first=2) == pytest.approx(wanted, rel=1e-9)


def test_probabilities_of_all_next_tokens_are_one() -> None:
    counts = Counts(texts(1, 20), VOCABULARY)
    total = sum(2 ** -counts.bits([1, 2, 3, 0, each], first=4) for each in range(VOCABULARY + 1))
    assert total == pytest.approx(1, abs=1e-9)


def test_what_was_read_is_cheaper() -> None:
    train = " ".join(f"the {a} sat on the {b}." for a in ("cat", "dog", "hen") for b in ("mat", "wall", "cart"))
    other = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich."
    assert xz_bits(train, train[:60]) < xz_bits(train, other) / 2
    assert gzip_bits(other) > 8 > gzip_bits(train)


def test_counting_learns_from_more() -> None:
    held = texts(9, 5)
    few, many = (Counts(texts(1, count), VOCABULARY, order=3) for count in (2, 200))
    assert sum(map(many.bits, held)) < 0.95 * sum(map(few.bits, held))
