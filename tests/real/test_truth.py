"""What pages show of a real model is the model's own: against plain transformers on the same files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page

from models.entry import Entry
from tests.browser.reading import LOCALES, SENTENCES, address, answer, numbers, wait
from tests.real.plain import Real

pytestmark = [pytest.mark.real, pytest.mark.browser]
Open = Callable[..., Page]
EACH = pytest.mark.parametrize("language", ["en", "ko"])

# Unfinished sentences, each with the pieces that make sense next, of which one is among the five likeliest.
NEXT = {
    "en": (("Roses are red, violets are", {"blue"}), ("The capital of Korea is", {"Seoul", "the"})),
    "ko": (("손흥민이 골을", {"넣", "터", "기"}), ("나는 학교에", {"다니", "가", "들어가", "갔"})),
}


def shown(visit: Open, entry: Entry, language: str, tab: str, text: str | None = None) -> Page:
    """The tab with the answer of the model in it."""
    text = SENTENCES[language] if text is None else text
    page = visit(address(language, tab, text, model=entry.name), locale=LOCALES[language])
    wait(page, tab, text)
    return page


@EACH
def test_tokens_are_the_tokenizers_own(visit: Open, entry: Entry, plain: Real, language: str) -> None:
    page = shown(visit, entry, language, "tokens")
    ids = page.locator("#stage-tokens section .gb-tokens-id").all_inner_texts()
    # an id stands alone, or behind the name of a special token
    assert [int(text.split()[-1].replace(",", "")) for text in ids] == plain.ids(SENTENCES[language])


@EACH
def test_attention_is_the_models_own(visit: Open, entry: Entry, plain: Real, language: str) -> None:
    page = shown(visit, entry, language, "attention")
    packed = answer(page, "attention", "heads")["props"]["weights"]
    weights = np.array(numbers(page, packed)).reshape(packed["shape"])
    expected = plain.attention(SENTENCES[language])
    assert weights.shape == expected.shape
    assert np.abs(weights - expected).max() < 1e-5


@EACH
def test_neighbours_are_the_nearest_of_the_whole_table(visit: Open, entry: Entry, plain: Real, language: str) -> None:
    page = shown(visit, entry, language, "embeddings")
    meta = answer(page, "embeddings", "picture")["props"]["figure"]["layout"]["meta"]
    assert meta["chosen"] in plain.ids(SENTENCES[language])
    listed = [row["data"] for row in meta["near"]["rows"]]
    expected, cosines = plain.neighbours(meta["chosen"], len(listed))
    assert len(listed) == 12 and listed == expected
    assert page.locator("#stage-embeddings .gb-beside-value").first.inner_text() == f"{cosines[0]:.2f}"


@EACH
def test_the_distribution_is_the_models_own(visit: Open, writer: Entry, plain: Real, language: str) -> None:
    page = shown(visit, writer, language, "sampling")
    logits = np.array(numbers(page, answer(page, "sampling", "candidates")["props"]["logits"]))
    expected = plain.logits(SENTENCES[language])[-1]
    assert logits.shape == expected.shape
    assert np.abs(logits - expected).max() < 1e-5 * np.abs(expected).max()


@EACH
def test_sensible_words_come_next(visit: Open, writer: Entry, language: str) -> None:
    if language not in writer.languages:
        pytest.fail(f"{writer.name} reads no {language}: say here what it is to go on with")
    for text, sensible in NEXT[language]:
        page = shown(visit, writer, language, "sampling", text)
        names = page.locator("#stage-sampling .gb-candidates-bars li:not([hidden]) .gb-candidates-name")
        five = {name.strip("␣ ").strip() for name in names.all_inner_texts()[:5]}
        assert five & sensible, five
