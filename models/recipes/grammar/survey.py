"""How a sample looks: its word forms, its most frequent 8-grams, thirty of its sentences."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass

GRAM = 8


@dataclass(frozen=True)
class Survey:
    """Figures of a sample. `grams` are (share of the sentences, words) of the most frequent 8-grams."""

    size: int  # bytes of UTF-8
    sentences: int
    forms: int
    grams: tuple[tuple[float, str], ...]
    some: tuple[str, ...]


def forms(sentence: str) -> list[str]:
    """The word forms of a sentence: letters and apostrophes, in small letters."""
    return [word.lower() for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", sentence)]


def survey(sentences: list[str], show: int = 30, seed: int = 0) -> Survey:
    """Counts a sample; an 8-gram counts once in a sentence."""
    words = [forms(sentence) for sentence in sentences]
    grams = Counter(
        gram for found in words for gram in {tuple(found[i : i + GRAM]) for i in range(len(found) - GRAM + 1)}
    )
    first = sorted(grams.items(), key=lambda each: (-each[1], each[0]))[:10]
    top = tuple((count / len(sentences), " ".join(gram)) for gram, count in first)
    size = sum(len(sentence.encode()) + 1 for sentence in sentences)
    some = tuple(random.Random(seed).sample(sentences, min(show, len(sentences))))
    return Survey(size, len(sentences), len({form for found in words for form in found}), top, some)
