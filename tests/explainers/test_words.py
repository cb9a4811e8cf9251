"""Words: looked up by dotted keys, filled with facts, and visible where they are missing."""

import pytest

from explainers.words import LANGUAGES, NO_WORDS, Words, words_for

WORDS = Words("bank", "en", {"title": "Banks", "formula": r"$\frac{a}{b}$", "views": {"map": {"title": "{n} banks"}}})


def test_lookup() -> None:
    assert WORDS("title") == "Banks"
    assert WORDS("views.map.title", n=2) == "2 banks"
    assert WORDS("formula") == r"$\frac{a}{b}$"
    assert WORDS.raw("views.map") == {"title": "{n} banks"}
    assert WORDS.raw("views.map.title.deeper") is None


def test_a_missing_text_shows_its_key() -> None:
    assert WORDS("views.map.caption", n=2) == "views.map.caption" == WORDS("views.map.caption")
    assert WORDS("views.map") == "views.map"
    assert NO_WORDS("views.reach.axes.head") == "head"
    assert NO_WORDS.columns("numbers", "first_weight") == ("first weight",)


def test_languages_come_english_first() -> None:
    assert LANGUAGES[:2] == ("en", "ko")


def test_only_languages_that_are_there() -> None:
    with pytest.raises(ValueError):
        words_for("tokens", "../en")
