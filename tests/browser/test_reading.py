"""What a person reads off the screen by pointing: cells of an attention map, stations of the strip."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.plain import Plain
from tests.browser.reading import LOCALES, MODELS, SENTENCES, address, sentence, until, wait

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]


def geometry(canvas: Locator, *names: str) -> list[float]:
    """Numbers that a canvas tells of itself."""
    return [float(canvas.get_attribute(f"data-{name}") or "nan") for name in names]


@pytest.mark.idea("C14")
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_head_is_picked_and_its_cells_are_the_models_own(visit: Open, language: str) -> None:
    page = visit(address(language, "attention", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "attention", SENTENCES[language])
    overview = page.locator(".gb-heads canvas[data-side]").first
    left, top, side = geometry(overview, "left", "top", "side")
    overview.click(position={"x": left + 6.5 * side, "y": top + 1.5 * side})
    until(page, "[2, 7].join() === ['layer', 'head'].map((c) => glassbox.state.controls.attention[c]).join()")
    weights = Plain(MODELS[language]).attention(SENTENCES[language])[1, 6]
    detail = page.locator(".gb-heads canvas[data-row]").first
    for row, column in ((0, 0), (5, 2), (7, 7), (9, 1)):
        left, top, width, height = geometry(detail, "left", "top", "width", "height")
        detail.hover(position={"x": left + (column + 0.5) * width, "y": top + (row + 0.5) * height})
        readout = page.locator(".gb-heads-readout")
        expect(readout).to_have_attribute("data-row", str(row))
        expect(readout).to_have_attribute("data-column", str(column))
        shown = float(readout.get_attribute("data-value") or "nan")
        assert abs(shown - weights[row, column]) < 1e-5
        if shown < 0.9999:
            assert f"{100 * shown:.4g}"[:4] in readout.inner_text()
    detail.click(position={"x": left + 3.5 * width, "y": top + 6.5 * height})
    until(page, "[7, 4].join() === ['row', 'column'].map((c) => glassbox.state.controls.attention[c]).join()")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_strip_tells_the_models_own_story_and_leads_to_the_tabs(visit: Open, language: str) -> None:
    page = visit(address(language, "tokens", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "tokens", SENTENCES[language])
    plain = Plain(MODELS[language])
    expect(page.locator("[data-station=sentence] .gb-station-text")).to_have_text(SENTENCES[language])
    chips = page.locator("[data-station=tokens] .gb-s-chip").count()
    assert chips == min(12, len(plain.ids(SENTENCES[language])))
    best = plain.probabilities(SENTENCES[language])[-1]
    first = page.locator("[data-station=next] .gb-s-next").first.inner_text()
    assert f"{100 * best.max():.2f}%" in first
    bars = page.locator("[data-station=attention] .gb-s-bar").evaluate_all("(bars) => bars.map((b) => b.style.height)")
    last = plain.attention(SENTENCES[language])[-1].mean(0)[-1]
    assert int(np.argmax([float(height[:-1]) for height in bars])) == int(np.argmax(last[-24:]))
    for station, tab in (("attention", "attention"), ("next", "sampling"), ("tokens", "tokens")):
        page.locator(f"[data-station={station}]").click()
        wait(page, tab, SENTENCES[language])
        assert page.locator(f"#panel-{tab}").is_visible()
    assert sentence(page) == SENTENCES[language]


def test_the_strip_goes_back_to_the_sentence_of_a_tab_that_was_answered_before(visit: Open) -> None:
    page = visit(address("en", "tokens", "one"))
    wait(page, "tokens", "one")
    visit(address("en", "sampling", "another"))
    wait(page, "sampling", "another")
    shown = page.locator("[data-station=sentence] .gb-station-text")
    expect(shown).to_have_text("another")
    visit(address("en", "tokens", "one"))  # which this tab shows already
    expect(shown).to_have_text("one")


def test_the_answer_to_an_older_question_leaves_the_strip_alone(visit: Open) -> None:
    page = visit(address("en", "tokens", SENTENCES["en"]))
    wait(page, "tokens", SENTENCES["en"])
    shown = page.evaluate(
        """() => [1, 3, 2, 4].reduce(([read, strip, hear, props], n) => {
            props.value = JSON.stringify({ n, values: { text: `text ${n}`, refusal: "No." } });
            hear();
            return [[...read, strip.querySelector(".gb-station-text").textContent], strip, hear, props];
        }, (() => {
            const [strip, props] = [document.createElement("div"), {}];
            let hear;
            glassbox.strip(strip, (_, heard) => { hear = heard; }, props);
            return [[], strip, hear, props];
        })())[0]"""
    )
    assert shown == ["text 1", "text 3", "text 3", "text 4"]


def test_the_strip_says_so_when_it_cannot_follow(visit: Open) -> None:
    page = visit(address("en", "tokens", "word " * 700))
    wait(page, "tokens")
    many = page.locator("#stage-tokens .gb-tokens-chip").first.get_attribute("aria-setsize")
    assert int(many or 0) > 500  # no limit of the model's cuts the tokens
    expect(page.locator(".gb-strip-refusal")).to_contain_text("512")
