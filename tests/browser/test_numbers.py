"""What is shown is the model's own: each number on the page against a plain transformers computation made here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from explainers import sampling
from explainers.chance import draw, u
from tests.browser.plain import Plain
from tests.browser.reading import LOCALES, MODELS, SENTENCES, address, answer, numbers, until, wait, write

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]


@pytest.fixture(scope="module", params=["en", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def plain(language: str) -> Plain:
    return Plain(MODELS[language])


@pytest.mark.idea("C1")
def test_tokens_are_the_tokenizers_own(visit: Open, language: str, plain: Plain) -> None:
    page = visit(address(language, "tokens"), locale=LOCALES[language])
    wait(page, "tokens")
    write(page, SENTENCES[language])
    wait(page, "tokens", SENTENCES[language])
    shown = page.locator("#stage-tokens section .gb-tokens-id").all_inner_texts()
    assert [int(text.replace(",", "")) for text in shown] == plain.ids(SENTENCES[language])


@pytest.mark.idea("C14")
def test_attention_is_the_models_own(visit: Open, language: str, plain: Plain) -> None:
    page = visit(address(language, "attention", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "attention", SENTENCES[language])
    packed = answer(page, "attention", "heads")["props"]["weights"]
    weights = np.array(numbers(page, packed)).reshape(packed["shape"])
    expected = plain.attention(SENTENCES[language])
    assert weights.shape == expected.shape
    assert np.abs(weights - expected).max() < 1e-5


@pytest.mark.idea("C23")
def test_the_distribution_is_the_models_own(visit: Open, language: str, plain: Plain) -> None:
    page = visit(address(language, "sampling", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "sampling", SENTENCES[language])
    logits = np.array(numbers(page, answer(page, "sampling", "candidates")["props"]["logits"]))
    expected = plain.logits(SENTENCES[language])[-1]
    assert np.abs(logits - expected).max() < 1e-5 * np.abs(expected).max()
    first = page.locator("#stage-sampling .gb-candidates-row").first.inner_text()
    best = plain.probabilities(SENTENCES[language])[-1].max()
    assert f"{100 * best:.2f}%" in first.replace(" ", "")


@pytest.mark.idea("C25")
@pytest.mark.parametrize(
    "rule",
    [
        {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "greedy": False},
        {"temperature": 0.3, "top_k": 0, "top_p": 1.0, "greedy": False},
        {"temperature": 2.5, "top_k": 7, "top_p": 1.0, "greedy": False},
        {"temperature": 0.8, "top_k": 0, "top_p": 0.6, "greedy": False},
        {"temperature": 1.3, "top_k": 50, "top_p": 0.9, "greedy": False},
        {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "greedy": True},
    ],
)
def test_the_browser_computes_what_python_does(visit: Open, language: str, plain: Plain, rule: dict[str, Any]) -> None:
    page = visit(address(language, "sampling", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "sampling", SENTENCES[language])
    packed = answer(page, "sampling", "candidates")["props"]["logits"]
    script = """async ([packed, rule]) => Array.from(glassbox.distribution(await glassbox.unpack(packed), rule))"""
    shown = np.array(page.evaluate(script, [packed, rule]))
    logits = plain.logits(SENTENCES[language])[-1]
    expected = sampling.distribution(np.array(numbers(page, packed), np.float32), **rule)
    assert np.abs(shown - expected).max() < 1e-12
    assert np.abs(shown - sampling.distribution(logits, **rule)).max() < 1e-5
    assert (shown > 0).sum() == (expected > 0).sum()


def test_chance_is_the_same_in_both(visit: Open) -> None:
    page = visit("/")
    page.wait_for_selector("body[data-ready]")
    cases = [(seed, step) for seed in (0, 1, 7, 9999) for step in (0, 1, 2, 50)]
    shown = page.evaluate("(cases) => cases.map(([seed, step]) => glassbox.u(seed, step))", cases)
    assert shown == [u(seed, step) for seed, step in cases]
    shares = [0.0, 0.25, 0.0, 0.5, 0.25, 0.0]
    script = "([shares, us]) => us.map((x) => glassbox.draw(Float64Array.from(shares), x))"
    us = [0.0, 0.2499, 0.25, 0.7, 0.75, 0.999999]
    assert page.evaluate(script, [shares, us]) == [draw(np.array(shares), x) for x in us]


@pytest.mark.idea("C26")
def test_the_same_seed_draws_the_same_ids_in_both(visit: Open, language: str) -> None:
    beginning = SENTENCES[language].rpartition(" ")[0]  # no end yet, at which writing would stop
    page = visit(address(language, "sampling", beginning, sampling__seed=42), locale=LOCALES[language])
    wait(page, "sampling", beginning)
    for count in (1, 2, 3):
        page.locator(".gb-candidates-actions button").first.click()
        until(page, "(n) => glassbox.state.controls.sampling.ids.length === n", arg=count)
        wait(page, "sampling")
    drawn = page.evaluate("glassbox.state.controls.sampling.ids")
    assert drawn == list(sampling.trace(beginning, model=MODELS[language], write=3, seed=42).ids)
