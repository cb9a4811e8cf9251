"""Each page speaks its own language, whatever the browser's: gradio's words, labels and titles included."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.reading import LOCALES, SENTENCES, address, sentence, until, wait

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_switching_the_language_keeps_the_sentence(open_page: Open, language: str) -> None:
    other = {"en": "ko", "ko": "en"}[language]
    page = open_page(address(language, "attention", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "attention", SENTENCES[language])
    page.locator(f"[data-language={other}]").click()
    until(page, "(other) => document.documentElement.lang === other", arg=other)
    wait(page, "attention", SENTENCES[language])
    assert sentence(page) == SENTENCES[language]


def test_the_korean_page_says_its_refusals_in_korean(visit: Open) -> None:
    page = visit(address("ko", "tokens"), locale="en-US")
    wait(page, "tokens")
    page.locator("#gb-sentence textarea").fill("")
    page.wait_for_selector("#stage-tokens .gb-refusal:not([hidden])")
    said = page.locator("#stage-tokens .gb-refusal").inner_text()
    assert re.search("[가-힣]", said) and not re.search("[A-Za-z]{2,}", said)
