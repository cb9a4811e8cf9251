"""Things that happen at once: typing into an answer, a full queue, arrays that are gone, links within one tab."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.reading import LOCALES, SENTENCES, address, answer, unfold, until, wait
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]


@pytest.mark.parametrize("gap", [350, 650])
def test_the_picture_is_of_the_text_that_stands_in_the_box(open_page: Open, gap: int) -> None:
    page = open_page(address("en", "tokens", "one"))
    wait(page, "tokens", "one")

    def late(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route(re.compile("/queue/join"), late)
    box = page.locator("#gb-sentence textarea")
    box.fill("one two")
    page.wait_for_timeout(gap)
    box.fill("one two three")
    page.wait_for_timeout(1200)
    wait(page, "tokens", "one two three")
    shown = "".join(group["text"] for group in answer(page, "tokens", "chips")["props"]["groups"])
    assert shown == "one two three"


def test_scripts_that_come_after_gradio_has_mounted_the_page_do(open_page: Open) -> None:
    language = "ko"
    page = open_page("/healthz", locale=LOCALES[language])

    def late(route: Route) -> None:
        page.wait_for_timeout(4000)
        route.continue_()

    page.route(re.compile("/glassbox/glassbox.js"), late)
    page.goto(page.url.replace("/healthz", address(language, "sampling", SENTENCES[language])))
    wait(page, "sampling", SENTENCES[language])
    assert page.locator(".gb-candidates-row").count() > 0
    page.locator("#gb-sentence textarea").fill("a")
    wait(page, "sampling", "a")


def test_a_new_sentence_lets_appended_tokens_go(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"], sampling__ids="5,6"))
    wait(page, "sampling", SENTENCES["en"])
    page.locator(".gb-tab[data-tab=tokens]").click()
    wait(page, "tokens")
    page.locator("#gb-sentence textarea").fill("Another one")
    page.locator(".gb-tab[data-tab=sampling]").click()
    wait(page, "sampling", "Another one")
    assert page.evaluate("glassbox.state.controls.sampling.ids") == []
    assert page.locator(".gb-candidates-written").inner_text() == "Another one"


def test_switching_the_language_keeps_what_the_ids_mean(open_page: Open) -> None:
    page = open_page(address("en", "sampling", SENTENCES["en"], sampling__ids="199,261"))
    wait(page, "sampling", SENTENCES["en"])
    written = page.locator(".gb-candidates-written").inner_text()
    page.locator("[data-language=ko]").click()
    until(page, "document.documentElement.lang === 'ko'")
    wait(page, "sampling", SENTENCES["en"])
    assert page.locator(".gb-candidates-written").inner_text() == written


def test_a_link_within_the_tab_and_back_move_live_knobs_too(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"]))
    wait(page, "sampling", SENTENCES["en"])
    bar = page.locator(".gb-candidates-row").first
    before = bar.get_attribute("data-value")
    page.evaluate(
        "(hash) => { location.hash = hash; }", address("en", "sampling", SENTENCES["en"], sampling__temperature=0.3)[1:]
    )
    until(page, "glassbox.state.controls.sampling.temperature === 0.3")
    expect(bar).not_to_have_attribute("data-value", before or "")
    page.go_back()
    until(page, "glassbox.state.controls.sampling.temperature === 1")
    expect(bar).to_have_attribute("data-value", before or "")


def test_a_knob_does_not_throw_a_run_away(visit: Open) -> None:
    # with this seed the model does not end the text before twenty tokens, at neither temperature
    page = visit(address("en", "sampling", SENTENCES["en"], sampling__seed=7))
    wait(page, "sampling", SENTENCES["en"])
    unfold(page, "numbers")
    page.locator(".gb-candidates-buttons button").nth(1).click()
    page.evaluate("glassbox.set('sampling', 'temperature', 0.9)")
    until(page, "glassbox.state.controls.sampling.ids.length === 20")


def test_a_figure_may_be_clicked(visit: Open) -> None:
    page = visit(address("ko", "tokens", SENTENCES["ko"]), locale="en-US")
    wait(page, "tokens")
    unfold(page, "counts")
    plot = page.locator("[data-view=counts] .gb-figure-plot[data-drawn]")
    expect(plot).to_be_visible(timeout=30_000)
    bar = page.locator("[data-view=counts] .bars .point path").first
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(500)
    expect(page.locator("#stage-tokens .gb-refusal")).to_be_hidden()


def test_a_seed_is_a_whole_number(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"]))
    wait(page, "sampling")
    page.locator(".gb-control-seed input").fill("1.5")
    page.locator(".gb-control-seed input").press("Tab")
    page.locator(".gb-candidates-buttons button").first.click()
    until(page, "glassbox.state.controls.sampling.ids.length === 1")


def test_a_full_queue_is_said_and_asked_again(open_cut_page: Open) -> None:
    page = open_cut_page(address("ko", "tokens", SENTENCES["ko"]))
    wait(page, "tokens")
    seen: list[str] = []

    def full(route: Route) -> None:
        seen.append(route.request.url)
        if len(seen) == 1:
            route.fulfill(status=503, content_type="application/json", body='{"detail": "Queue is full."}')
        else:
            route.continue_()

    page.route(re.compile("/queue/join"), full)
    page.locator("#gb-sentence textarea").fill("가득 찬 줄")
    expect(page.locator("#gb-note")).not_to_be_empty()
    expect(page.locator("#panel-tokens .gb-progress")).to_be_hidden(timeout=3000)
    wait(page, "tokens", "가득 찬 줄")
    assert len(seen) >= 2


@pytest.mark.parametrize(
    "door",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=http://127.0.0.1:1/",
        "/gradio_api/proxy=http://127.0.0.1:1/",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/upload",
        "/glassbox/../app.py",
        "/glassbox/%2e%2e%2fapp.py",
        "/arrays/guessed/heads.weights",
    ],
)
def test_doors_that_no_page_uses_are_shut(server: App, door: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server.url + door, timeout=10)
    assert refused.value.code == 404
    assert b"root:" not in refused.value.read()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_guessed_key_gets_a_sentence(server: App, language: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/arrays/guess/x?lang={language}", timeout=10)
    said = refused.value.read().decode()
    assert any("가" <= c <= "힣" for c in said) == (language == "ko") and len(said) > 10


@pytest.mark.parametrize("language", ["en", "ko"])
def test_dark_figures_have_dark_colours(visit: Open, language: str) -> None:
    page = visit(address(language, "attention", SENTENCES[language]), locale=LOCALES[language], dark=True)
    wait(page, "attention")
    unfold(page, "reach")
    title = page.locator("[data-view=reach] .xtitle").first
    expect(title).to_be_visible()
    fill = title.evaluate("(e) => getComputedStyle(e).fill")
    channels = [int(part) for part in fill[fill.index("(") + 1 : -1].split(",")[:3]]
    assert min(channels) > 120, fill


def test_reduced_motion_is_respected(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"]), motion="reduce")
    wait(page, "sampling")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((e) => {
            const style = getComputedStyle(e);
            const longest = Math.max(...style.transitionDuration.split(",").map(parseFloat));
            const moves = style.animationName !== "none" || longest > 0;
            return moves && e.className?.startsWith?.("gb-");
        }).map((e) => e.className)"""
    )
    assert not moving, moving[:5]
