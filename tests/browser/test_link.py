"""A link holds the whole state; Back, Reset, and a link with nonsense in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from explainers import sampling
from tests.browser.plain import Plain
from tests.browser.reading import (
    LOCALES,
    MODELS,
    SENTENCES,
    address,
    drawn,
    in_turn,
    sentence,
    unfold,
    until,
    wait,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]

SCREEN = """(tab) => [
    document.querySelector("#gb-sentence textarea").value,
    document.querySelector("#gb-model input").value,
    [...document.querySelector(`#stage-${tab} section .gb-card-body`).querySelectorAll(":scope *")]
        .filter((e) => !e.children.length && !e.closest("[role=status]")).map((e) => e.textContent),
    JSON.stringify(glassbox.state),
]"""


def copied(page: Page) -> str:
    """What the copy button puts on the clipboard."""
    page.locator("[data-act=copy]").click()
    until(page, "document.getElementById('gb-note').textContent !== ''")
    return str(page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.parametrize(("tab", "language"), in_turn(["tokens", "attention", "sampling"]))
def test_a_copied_link_shows_the_same_screen(visit: Open, open_page: Open, language: str, tab: str) -> None:
    page = visit(address(language, tab), locale=LOCALES[language])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wait(page, tab)
    write(page, SENTENCES[language])
    wait(page, tab, SENTENCES[language])
    if tab == "attention":
        page.evaluate("glassbox.set('attention', 'layer', 2); glassbox.set('attention', 'head', 7)")
    if tab == "sampling":
        page.locator(".gb-candidates-actions button").first.click()
        until(page, "glassbox.state.controls.sampling.ids.length === 1")
        page.evaluate("glassbox.set('sampling', 'temperature', 0.65); glassbox.set('sampling', 'top_k', 12)")
    wait(page, tab, SENTENCES[language])
    drawn(page)
    screen = page.evaluate(SCREEN, tab)
    url = copied(page)
    other = open_page(url[url.index("/", 8) :], locale=LOCALES[language])
    wait(other, tab, SENTENCES[language])
    drawn(other)
    assert other.evaluate(SCREEN, tab) == screen


def cut_syllable() -> tuple[str, list[int]]:
    """A sentence, and ids to append to it that end inside a Hangul syllable."""
    tokenizer = Plain("ko-gpt").tokenizer
    for syllable in "뷁쒧껆뙑횽":
        ids = tokenizer(syllable)["input_ids"]
        if len(ids) > 1:
            return "아이가 노래를", ids[:-1]
    raise AssertionError("no syllable is cut by this tokenizer")


def test_ids_that_end_inside_a_syllable_survive_a_link(visit: Open, open_page: Open) -> None:
    text, ids = cut_syllable()
    path = address("ko", "sampling", text, sampling__ids=",".join(map(str, ids)))
    page = visit(path, locale="en-US")
    wait(page, "sampling", text)
    assert page.evaluate("glassbox.state.controls.sampling.ids") == ids
    url = page.evaluate("glassbox.address(glassbox.state)")
    other = open_page(url[url.index("/", 8) :], locale="en-US")
    wait(other, "sampling", text)
    assert other.evaluate("glassbox.state.controls.sampling.ids") == ids
    best = int(sampling.trace(text, model=MODELS["ko"], ids=ids).logits.argmax())
    other.locator(".gb-candidates-row button, button.gb-candidates-row").first.click()
    until(other, "(n) => glassbox.state.controls.sampling.ids.length === n", arg=len(ids) + 1)
    assert other.evaluate("glassbox.state.controls.sampling.ids") == [*ids, best]


def unfolded(page: Page, tab: str) -> list[str]:
    """What is open on a tab: pictures and explanations."""
    return list(
        page.evaluate(
            """(tab) => [
                ...document.querySelectorAll(`#stage-${tab} details[open]`),
                ...document.querySelectorAll(`#panel-${tab} .gb-fold:has(.label-wrap.open)`),
            ].map((fold) => fold.dataset.view ?? fold.id)""",
            tab,
        )
    )


@pytest.mark.parametrize("language", ["en", "ko"])
def test_what_is_unfolded_is_in_the_link(visit: Open, open_page: Open, language: str) -> None:
    page = visit(address(language, "attention", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "attention", SENTENCES[language])
    unfold(page, "numbers")
    page.locator("#fold-attention-formula button").click()
    until(page, "glassbox.parse(location.hash).state.open.attention.join() === 'numbers,formula'")
    url = page.evaluate("glassbox.address(glassbox.state)")
    other = open_page(url[url.index("/", 8) :], locale=LOCALES[language])
    other.wait_for_selector("#stage-attention [data-view=numbers][open][data-filled]", state="attached")
    other.wait_for_selector("#fold-attention-formula .label-wrap.open")
    assert unfolded(other, "attention") == ["numbers", "fold-attention-formula"]
    assert other.locator("#fold-attention-formula .katex").first.is_visible()
    other.locator("#stage-attention [data-view=numbers] summary").click()
    until(other, "!location.hash.includes('numbers')")
    other.locator("[data-act=reset]").click()
    wait(other, "attention")
    until(other, "!document.querySelector('#panel-attention .label-wrap.open')")
    assert unfolded(other, "attention") == []


def test_a_fold_that_is_none_is_left_out(visit: Open) -> None:
    page = visit(address("en", "tokens", "ok", tokens__open="formula,nothing"), locale="en-US")
    wait(page, "tokens", "ok")
    page.wait_for_selector("#fold-tokens-formula .label-wrap.open")
    assert page.locator("#gb-note").inner_text() and unfolded(page, "tokens") == ["fold-tokens-formula"]


def test_back_returns_to_the_tab_before(open_page: Open) -> None:
    page = open_page("/", locale="en-US")
    wait(page, "tokens")
    write(page, SENTENCES["en"])
    wait(page, "tokens", SENTENCES["en"])
    page.locator(".gb-tab[data-tab=attention]").click()
    wait(page, "attention", SENTENCES["en"])
    page.locator(".gb-tab[data-tab=sampling]").click()
    wait(page, "sampling", SENTENCES["en"])
    page.go_back()
    wait(page, "attention", SENTENCES["en"])
    assert page.locator("#panel-attention").is_visible() and not page.locator("#panel-sampling").is_visible()
    page.go_back()
    wait(page, "tokens", SENTENCES["en"])
    assert page.locator("#panel-tokens").is_visible() and sentence(page) == SENTENCES["en"]


def test_reset_brings_the_first_screen_back(visit: Open) -> None:
    page = visit("/", locale="en-US")
    wait(page, "tokens")
    first = sentence(page)
    write(page, SENTENCES["en"])
    wait(page, "tokens", SENTENCES["en"])
    page.locator("[data-act=reset]").click()
    wait(page, "tokens", first)
    assert sentence(page) == first and "#" not in page.url


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nonsense_in_a_link_is_said_and_left_out(visit: Open, language: str) -> None:
    bad = "sampling.temperature=NaN&sampling.ids=1,x&model=../../etc&foo=bar&sampling.top_k=1e9&%zz=1"
    nonsense = f"tab=sampling&text=ok&{bad}"
    page = visit(address(language, "x").partition("#")[0] + "#" + nonsense, locale=LOCALES[language])
    wait(page, "sampling", "ok")
    assert page.locator("#gb-note").inner_text()
    state = page.evaluate("glassbox.state")
    assert state["model"] == MODELS[language]
    assert state["controls"]["sampling"] == page.evaluate("glassbox.defaults().controls.sampling")


def test_a_link_that_would_be_too_long_is_refused_in_a_sentence(visit: Open) -> None:
    page = visit("/", locale="en-US")
    wait(page, "tokens")
    write(page, "word " * 1900)
    page.wait_for_timeout(500)
    page.locator("[data-act=copy]").click()
    until(page, "document.getElementById('gb-note').dataset.kind === 'bad'")
    assert "8000" in page.locator("#gb-note").inner_text().replace(",", "")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_link_to_a_real_model_that_is_not_here_says_so_and_shows_the_nearest(open_page: Open, language: str) -> None:
    start, text = address(language, "attention").partition("#")[0], SENTENCES[language]
    page = open_page(f"{start}#tab=attention&text={text}&model=gemma-3-270m", locale=LOCALES[language])
    wait(page, "attention", text)
    drawn(page)
    note = page.locator("#gb-note").inner_text()
    assert "gemma-3-270m" in note and MODELS[language] in note
    assert page.locator("#gb-model input").input_value() == MODELS[language] and "gemma" not in page.url
