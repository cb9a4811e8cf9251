"""Batches of a model that fills gaps: rows of one or two parts with hidden tokens, a pure function of (seed, step).

A row is [CLS], some whole sentences of one document, [SEP]; half of the rows go on with more sentences and a [SEP], and
the model says whether those follow in the document or come from elsewhere. Of the tokens some are to be guessed: of
those 80% are hidden behind [MASK], 10% stand as another token and 10% as they are (Devlin et al., "BERT", 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from .flat import Flat, join, spans

HIDDEN, CHANGED = 0.8, 0.1  # shares of the tokens to be guessed
PAIRS = 0.5  # share of the rows that are two parts
NOTHING = -100  # a label that counts for nothing
FOLLOWS, ELSEWHERE = 0, 1  # labels of the second part, as BERT counts them
LEAST = 4  # tokens that a sentence must have after it begins, and a second part at least


class Batch(NamedTuple):
    """What the model sees and what it is to say.

    ids, parts, labels: (rows, length); parts is 1 in a second part, labels the token to be guessed or NOTHING.
    follows: (rows,), FOLLOWS or ELSEWHERE, NOTHING for a row of one part.
    """

    ids: Tensor
    parts: Tensor
    labels: Tensor
    follows: Tensor


class Sentences:
    """All documents of all sources in one array, with where their sentences begin and end.

    ends: the ids that end a sentence.
    """

    def __init__(self, sources: Sequence[Flat], ends: Sequence[int]):
        self.ids, lengths = join(sources)
        self.counts = np.array([len(flat.lengths) for flat in sources])  # documents of each source
        self.firsts = self.counts.cumsum() - self.counts
        self.close = lengths.cumsum()  # where each document ends
        begins = self.close - lengths
        self.ending = np.isin(self.ids, list(ends))
        place = np.arange(len(self.ids), dtype=np.int32)
        self.last = np.maximum.accumulate(np.where(self.ending, place, -1))  # the last end of a sentence up to each id
        left = np.repeat(self.close, lengths) - place  # ids of its document from each one on
        starts = np.append(False, self.ending[:-1]) & (left >= LEAST)
        starts[begins] = True
        self.starts = starts.nonzero()[0]
        self.held = np.add.reduceat(starts, begins, dtype=np.int64)  # sentences of each document
        self.begun = self.held.cumsum() - self.held

    def places(self, chance: np.random.Generator, count: int, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where so many sentences begin, of documents of sources that have these shares; and where those end."""
        source = chance.choice(len(shares), size=count, p=shares)
        document = self.firsts[source] + chance.integers(self.counts[source])
        sentence = self.begun[document] + chance.integers(self.held[document])
        return self.starts[sentence], self.close[document]

    def cut(self, starts: np.ndarray, closes: np.ndarray, room: np.ndarray | int) -> np.ndarray:
        """How many ids from each start are as many whole sentences as there is room for; a part of one where they would
        leave half of it empty."""
        taken = np.minimum(closes - starts, room)
        whole = self.last[np.maximum(starts + taken - 1, 0)] + 1 - starts
        return np.where((whole > 0) & (whole >= taken // 2), whole, taken)


Part = tuple[np.ndarray, np.ndarray]  # where each begins, and how many ids it has


class Made(NamedTuple):
    """Rows (count, length) before anything is hidden, where the second part of each begins, and whether it follows."""

    rows: np.ndarray
    seconds: np.ndarray
    follows: np.ndarray


class Maker:
    """Makes rows of one length from the documents of each source."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, sources: Sequence[Flat]):
        self.tokenizer = tokenizer
        self.found = Sentences(sources, tokenizer.convert_tokens_to_ids([".", "!", "?"]))

    def make(self, length: int, count: int, chance: np.random.Generator, shares: np.ndarray) -> Made:
        """So many rows, filled up with padding."""
        found = self.found
        paired = chance.random(count) < PAIRS
        starts, closes = found.places(chance, count, shares)
        first = found.cut(starts, closes, np.where(paired, (length - 3) // 2, length - 2))
        rests = starts + first
        # A part that is cut within a sentence would tell what follows.
        paired &= found.ending[rests - 1] & (closes - rests >= LEAST)
        others, ends = found.places(chance, count, shares)
        elsewhere = chance.random(count) < 0.5
        rests, ends = np.where(elsewhere, others, rests), np.where(elsewhere, ends, closes)
        second = np.where(paired, found.cut(rests, ends, length - first - 3), 0)
        follows = np.where(paired, np.where(elsewhere, ELSEWHERE, FOLLOWS), NOTHING)
        rows = self.fill(length, (starts, first), (rests, second), paired)
        return Made(rows, np.where(paired, first + 2, length), follows)

    def fill(self, length: int, first: Part, second: Part, paired: np.ndarray) -> np.ndarray:
        """[CLS], the first part, [SEP], and in some rows the second part and [SEP]."""
        end = self.tokenizer.sep_token_id
        rows = np.full((len(paired), length), self.tokenizer.pad_token_id, np.int64)
        every = np.arange(len(paired))
        rows[:, 0] = self.tokenizer.cls_token_id
        for (starts, lengths), begin in ((first, 1 + 0 * every), (second, first[1] + 2)):
            rows[np.repeat(every, lengths), spans(begin, lengths)] = self.found.ids[spans(starts, lengths)]
        rows[every, first[1] + 1] = end
        rows[paired, (first[1] + second[1] + 2)[paired]] = end
        return rows


def gaps(
    rows: np.ndarray, tokenizer: PreTrainedTokenizerFast, chance: np.random.Generator, share: float
) -> tuple[Tensor, Tensor]:
    """Hides a share of the tokens of rows (B, T), never special ones; returns what is seen and what to guess."""
    asked = (chance.random(rows.shape) < share) & (rows >= len(tokenizer.all_special_ids))
    how = chance.random(rows.shape)
    seen = np.where(asked & (how < HIDDEN), tokenizer.mask_token_id, rows)
    others = chance.integers(len(tokenizer.all_special_ids), len(tokenizer), rows.shape)
    seen = np.where(asked & (how >= HIDDEN) & (how < HIDDEN + CHANGED), others, seen)
    return torch.from_numpy(seen), torch.from_numpy(np.where(asked, rows, NOTHING))
