"""Each page speaks its own language, whatever the browser's: gradio's words, labels and titles included."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from explainers import ALL
from tests.browser.reading import LOCALES, SENTENCES, address, sentence, unfold_all, wait

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]

ALLOWED = set((Path(__file__).parent / "latin.txt").read_text(encoding="utf-8").split())
TABS = tuple(explainer.name for explainer in ALL)

# All that a person can see or hear, formulas apart, and apart from a model's own tokens: what is marked translate="no",
# and in a component, which is marked as a whole, what stands for a token.
VISIBLE = """() => {
    document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
    const tokens = ".gb-candidates-row, .gb-candidates-record li, .gb-candidates-written, .textpoint, .xtick, .ytick";
    const unseen = ".katex, script, style, noscript, .gb-hidden, .toast-wrap";
    const data = `[translate=no]:not(.gb-component), ${tokens}, ${unseen}`;
    const seen = [];
    const walk = (node) => {
        if (node.nodeType === Node.TEXT_NODE) { seen.push(node.textContent); return; }
        if (node.nodeType !== Node.ELEMENT_NODE) return;
        if (node.matches(data)) { node.querySelectorAll("[translate=yes]").forEach(walk); return; }
        const style = getComputedStyle(node);
        if (style.display === "none" || style.visibility === "hidden") return;
        for (const name of ["aria-label", "title", "placeholder", "alt"]) seen.push(node.getAttribute(name) ?? "");
        if (node.matches("textarea, input[type=text], input[role=combobox]")) seen.push(node.value);
        node.childNodes.forEach(walk);
    };
    walk(document.body);
    return [document.title, document.documentElement.lang, ...seen].join("\\n");
}"""


def visible(page: Page, tab: str) -> str:
    """Everything visible on a tab with all its folds open."""
    if tab != "about":
        wait(page, tab)
        for fold in page.locator(f"#panel-{tab} .gb-fold button").all():
            fold.click()
    unfold_all(page)
    return str(page.evaluate(VISIBLE))


@pytest.mark.parametrize("tab", [*TABS, "about"])
def test_no_latin_word_on_the_korean_page(open_page: Open, tab: str) -> None:
    page = open_page(address("ko", tab, SENTENCES["ko"]), locale="en-US")
    page.wait_for_selector("body[data-ready]")
    words = set(re.findall(r"[A-Za-z]{2,}", visible(page, tab)))
    assert not words - ALLOWED, sorted(words - ALLOWED)


@pytest.mark.parametrize("tab", [*TABS, "about"])
def test_no_hangul_on_the_english_page(open_page: Open, tab: str) -> None:
    page = open_page(address("en", tab, SENTENCES["en"]), locale="ko-KR")
    page.wait_for_selector("body[data-ready]")
    text = visible(page, tab).replace("한국어", "")  # the link to the Korean page
    assert not re.findall(r"[ㄱ-ㆎ가-힣]+", text)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_switching_the_language_keeps_the_sentence(open_page: Open, language: str) -> None:
    other = {"en": "ko", "ko": "en"}[language]
    page = open_page(address(language, "attention", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "attention", SENTENCES[language])
    page.locator(f"[data-language={other}]").click()
    page.wait_for_function("(other) => document.documentElement.lang === other", arg=other)
    wait(page, "attention", SENTENCES[language])
    assert sentence(page) == SENTENCES[language]


def test_the_korean_page_says_its_refusals_in_korean(open_page: Open) -> None:
    page = open_page(address("ko", "tokens"), locale="en-US")
    wait(page, "tokens")
    page.locator("#gb-sentence textarea").fill("")
    page.wait_for_selector("#stage-tokens .gb-refusal:not([hidden])")
    said = page.locator("#stage-tokens .gb-refusal").inner_text()
    assert re.search("[가-힣]", said) and not re.search("[A-Za-z]{2,}", said)
