"""The words of a sentence as runs of tokens: what is left to see when only the last few are, or when one is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import models


@dataclass(frozen=True)
class Word:
    """A word: its tokens from `start` to before `stop`, and the text that they make, without the space before it."""

    start: int
    stop: int
    text: str


def words_of(pieces: Sequence[models.Piece]) -> tuple[Word, ...]:
    """The words that the pieces make, in order: each piece is in exactly one.

    A word begins where white space does; signs after a word belong to it. A special token is a word of its own, and a
    character cut over several tokens stays whole.
    """
    found: list[Word] = []
    start, text = 0, ""
    for group in models.groups(pieces):
        special = pieces[group.start].special
        after_special = bool(group.start) and pieces[group.start - 1].special
        parted = bool(text.strip()) and (group.text[:1].isspace() or text[-1].isspace())
        if group.start and (special or after_special or parted):
            found.append(Word(start, group.start, shown(text)))
            start, text = group.start, ""
        text += group.text
    return (*found, Word(start, len(pieces), shown(text))) if pieces else ()


def shown(text: str) -> str:
    """A word without the white space around it; white space alone as one sign."""
    return " ".join(text.split()) or "\u2423"


def word_at(words: Sequence[Word], token: int) -> int:
    """Which word, counted from 0, holds the token."""
    return next(place for place, word in enumerate(words) if word.start <= token < word.stop)


def first_visible(words: Sequence[Word], token: int, count: int) -> int:
    """The first token that is seen from `token` when its own word and those before it, `count` in all, are visible."""
    return words[max(0, word_at(words, token) - count + 1)].start


def doublings(count: int) -> tuple[int, ...]:
    """1, 2, 4, … below count, and count itself: how many words to show in turn.

    >>> doublings(6), doublings(4), doublings(1)
    ((1, 2, 4, 6), (1, 2, 4), (1,))
    """
    return (*(2**power for power in range(count.bit_length()) if 2**power < count), count)


def spread(count: int, most: int) -> tuple[int, ...]:
    """All of 0 … count - 1, or `most` of them evenly spread, the first and the last among them.

    >>> spread(3, 5), spread(9, 3)
    ((0, 1, 2), (0, 4, 8))
    """
    if count <= most:
        return tuple(range(count))
    return tuple(round(place * (count - 1) / (most - 1)) for place in range(most))


def place_of(position: int, count: int) -> int:
    """The place, from 0, of a token that is named by its position from 1 on; 0 and all past the last mean the last.

    >>> place_of(1, 5), place_of(0, 5), place_of(99, 5)
    (0, 4, 4)
    """
    return min(position or count, count) - 1
