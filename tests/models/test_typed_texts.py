"""The texts that models are measured on: as many and as long as they should be, in two halves, none told twice."""

from __future__ import annotations

import re
import unicodedata

import pytest

from models.recipes import typed_texts

SENTENCE_END = re.compile(r"[.!?…~](?=[\"”'’)]*(?:\s|$))|\n|[^.!?…~\"”'’)]$")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_there_are_160_short_texts_in_two_halves(language: str) -> None:
    halves = [typed_texts.short_texts(language, "choosing"), typed_texts.short_texts(language, "reporting")]
    every = halves[0] + halves[1]
    assert len(every) == 160 and len(set(every)) == 160
    assert all(60 <= len(half) <= 100 for half in halves)
    for text in every:
        assert text == unicodedata.normalize("NFC", text)
        assert 2 <= len(SENTENCE_END.findall(text)) <= 14, text


@pytest.mark.parametrize(("language", "size"), [("en", 8), ("ko", 8)])
def test_no_two_texts_say_the_same(language: str, size: int) -> None:
    seen: dict[tuple[str, ...], str] = {}
    halves: tuple[typed_texts.Half, ...] = ("choosing", "reporting")
    for half in halves:
        for text in typed_texts.short_texts(language, half):
            words = text.split()
            for i in range(len(words) - size + 1):
                assert seen.setdefault(tuple(words[i : i + size]), text) == text


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_opening_has_words_that_make_sense(language: str) -> None:
    found = typed_texts.openings(language)
    assert len(found) == 200 and len({opening for opening, _ in found}) == 200
    for opening, words in found:
        assert opening == opening.strip() and 3 <= len(words) <= 25, opening
        assert all(word and len(word.split()) == 1 for word in words), opening


def test_a_text_keeps_its_half_however_it_is_broken() -> None:
    text = typed_texts.short_texts("en", "reporting")[0]
    assert typed_texts.half_of(text.replace(" ", "\n")) == "reporting"
