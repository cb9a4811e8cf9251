"""The shell around every explainer: typing, keyboard, type size, progress, pictures, widths, lost connection."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from explainers import ALL
from tests.browser.reading import (
    LOCALES,
    SENTENCES,
    address,
    answer,
    drawn,
    expect_no_overflow,
    unfold,
    until,
    wait,
    write,
)
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
TABS = tuple(explainer.name for explainer in ALL)


@pytest.mark.parametrize("tab", TABS)
def test_the_picture_is_above_the_fold(visit: Open, tab: str) -> None:
    page = visit(address("en", tab), width=1366, height=650)
    wait(page, tab)
    drawn(page)
    box = page.locator(f"#stage-{tab} section.gb-card").bounding_box()
    assert box is not None and min(box["y"] + box["height"], 650) - box["y"] >= 200, box
    assert 650 - box["y"] >= 300, box


@pytest.mark.parametrize("width", [360, 1366])
def test_nothing_jumps_when_the_strip_is_filled(open_page: Open, width: int) -> None:
    page = open_page("/healthz", width=width)
    page.route(re.compile("/queue/join"), lambda route: (page.wait_for_timeout(1000), route.continue_())[1])
    page.goto(page.url.replace("/healthz", address("en", "tokens")))
    page.wait_for_selector("body[data-ready]")
    height = "document.getElementById('gb-strip').getBoundingClientRect().height"
    before = page.evaluate(height)
    assert page.locator(".gb-strip").count() == 0
    wait(page, "tokens")
    page.wait_for_selector(".gb-strip")
    assert abs(page.evaluate(height) - before) < 1


def test_names_beside_bars_are_not_cut_on_a_phone(visit: Open) -> None:
    page = visit(address("en", "recurrence", "The rabbits hopped happily through the garden."), width=360)
    wait(page, "recurrence")
    drawn(page)
    cut = page.evaluate(
        """() => [...document.querySelectorAll("#stage-recurrence section .main-svg text")]
            .map((text) => [text, text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()])
            .filter(([, own, whole]) => own.width && (own.right > whole.right + 1 || own.left < whole.left - 1))
            .map(([text]) => text.textContent)"""
    )
    assert not cut


def test_typing_runs_after_a_pause_and_not_while_composing(visit: Open) -> None:
    page = visit("/ko", locale="en-US")
    wait(page, "tokens")
    before = page.evaluate("glassbox.stages.tokens.asked")
    box = page.locator("#gb-sentence textarea")
    box.focus()
    session = page.context.new_cdp_session(page)
    for part in ("ㅂ", "바", "밥"):  # an input method at work: nothing is final yet
        session.send("Input.imeSetComposition", {"text": part, "selectionStart": 1, "selectionEnd": 1})
        page.wait_for_timeout(400)
    assert page.evaluate("glassbox.stages.tokens.asked") == before
    session.send("Input.insertText", {"text": "밥"})
    until(page, "(before) => glassbox.stages.tokens.asked > before", arg=before)
    wait(page, "tokens")
    assert page.evaluate("glassbox.state.text").endswith("밥")


def test_fast_typing_asks_once(open_page: Open) -> None:
    page = open_page("/", locale="en-US")
    wait(page, "tokens")
    before = page.evaluate("glassbox.stages.tokens.asked")
    page.locator("#gb-sentence textarea").press_sequentially(" and then some more", delay=20)
    page.wait_for_timeout(900)
    wait(page, "tokens")
    assert page.evaluate("glassbox.stages.tokens.asked") == before + 1


def test_keyboard_alone_reaches_a_tab_and_changes_its_picture(visit: Open) -> None:
    page = visit(address("en", "tokens", SENTENCES["en"]))
    wait(page, "tokens")
    page.locator(".gb-tab[data-tab=attention]").focus()
    page.keyboard.press("Enter")
    wait(page, "attention")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#stage-attention') !== null"):
            break
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    until(page, "[glassbox.state.controls.attention.layer, glassbox.state.controls.attention.head].join() === '4,6'")


def opening(page: Page, tab: str) -> str:
    return str(page.evaluate("(tab) => glassbox.opening(tab).text", tab))


def test_a_tab_begins_with_its_own_example_until_a_sentence_is_written(visit: Open) -> None:
    page = visit("/#tab=attention")
    wait(page, "attention", opening(page, "attention"))
    chosen = page.evaluate("glassbox.state.controls.attention")
    assert (chosen["layer"], chosen["head"], chosen["row"]) == (2, 3, 13)
    page.locator(".gb-tab[data-tab=sampling]").click()
    wait(page, "sampling", opening(page, "sampling"))
    page.locator("[data-station=attention]").click()  # the strip leads on with the same sentence
    wait(page, "attention", opening(page, "sampling"))
    write(page, "My own sentence")
    wait(page, "attention", "My own sentence")
    page.locator(".gb-tab[data-tab=recurrence]").click()
    wait(page, "recurrence", "My own sentence")
    page.locator("[data-act=reset]").click()
    wait(page, "recurrence", opening(page, "recurrence"))


def test_live_knobs_ask_no_server(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"]))
    wait(page, "sampling")
    before = page.locator(".gb-candidates-row").first.inner_text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slider = page.locator(".gb-control-temperature input[type=range]")
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    until(page, "glassbox.state.controls.sampling.temperature > 1.3")
    page.wait_for_timeout(600)
    assert page.locator(".gb-candidates-row").first.inner_text() != before
    assert not [url for url in asked if "/queue/" in url], asked


def test_projector_key_enlarges_and_travels_in_the_link(visit: Open) -> None:
    page = visit(address("en", "tokens"))
    wait(page, "tokens")
    page.locator("body").press("p")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    assert "projector=1" in page.url
    expect_no_overflow(page)
    page.locator("body").press("p")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"


def test_figures_are_right_when_their_tab_is_first_shown(visit: Open) -> None:
    page = visit(address("en", "tokens", SENTENCES["en"]), dark=True)
    wait(page, "tokens")
    unfold(page, "counts")
    plot = page.locator("[data-view=counts] .js-plotly-plot .main-svg").first
    expect(plot).to_be_visible()
    room = page.locator("[data-view=counts] .gb-card-body").bounding_box()
    box = plot.bounding_box()
    assert room and box and 0.8 * room["width"] < box["width"] <= room["width"] + 1


def test_let_it_run_streams_and_keeps_each_probability(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"], sampling__seed=7))
    wait(page, "sampling")
    page.locator(".gb-candidates-actions button").nth(1).click()
    until(page, "glassbox.state.controls.sampling.ids.length === 20")
    wait(page, "sampling")
    record = answer(page, "sampling", "candidates")["props"]["record"]
    assert len(record) == 20 and all(0 < step["probability"] <= 1 for step in record)
    assert page.locator(".gb-candidates-record [data-step], .gb-candidates-record li").count() == 20


def test_work_over_half_a_second_says_so(open_page: Open) -> None:
    page = open_page(address("ko", "tokens"), locale="en-US")
    wait(page, "tokens")
    page.route(re.compile("/queue/join"), lambda route: (page.wait_for_timeout(1500), route.continue_())[1])
    write(page, SENTENCES["ko"])
    expect(page.locator("#panel-tokens .gb-progress")).to_be_visible(timeout=3000)
    wait(page, "tokens", SENTENCES["ko"])
    expect(page.locator("#panel-tokens .gb-progress")).to_be_hidden()


@pytest.mark.parametrize("language", ["ko", pytest.param("en", marks=pytest.mark.slow)])
def test_the_place_in_the_queue_is_said(visit: Open, server: App, language: str) -> None:
    page = visit(address(language, "tokens"), locale=LOCALES[language])
    wait(page, "tokens")
    client = Client(server.url, verbose=False)
    jobs = [
        # sentences of this language's own: what the other one asked for is kept, and answered at once
        client.submit(f"{SENTENCES[language]} {i}", write=60, temperature=3, seed=i, api_name="/sampling")
        for i in range(16)
    ]
    deadline = time.monotonic() + 20  # until most of them stand in the line: only then is there a place to be told
    while sum(job.status().code.name in ("IN_QUEUE", "PROCESSING") for job in jobs) < 10:
        assert time.monotonic() < deadline, [job.status().code.name for job in jobs]
        time.sleep(0.05)
    page.locator("#gb-sentence textarea").fill(SENTENCES[language])
    said = page.locator("#panel-tokens .gb-progress")
    expect(said).to_contain_text(re.compile(r"\d"), timeout=10_000)
    assert bool(re.search("[가-힣]", said.inner_text())) == (language == "ko")
    for job in jobs:
        job.cancel()
    wait(page, "tokens", SENTENCES[language])
    expect(said).to_be_hidden()


def test_health(server: App) -> None:
    with urllib.request.urlopen(f"{server.url}/healthz", timeout=10) as answered:
        assert answered.status == 200 and answered.read() == b"ok"


def test_a_lost_connection_is_said_and_mended(open_cut_page: Open) -> None:
    page = open_cut_page("/ko#tab=tokens&text=" + SENTENCES["ko"])
    wait(page, "tokens")
    page.context.set_offline(True)
    page.locator("#gb-sentence textarea").fill(SENTENCES["ko"] + "!")
    note = page.locator("#gb-note")
    expect(note).not_to_be_empty(timeout=15_000)
    assert note.get_attribute("data-kind") == "bad"
    page.context.set_offline(False)
    wait(page, "tokens", SENTENCES["ko"] + "!")
