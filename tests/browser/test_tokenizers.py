"""Tokenizers side by side: who tells capitals apart, whose vocabulary loses a word, and that both are said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import models
from tests.browser.reading import LOCALES, address, unfold, wait
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
BERT = "our-bert"
SAID = {"en": ("small letters", "lost as [UNK]"), "ko": ("소문자", "[UNK]으로 잃은")}


@pytest.fixture(scope="module")
def server(lab: App) -> App:
    """The app of a host who offers that model beside the others."""
    return lab


@pytest.mark.idea("C4")
@pytest.mark.parametrize("language", ["en", "ko"])
def test_cased_beside_uncased(visit: Open, our_bert: Path, language: str) -> None:
    """The same word with and without its capital: one id in the rows that say so, two in the others."""
    page = visit(address(language, "tokens", "Cat cat") + f"&model={BERT}", locale=LOCALES[language])
    wait(page, "tokens", "Cat cat")
    unfold(page, "beside")
    lowered, _ = SAID[language]
    rows = page.locator("[data-view=beside] .gb-tokens-row")
    names = rows.locator(".gb-tokens-name").all_text_contents()
    bundled = [entry.name for entry in models.CATALOG if entry.hub is None]
    assert set(", ".join(names).split(", ")) >= {BERT, *bundled}
    for row, name in zip(rows.all(), names, strict=True):
        if name.startswith("tiny-"):
            continue  # the lab's own, whose folders are not ours
        ids = row.locator(".gb-tokens-chip").evaluate_all("(chips) => chips.flatMap((e) => e.dataset.ids.split(','))")
        model = our_bert if name == BERT else name.split(", ")[0]
        assert tuple(map(int, ids)) == models.encode(model, "Cat cat")
        cut = models.encode(model, "cat")
        uncased = models.encode(model, "Cat") == cut and models.unknown_id(model) not in cut
        says = lowered in row.locator(".gb-tokens-note").inner_text()
        assert says == uncased == bool({BERT, "stories-bert"} & set(name.split(", ")))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_lost_word_is_shown_and_said(visit: Open, our_bert: Path, language: str) -> None:
    """Under [UNK] stands what it stood for, struck out; who chooses it is told that it is lost."""
    text = {"en": "a cat 뷁 sat", "ko": "나는 ขอบคุณ 했다"}[language]
    page = visit(address(language, "tokens", text) + f"&model={BERT}", locale=LOCALES[language])
    wait(page, "tokens", text)
    lost = text.split()[-2]
    chip = page.locator("[data-view=chips] .gb-tokens-chip[data-lost]")
    expect(chip).to_have_count(1)
    assert chip.get_attribute("data-lost") == lost and chip.locator("s").inner_text() == lost
    assert chip.locator(".gb-tokens-id").inner_text() == f"[UNK] {models.unknown_id(our_bert)}"
    chip.click()
    said = {"en": "not in the vocabulary", "ko": "어휘에 없"}[language]
    expect(page.locator("[data-view=chips] .gb-tokens-detail")).to_contain_text(said)
    assert said in (chip.get_attribute("aria-label") or "")
    unfold(page, "beside")
    expect(page.locator("[data-view=beside] .gb-tokens-note").first).to_contain_text(SAID[language][1])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_bert_looks_both_ways_and_no_mask_is_spoken_of(visit: Open, language: str) -> None:
    text = {"en": "a cat sat on a mat", "ko": "나는 밥을 먹었다"}[language]
    page = visit(address(language, "attention", text) + f"&model={BERT}", locale=LOCALES[language])
    wait(page, "attention", text)
    props = page.evaluate("glassbox.shown('attention', 'heads').props")
    assert props["model"] == BERT and not props["causal"]
    assert (props["labels"][0], props["labels"][-1]) == ("[CLS]", "[SEP]")
    page.evaluate("glassbox.set('attention', 'row', 1); glassbox.set('attention', 'column', 3)")
    readout = page.locator("#panel-attention .gb-heads-readout")
    expect(readout).to_have_attribute("data-column", "2")
    assert float(readout.get_attribute("data-value") or 0) > 0
