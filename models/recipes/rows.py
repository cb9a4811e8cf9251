"""Batches of a model that continues a text: rows of token ids, a pure function of (seed, step).

Each row begins where a document begins (position 0 is the start of a text, as it is for what a person types) and is
filled with whole documents of one source, an end mark between them, the last one cut. Most batches have rows of half
the length, on which attention is cheaper; half of what short texts give is read in rows of a quarter, in batches of
their own.

Of a source's rows of one length each pass takes the documents in a fresh order, so that all are read about as often.
How many rows of each source a batch holds is drawn for BLOCK steps at once: where in its documents a source stands at
some step is a sum over the steps before, and a killed run that resumes sees what it would have seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from .corpus import Text
from .flat import Flat, take

PARTS = (1, 2, 2)  # into how many rows a batch cuts one row of all the positions, each as likely
SHORT = 4  # the same, for a batch of short texts alone
BLOCK = 512  # steps that are drawn together


class Reads(Protocol):
    """What a recipe says of its batches: rows of so many positions in each, of texts with shares."""

    @property
    def texts(self) -> tuple[Text, ...]: ...

    @property
    def rows(self) -> int: ...

    @property
    def positions(self) -> int: ...

    @property
    def seed(self) -> int: ...


class Pass:
    """One pass over a source's documents in an order of its own, as rows of length + 1 ids.

    A row ends in the midst of a document. The next one begins with that, or with the one after it, whichever begins
    nearer to where the row ended. The last row runs on into the first documents.
    """

    def __init__(self, flat: Flat, length: int, seed: Sequence[int]):
        self.length = length
        mixed = take(flat, np.random.default_rng(seed).permutation(len(flat.lengths)))
        self.ids = np.resize(mixed.ids, len(mixed.ids) + length + 1)  # filled up from its beginning
        begins = np.append(mixed.starts, len(mixed.ids))
        wanted = begins[:-1] + length
        after = np.minimum(np.searchsorted(begins, wanted), len(begins) - 1)
        nearer = after - (wanted - begins[after - 1] < begins[after] - wanted)
        following = np.maximum(nearer, np.arange(1, len(begins))).tolist()
        first, found = 0, []
        while first < len(following):
            found.append(first)
            first = following[first]
        self.begins = begins[found]

    def __len__(self) -> int:
        return len(self.begins)

    def rows(self, first: int, last: int) -> np.ndarray:
        """(last - first, length + 1) uint16."""
        return self.ids[self.begins[first:last, None] + np.arange(self.length + 1)]


class Stream:
    """The rows of one source and length, pass after pass."""

    def __init__(self, flat: Flat, length: int, seed: Sequence[int]):
        self.flat, self.length, self.seed = flat, length, seed
        self.firsts = [0]  # the number of each pass' first row, and of the one after the last known pass
        self.last: tuple[int, Pass] | None = None

    def of(self, number: int) -> Pass:
        """The pass of that number; the last one asked for is kept."""
        if not self.last or self.last[0] != number:
            self.last = number, Pass(self.flat, self.length, [*self.seed, number])
        return self.last[1]

    def rows(self, first: int, count: int) -> np.ndarray:
        """`count` rows (count, length + 1) uint16 from the row of number `first` on."""
        while self.firsts[-1] <= first:
            self.firsts.append(self.firsts[-1] + len(self.of(len(self.firsts) - 1)))
        number = bisect_right(self.firsts, first) - 1
        begin = first - self.firsts[number]
        found = self.of(number).rows(begin, begin + count)
        rest = count - len(found)
        return np.concatenate([found, self.rows(first + len(found), rest)]) if rest else found


class Rows:
    """The batches of a recipe. sources: for each of its texts the documents, each ending in the end mark."""

    def __init__(self, recipe: Reads, sources: Sequence[Flat]):
        self.recipe, self.sources = recipe, sources
        shares = np.array([text.share for text in recipe.texts])
        brief = np.array([text.share * text.short / 2 for text in recipe.texts])
        self.apart = brief.sum() / shares.sum()  # the share of the batches that are short texts' own
        self.brief = brief / max(brief.sum(), 1e-9)
        self.shares = (shares - brief) / (shares - brief).sum()
        self.filed = np.array([not text.made for text in recipe.texts])
        self.streams: dict[tuple[int, int], Stream] = {}
        self.before: list[dict[int, np.ndarray]] = [dict.fromkeys({*PARTS, SHORT}, 0 * shares.astype(int))]
        self.drawn: tuple[int, np.ndarray, np.ndarray] | None = None

    def draw(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        """For each step of a block, into how many parts its rows are cut (BLOCK,), and its rows of each source
        (BLOCK, sources)."""
        if not self.drawn or self.drawn[0] != block:
            chance = np.random.default_rng([self.recipe.seed, block])
            short = chance.random(BLOCK) < self.apart
            parts = np.where(short, SHORT, chance.choice(PARTS, BLOCK))
            shares = np.where(short[:, None], self.brief, self.shares)
            self.drawn = block, parts, chance.multinomial(self.recipe.rows * parts, shares)
        return self.drawn[1:]

    def place(self, step: int) -> tuple[int, np.ndarray, np.ndarray]:
        """Into how many parts a step's rows are cut, its rows of each source, and how many such rows came before."""
        block, place = divmod(step, BLOCK)
        while len(self.before) <= block:
            parts, counts = self.draw(len(self.before) - 1)
            self.before.append({cut: had + counts[parts == cut].sum(0) for cut, had in self.before[-1].items()})
        parts, counts = self.draw(block)
        cut = int(parts[place])
        return cut, counts[place], self.before[block][cut] + counts[:place][parts[:place] == cut].sum(0)

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns ids of shape (rows, positions + 1), or as many more rows of a half or a quarter of the positions; and
        whether each row comes from a file (rows,): what the grammar makes is without end, and needs no teacher."""
        parts, counts, before = self.place(step)
        length = self.recipe.positions // parts
        found = [self.stream(i, length).rows(int(before[i]), int(counts[i])) for i in counts.nonzero()[0].tolist()]
        ids = torch.from_numpy(np.concatenate(found).astype(np.int64))
        return ids, torch.from_numpy(np.repeat(self.filed, counts))

    def stream(self, source: int, length: int) -> Stream:
        """The rows of one source and length."""
        key = source, length
        if key not in self.streams:
            self.streams[key] = Stream(self.sources[source], length, [self.recipe.seed, *key])
        return self.streams[key]

    def passes(self, steps: int) -> list[float]:
        """How often so many steps read each source, about."""
        tokens = steps * self.recipe.rows * self.recipe.positions
        shares = (1 - self.apart) * self.shares + self.apart * self.brief
        return [tokens * share / len(flat.ids) for share, flat in zip(shares, self.sources, strict=True)]
