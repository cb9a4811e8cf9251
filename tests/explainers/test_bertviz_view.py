"""BertViz' drawing: the Trace's own numbers, our words, no address to fetch from, and no sentence in a script."""

import json
import re
from typing import Any

import numpy as np
import pytest

from explainers import attention, bertviz_view, frames
from explainers.contract import Html, Markdown
from explainers.words import words_for

EVIL = "</script><script>parent.document.title='x'</script></iframe>"


def page(trace: attention.Trace, form: str = "head", language: str = "en") -> str:
    view = attention.lines(trace, words_for("attention", language), form)
    assert isinstance(view, Html)
    return view.source("the-nonce")


def scripts(page: str) -> list[tuple[str, str]]:
    """(attributes, text) of each script, as a browser finds them: the first end tag ends it."""
    return re.findall(r"<script([^>]*)>(.*?)</script", page, re.DOTALL)


def facts(page: str) -> dict[str, Any]:
    return json.loads(next(text for attributes, text in scripts(page) if "json" in attributes))


def numbers(page: str) -> np.ndarray:
    found = re.findall(r'"attn": (\[.*?\]), "left_text"', page, re.DOTALL)
    assert len(found) == 1
    return np.array(json.loads(found[0]))


@pytest.mark.parametrize("form", ["head", "model"])
@pytest.mark.parametrize("kind", ["tiny", "tiny_bert"])
def test_the_numbers_are_the_traces(request: pytest.FixtureRequest, kind: str, form: str) -> None:
    trace = attention.trace("The bear saw a small bird", model=request.getfixturevalue(kind))
    made = page(trace, form)
    np.testing.assert_array_equal(numbers(made).astype(np.float32), trace.weights)
    assert facts(made)["labels"] == list(trace.labels)


@pytest.mark.parametrize("form", ["head", "model"])
def test_layers_and_heads_are_counted_from_one(tiny: str, form: str) -> None:
    made = page(attention.trace("a b", model=tiny), form)
    assert '"include_layers": [1, 2, 3]' in made and '"include_layers": [0' not in made
    assert form == "head" or '"include_heads": [1, 2]' in made


@pytest.mark.parametrize("form", ["head", "model"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_sentence_cannot_leave_its_script(tiny: str, form: str, language: str) -> None:
    """Four scripts and no more, all but the data with the nonce; the text stands in the data alone, without a <."""
    made = page(attention.trace(EVIL, model=tiny), form, language)
    found = scripts(made)
    assert [attributes.strip() for attributes, _ in found[1:]] == ['nonce="the-nonce"'] * 3
    assert "<" not in found[0][1] and "".join(facts(made)["labels"]).startswith("<")
    rest = made.replace(found[0][1], "").replace(frames.libraries(), "")
    assert "parent.document" not in rest and "</iframe>" not in rest and "token 0" not in rest


@pytest.mark.parametrize("form", ["head", "model"])
def test_nothing_is_fetched(tiny: str, form: str) -> None:
    made = page(attention.trace("a b", model=tiny), form)
    own = made.replace(frames.libraries(), "")
    assert "http" not in own and "src=" not in own and "@import" not in own


@pytest.mark.parametrize("form", ["head", "model"])
def test_its_own_words_are_in_the_pages_language(tiny: str, form: str) -> None:
    made = page(attention.trace("a b", model=tiny), form, "ko")
    own = made.replace(frames.libraries(), "")
    assert not re.findall(r"[>\"'](?:Layer|Head)s?[:\s\"',]", own)
    assert set(words_for("attention", "ko").raw("views.lines.words").values()) == set(facts(made)["words"].values())
    assert '<html lang="ko" translate="no">' in made


@pytest.mark.parametrize("name", bertviz_view.WORDS)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_its_words_are_there(name: str, language: str) -> None:
    assert name in words_for("attention", language).raw("views.lines.words")


def test_at_most_64_tokens_and_it_is_said(tiny: str) -> None:
    """A longer sentence is refused in this view alone."""
    fitting = attention.trace("a" * 64, model=tiny)
    assert len(fitting.ids) == 64 and isinstance(attention.lines(fitting), Html)
    weights = np.repeat(np.repeat(fitting.weights, 2, 2), 2, 3)
    longer = attention.Trace("", "", np.zeros(128, np.int64), fitting.labels * 2, weights, True, (1, 2, 3))
    said = attention.lines(longer, words_for("attention", "en"))
    assert isinstance(said, Markdown) and "64" in said.text and "128" in said.text
    assert attention.heads(longer) and attention.numbers(longer)


def test_a_change_that_is_not_found_is_a_bug() -> None:
    with pytest.raises(ValueError, match="2 times"):
        bertviz_view.once("a a", "a", "b")


def test_nothing_is_drawn_until_it_is_asked_for(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = attention.trace("a b", model=tiny)
    monkeypatch.setattr(bertviz_view, "drawn", lambda *given: 1 / 0)
    view = attention.lines(trace)
    assert isinstance(view, Html)
    with pytest.raises(ZeroDivisionError):
        view.source("")


def test_nine_digits_name_each_float32() -> None:
    values = np.random.default_rng(0).random(20_000, dtype=np.float32) ** 9
    np.testing.assert_array_equal(bertviz_view.short(values).astype(np.float32), values)
