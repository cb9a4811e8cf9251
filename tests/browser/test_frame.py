"""The frame with BertViz' drawing: no sentence breaks out of it, it cannot reach the page, its numbers are right."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.reading import FILLED, LOCALES, PATHS, SENTENCES, address, answer, in_turn, numbers, until, wait
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]

EVIL = (
    "</script><img src=x onerror=top.x=1>",
    "</iframe>--><svg onload=top.x=1>$nonce",
)
PATIENCE = 90_000  # ms: thousands of lines, drawn by a busy processor
CARD = "#panel-attention [data-view=lines]"
TEXTS = "() => [...document.querySelectorAll('text, option, select, span')].map((e) => e.textContent)"


def unfolded(page: Page, form: str = "head") -> Frame:
    """The frame, once it is drawn."""
    card = page.locator(CARD)
    if card.get_attribute("open") is None:
        card.locator("summary").click()
    page.wait_for_selector(f"{CARD}[open]{FILLED}", timeout=PATIENCE)
    if form != "head":
        # by the key: just after a scroll, Chromium may still hand a press of the mouse to the frame that was there
        card.locator(f"[data-option={form}]").press("Enter")
    element = page.wait_for_selector(f"{CARD}{FILLED} iframe[data-url*='.{form}']", timeout=PATIENCE)
    assert element
    element.scroll_into_view_if_needed()  # it is loaded when it comes into view
    frame = element.content_frame()
    assert frame
    frame.wait_for_selector("svg line", state="attached", timeout=PATIENCE)
    return frame


@pytest.mark.parametrize(("text", "language"), in_turn(EVIL))
def test_a_sentence_runs_no_script_and_stays_text(visit: Open, text: str, language: str) -> None:
    page = visit(address(language, "attention", text), locale=LOCALES[language])
    wait(page, "attention", text)
    labels = answer(page, "attention", "heads")["props"]["labels"]
    title = page.title()
    for form, left in (("head", "#left text"), ("model", "text.token")):
        frame = unfolded(page, form)
        if form == "model":
            frame.locator(".attn_background ~ rect").first.dispatch_event("click")
        frame.wait_for_selector(left, state="attached", timeout=PATIENCE)
        drawn = frame.locator(left).all_text_contents()
        assert drawn[: len(labels)] == labels
        assert frame.evaluate("document.scripts.length") == 4
        assert frame.evaluate("document.querySelectorAll('img, iframe, [onload], [onerror]').length") == 0
    assert page.title() == title and page.evaluate("window.x === undefined")
    assert len(page.frames) == 2 and page.locator("iframe").count() == 1


def test_the_frame_cannot_reach_the_page_nor_anything_else(browser: Browser, server: App) -> None:
    """Not from inside the page, and not when its address is opened by itself."""
    page = browser.new_page()
    page.goto(server.url + address("en", "attention", SENTENCES["en"]))
    wait(page, "attention", SENTENCES["en"])
    frame = unfolded(page)
    url = frame.url
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    hold_isolated(frame)
    page.goto(url)
    page.wait_for_selector("svg line", state="attached")
    asked.clear()
    hold_isolated(page.main_frame)
    assert not asked
    page.close()


TRIES = """async () => {
    const tries = {
        page: () => window.parent === window ? null.x : window.parent.document.title,
        top: () => window.top === window ? null.x : window.top.glassbox.state,
        storage: () => localStorage.length,
        cookie: () => document.cookie,
        fetch: () => fetch(new URL("/healthz", location.href)),
        elsewhere: () => fetch("https://example.com/"),
        socket: () => new Promise((yes, no) => {
            const socket = new WebSocket("wss://example.com/");
            socket.onopen = yes;
            socket.onerror = no;
        }),
        picture: () => new Promise((yes, no) => {
            Object.assign(new Image(), { onload: yes, onerror: no, src: "/favicon.ico" });
        }),
        inside: () => new Promise((yes, no) => {
            window.ran = false;
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<i onclick='window.ran = true'></i>");
            document.body.lastChild.click();
            setTimeout(() => (window.ran ? yes() : no()), 50);
        }),
    };
    const done = [];
    for (const [name, act] of Object.entries(tries)) {
        try { await act(); done.push(name); } catch { /* as it should */ }
    }
    return [window.origin, done];
}"""


def hold_isolated(frame: Frame) -> None:
    """It has no origin, and all that it tries fails."""
    assert frame.evaluate(TRIES) == ["null", []]


def test_its_address_says_so_itself(visit: Open) -> None:
    page = visit(address("en", "attention", SENTENCES["en"]))
    wait(page, "attention", SENTENCES["en"])
    url = unfolded(page).url
    with urllib.request.urlopen(url.partition("#")[0]) as given:
        policy = given.headers["Content-Security-Policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["sandbox"] == "allow-scripts" and rules["default-src"] == "'none'"
    assert re.fullmatch(r"'nonce-[\w-]{20,}'", rules["script-src"])
    assert page.locator(f"{CARD} iframe").get_attribute("sandbox") == "allow-scripts"


def test_a_guessed_key_gets_a_sentence(server: App) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/frames/guessed/lines.en.head?lang=ko")
    assert refused.value.code == 404
    assert re.search("[가-힣]", refused.value.read().decode())


def lines(frame: Frame, form: str) -> np.ndarray:
    """(layers or 1, H, T, T): the numbers that the lines of the drawing are bound to."""
    where = ".headAttention" if form == "head" else "g:has(> rect.attn_background)"
    rows = "[...head.querySelectorAll('g')].map((row) => [...row.querySelectorAll('line')].map((e) => e.__data__))"
    found = frame.evaluate(f"() => [...document.querySelectorAll('{where}')].map((head) => {rows})")
    return np.array(found)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_drawn_numbers_are_the_traces(visit: Open, language: str) -> None:
    page = visit(address(language, "attention", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "attention", SENTENCES[language])
    packed = answer(page, "attention", "heads")["props"]["weights"]
    weights = np.array(numbers(page, packed)).reshape(packed["shape"])
    frame = unfolded(page)
    for layer in range(weights.shape[0]):
        frame.locator("#layer").select_option(str(layer + 1))
        np.testing.assert_allclose(lines(frame, "head"), weights[layer], rtol=0, atol=1e-8)
    whole = lines(unfolded(page, "model"), "model").reshape(weights.shape)
    np.testing.assert_allclose(whole, weights, rtol=0, atol=1e-8)


@pytest.mark.parametrize("form", ["head", "model"])
def test_no_english_word_on_the_korean_page(visit: Open, form: str) -> None:
    page = visit(address("ko", "attention", SENTENCES["ko"]), locale="en-US")
    wait(page, "attention", SENTENCES["ko"])
    frame = unfolded(page, form)
    if form == "model":
        frame.locator(".attn_background ~ rect").first.dispatch_event("click")
    said = "\n".join([*frame.evaluate(TEXTS), frame.title()])
    assert not re.findall("[A-Za-z]{2,}", said)
    assert "층" in said and frame.evaluate("document.documentElement.lang") == "ko"


def test_english_words_on_the_english_page(visit: Open) -> None:
    page = visit(address("en", "attention", SENTENCES["en"]), locale="ko-KR")
    wait(page, "attention", SENTENCES["en"])
    assert "Layer:" in " ".join(unfolded(page, "head").evaluate(TEXTS))
    assert {"Heads", "Layers"} <= set(unfolded(page, "model").evaluate(TEXTS))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_more_than_64_tokens_are_not_drawn_and_it_is_said(visit: Open, language: str) -> None:
    text = {"en": "the cat " * 40, "ko": "고양이가 " * 80}[language].strip()
    page = visit(address(language, "attention", text), locale=LOCALES[language])
    wait(page, "attention", text)
    page.locator(f"{CARD} summary").click()
    expect(page.locator(f"{CARD} .gb-text")).to_contain_text("64")
    assert page.locator("iframe").count() == 0
    assert len(answer(page, "attention", "heads")["props"]["labels"]) > 64
    expect(page.locator("#panel-attention .gb-heads-readout")).not_to_be_empty()


def test_it_is_made_only_when_it_is_opened_and_only_once(open_page: Open) -> None:
    page = open_page(address("en", "attention", SENTENCES["en"]))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/frames/" in request.url else None)
    wait(page, "attention", SENTENCES["en"])
    assert not asked and page.locator("iframe").count() == 0
    frame = unfolded(page)
    assert len(asked) == 1
    frame.locator("#layer").select_option("2")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = frame.evaluate(background)
    page.evaluate("document.body.classList.add('dark')")
    frame.wait_for_selector("html.dark", state="attached")
    assert frame.evaluate(background) != light
    page.evaluate("glassbox.set('attention', 'layer', 4)")
    page.evaluate("glassbox.run('attention', { force: true })")
    wait(page, "attention", SENTENCES["en"])
    assert frame.locator("#layer").input_value() == "2" and len(asked) == 1


@pytest.mark.parametrize(("width", "form"), [(360, "head"), (360, "model"), (1366, "model")])
def test_nothing_in_it_scrolls(visit: Open, width: int, form: str) -> None:
    page = visit(address("ko", "attention", SENTENCES["ko"], attention__form=form), width=width)
    wait(page, "attention", SENTENCES["ko"])
    frame = unfolded(page, form)
    inside: dict[str, Any] = frame.evaluate(
        """() => {
            const lowest = document.querySelector("svg").getBoundingClientRect().bottom;
            const root = document.documentElement;
            return { wide: root.scrollWidth - root.clientWidth, high: lowest - innerHeight };
        }"""
    )
    assert inside["wide"] <= 0 and inside["high"] <= 0, inside


def test_the_choice_is_in_the_link(visit: Open) -> None:
    page = visit(PATHS["en"] + "#tab=attention")
    wait(page, "attention")
    unfolded(page, "model")
    until(page, "glassbox.parse(location.hash).state.controls.attention.form === 'model'")
    expect(page.locator(f"{CARD} [data-option=model]")).to_have_attribute("aria-pressed", "true")
