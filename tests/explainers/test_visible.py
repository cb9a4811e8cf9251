"""Words as runs of tokens: each token in one word, no character cut, and windows that end where they should."""

from __future__ import annotations

from itertools import pairwise

import pytest

import models
from explainers.visible import doublings, first_visible, spread, word_at, words_of

TEXTS = {
    "the cat  sat,\non the mat. ": ["the", "cat", "sat,", "on", "the", "mat.", "␣"],
    " 고양이가 잔다 🙂": ["고양이가", "잔다", "🙂"],
    "a": ["a"],
    "   ": ["␣"],
    "👨‍👩‍👧 뷁뷁": ["👨‍👩‍👧", "뷁뷁"],
}


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_between_white_space(text: str, tiny: str) -> None:
    pieces = models.pieces(tiny, models.encode(tiny, text))
    words = words_of(pieces)
    whole = [word.text for word in words if word.text != "␣"]
    assert whole == text.split()
    assert [place for word in words for place in range(word.start, word.stop)] == list(range(len(pieces)))
    for word in words:  # no character is cut
        b"".join(piece.data for piece in pieces[word.start : word.stop]).decode()


def test_a_special_token_is_a_word_of_its_own(tiny: str) -> None:
    ids = (*models.encode(tiny, "the cat"), 0, *models.encode(tiny, "the"))
    assert [word.text for word in words_of(models.pieces(tiny, ids))] == ["the", "cat", "<|endoftext|>", "the"]


def test_a_window_ends_at_its_token_and_begins_where_a_word_does(tiny: str) -> None:
    words = words_of(models.pieces(tiny, models.encode(tiny, "once upon a time there was")))
    for token in range(words[-1].stop):
        own = word_at(words, token)
        assert words[own].start <= token < words[own].stop
        assert [first_visible(words, token, count) for count in (1, 2, 99)] == [
            words[own].start,
            words[max(0, own - 1)].start,
            0,
        ]


@pytest.mark.parametrize("count", range(1, 70))
def test_doublings_end_with_all_of_them(count: int) -> None:
    found = doublings(count)
    assert found[-1] == count and sorted(set(found)) == list(found)
    assert all(later <= 2 * earlier for earlier, later in pairwise(found))


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 64, 100])
def test_what_is_spread_holds_both_ends_and_nothing_twice(count: int) -> None:
    found = spread(count, 32)
    assert len(found) == min(count, 32) and found[0] == 0 and found[-1] == count - 1
    assert sorted(set(found)) == list(found)
