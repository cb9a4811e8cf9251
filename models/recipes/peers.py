"""What a language model stands beside: general compressors, and a 5-gram model that counts.

All are given in bits per UTF-8 byte of held-out text, as the language models are. A compressor has read the training
text first: what it needs for the held-out text is what both together take more than the training text alone.
"""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Sequence

import numpy as np

ORDER = 5
DICTIONARY = 1 << 27  # bytes that xz looks back: more than any training text here has


def xz_bits(train: str, held: str) -> float:
    """Bits per byte of the held-out text, by xz that has seen the training text."""
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": DICTIONARY}]

    def size(text: str) -> int:
        return len(lzma.compress(text.encode(), format=lzma.FORMAT_RAW, filters=filters))

    return 8 * (size(train + held) - size(train)) / len(held.encode())


def gzip_bits(held: str) -> float:
    """Bits per byte by gzip, which looks back 32 KB only: no training text would help it."""
    raw = held.encode()
    return 8 * len(gzip.compress(raw, 9)) / len(raw)


class Order:
    """The n-grams of one length: how often each was seen, and what is known of its context (all but its last token).

    An n-gram is found token by token: the number of what came before it, times the vocabulary, plus the next token, is
    looked up in a sorted array.
    """

    def __init__(self, grams: np.ndarray, vocabulary: int):
        """grams: (N, n) ids, a row for each time that an n-gram counts."""
        self.vocabulary = vocabulary
        self.keys: list[np.ndarray] = []
        context = found = np.zeros(len(grams), np.int64)
        for column in grams.T:
            context = found
            keys, found = np.unique(context * vocabulary + column, return_inverse=True)
            self.keys.append(keys)
        self.counts = np.bincount(found)
        first = np.unique(found, return_index=True)[1]
        self.totals = np.bincount(context, minlength=1)
        self.kinds = np.bincount(context[first], minlength=len(self.totals))
        self.first = grams[first]
        ones, twos = int((self.counts == 1).sum()), int((self.counts == 2).sum())
        self.discount = ones / (ones + 2 * twos) if ones else 0.5

    def numbers(self, grams: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each of grams (N, n): the number of its context and its own; -1 for what was never seen."""
        context = found = np.zeros(len(grams), np.int64)
        for keys, column in zip(self.keys, grams.T, strict=True):
            context = found
            wanted = context * self.vocabulary + column
            place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
            found = np.where((context >= 0) & (keys[place] == wanted), place, -1)
        return context, found

    def probabilities(self, grams: np.ndarray, shorter: np.ndarray) -> np.ndarray:
        """P(last token | context) of each of grams (N, n), mixed with what the shorter context says (N,)."""
        context, found = self.numbers(grams)
        count = np.where(found >= 0, self.counts[found], 0)
        total, kinds = self.totals[context], self.kinds[context]
        mixed = (np.maximum(count - self.discount, 0) + self.discount * kinds * shorter) / np.maximum(total, 1)
        return np.where(context >= 0, mixed, shorter)


class Counts:
    """Interpolated Kneser-Ney over token ids, one discount for each order (Chen and Goodman, 1999, section 2.7).

    Below the highest order an n-gram counts once for each token that stood before it.
    """

    def __init__(self, documents: Sequence[Sequence[int]], vocabulary: int, order: int = ORDER):
        """documents: ids, each with its end mark. vocabulary: how many ids there are."""
        self.vocabulary = vocabulary + 1  # the last stands before a text's beginning
        self.order = order
        grams = np.concatenate([self.windows(ids) for ids in documents if len(ids)])
        self.orders = [Order(grams, self.vocabulary)]
        while len(self.orders) < order:
            self.orders.insert(0, Order(self.orders[0].first[:, 1:], self.vocabulary))

    def windows(self, ids: Sequence[int]) -> np.ndarray:
        """All n-grams of the highest order in a text, (T, order), one that ends at each token."""
        before = [self.vocabulary - 1] * (self.order - 1)
        return np.lib.stride_tricks.sliding_window_view(np.array([*before, *ids], np.int64), self.order)

    def bits(self, ids: Sequence[int], first: int = 0) -> float:
        """Bits that the tokens from place `first` on take together, each after what stands before it."""
        grams = self.windows(ids)[first:]
        found = np.full(len(grams), 1 / self.vocabulary)
        for size, level in enumerate(self.orders, 1):
            found = level.probabilities(grams[:, self.order - size :], found)
        return float(-np.log2(found).sum())
