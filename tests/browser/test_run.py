"""The contract's Run, on an explainer that is not shipped: started, steered, bounded, and gone with its page."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explainers.contract import Budget, Run
from tests.browser.reading import LOCALES, address, answer, unfold, until, wait
from tests.browsing import App
from tests.lab import descent

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
TEXT = "ascending"
STEPS = 900  # of the lab's runs
SECONDS = 30  # too few for that many steps at the descent's own pace
SLOW = 30_000  # ms that a loaded machine may take


@pytest.fixture(scope="module")
def server(lab: App) -> App:
    return lab


def opened(open_page: Open, language: str = "en", text: str = TEXT, **controls: Any) -> Page:
    page = open_page(address(language, "descent", text, **controls), locale=LOCALES[language])
    wait(page, "descent", text)
    page.wait_for_selector("#stage-descent .gb-figure-plot[data-drawn]")  # from here on, drawing is quick
    return page


def press(page: Page, act: str) -> None:
    page.locator(f"#stage-descent [data-run={act}]").click()


def run_of(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("glassbox.run_of('descent')"))


def at_step(page: Page, step: int) -> None:
    until(page, "(step) => glassbox.run_of('descent')?.step >= step", arg=step)


def over(page: Page) -> dict[str, Any]:
    until(page, "glassbox.run_of('descent')?.state === 'over'")
    wait(page, "descent")
    return run_of(page)


def losses(page: Page) -> list[float]:
    """What the picture draws."""
    return list(answer(page, "descent", "curve")["props"]["figure"]["data"][0].get("y", []))


def threads(server: App) -> int:
    """How many runs are at work in the app."""
    with urllib.request.urlopen(f"{server.url}/threads", timeout=10) as told:
        return sum(name.startswith("run ") for name in json.load(told))


def wait_for_threads(server: App, count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while threads(server) != count:
        assert time.monotonic() < deadline, f"{threads(server)} threads, not {count}, after {seconds} s"
        time.sleep(0.1)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_steps_arrive_while_it_runs_and_stop_ends_it(visit: Open, server: App, language: str) -> None:
    page = opened(visit, language)
    line = page.locator("#stage-descent .gb-run-line")
    press(page, "start")
    at_step(page, 5)
    until(page, "glassbox.shown('descent', 'curve').props.figure.data[0].y.length > 0")
    first = len(losses(page))
    at_step(page, first + 20)
    until(page, "(n) => glassbox.shown('descent', 'curve').props.figure.data[0].y.length > n", arg=first)
    assert any("가" <= c <= "힣" for c in line.inner_text()) == (language == "ko")
    press(page, "stop")
    end = over(page)
    assert end["end"] == "stopped" and 20 < end["step"] < STEPS
    assert len(losses(page)) == end["step"]
    assert any("가" <= c <= "힣" for c in line.inner_text()) == (language == "ko")
    wait_for_threads(server, 0, 3)


def test_no_step_is_made_while_it_is_paused(visit: Open) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 5)
    press(page, "pause")
    until(page, "glassbox.run_of('descent').state === 'paused'")
    page.wait_for_timeout(1500)  # the step that was at work, and the news of it
    resting = run_of(page)["step"]
    page.wait_for_timeout(2500)
    assert run_of(page)["step"] == resting
    press(page, "pause")
    at_step(page, resting + 10)
    press(page, "stop")
    over(page)


def test_a_change_reaches_it_is_recorded_and_replays(visit: Open) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 10)
    box = page.locator(".gb-control-rate input[type=number]")
    box.fill("0.35")
    box.press("Tab")
    until(page, "glassbox.run_of('descent').record.length > 0")
    at_step(page, run_of(page)["record"][-1][0] + 10)
    press(page, "stop")
    end = over(page)
    step, control, value = end["record"][-1]
    assert (control, value) == ("rate", 0.35) and 10 <= step < end["step"]
    again = Run({"rate": 0.1}, Budget(steps=end["step"]), record=[tuple(change) for change in end["record"]])
    *_, replayed = descent.descend(TEXT, again)
    assert isinstance(replayed, descent.Trace)
    np.testing.assert_array_equal(replayed.losses, losses(page))
    assert "descent%2Erate=0%2E35" in page.evaluate("glassbox.write(glassbox.state)")


def test_what_was_learnt_stays_while_only_its_drawing_changes(visit: Open) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 20)
    press(page, "stop")
    over(page)
    before = losses(page)
    page.evaluate("glassbox.set('descent', 'digits', 6)")
    wait(page, "descent", TEXT)
    unfold(page, "numbers")
    slope = answer(page, "descent", "numbers")["rows"][0][0]
    assert losses(page) == before and slope != round(slope, 3)
    page.locator("#gb-sentence textarea").fill("another")
    wait(page, "descent", "another")
    assert losses(page) == [] and page.evaluate("glassbox.run_of('descent')") is None


def test_the_budget_of_steps_ends_it(visit: Open) -> None:
    page = opened(visit, text="quick")
    press(page, "start")
    end = over(page)
    assert (end["end"], end["step"]) == ("steps", STEPS) and len(losses(page)) == STEPS


@pytest.mark.slow
def test_the_budget_of_seconds_ends_it_even_while_it_is_paused(visit: Open, server: App) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 5)
    press(page, "pause")
    page.set_default_timeout(1000 * SECONDS + SLOW)
    began = time.monotonic()
    end = over(page)
    assert end["end"] == "seconds" and end["step"] < STEPS
    assert time.monotonic() - began < SECONDS + 5
    wait_for_threads(server, 0, 3)


def test_closing_the_page_ends_it(open_page: Open, server: App) -> None:
    page = opened(open_page)
    press(page, "start")
    at_step(page, 5)
    assert threads(server) == 1
    page.close()
    wait_for_threads(server, 0, 4)


def test_leaving_the_page_ends_it(open_cut_page: Open, server: App) -> None:
    page = opened(open_cut_page)  # gradio itself logs that its stream was cut
    press(page, "start")
    at_step(page, 5)
    page.goto("about:blank")
    wait_for_threads(server, 0, 4)


def test_a_page_that_dies_without_a_word_ends_it(open_page: Open, server: App) -> None:
    """No script of the page is left to say that it goes: only its connection breaks."""
    page = opened(open_page)
    page.evaluate("navigator.sendBeacon = () => true")
    press(page, "start")
    at_step(page, 5)
    page.close(run_before_unload=False)
    wait_for_threads(server, 0, 4)


def test_another_sentence_ends_it(visit: Open, server: App) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 5)
    page.locator("#gb-sentence textarea").fill("another")
    wait(page, "descent", "another")
    wait_for_threads(server, 0, 3)
    assert losses(page) == []


@pytest.mark.slow
def test_two_people_have_two_runs(open_page: Open, server: App) -> None:
    one, other = opened(open_page), opened(open_page, "ko", "dcba")
    press(one, "start")
    press(other, "start")
    at_step(one, 5)
    at_step(other, 5)
    assert threads(server) == 2 and run_of(one)["id"] != run_of(other)["id"]
    other.evaluate("glassbox.set('descent', 'rate', 0.9)")
    until(other, "glassbox.run_of('descent').record.length > 0")
    press(one, "stop")
    assert over(one)["record"] == []
    at_step(other, run_of(other)["step"] + 5)
    assert run_of(other)["state"] == "going"
    press(other, "stop")
    assert over(other)["record"][0][1:] == ["rate", 0.9]
    assert losses(one)[0] != losses(other)[0]


@pytest.mark.slow
def test_one_too_many_is_refused_in_a_sentence(open_page: Open, visit: Open, server: App) -> None:
    pages = [opened(open_page), opened(visit), opened(visit, "ko")]
    for page in pages[:2]:
        press(page, "start")
        at_step(page, 2)
    press(pages[2], "start")
    said = pages[2].locator("#stage-descent .gb-refusal")
    expect(said).to_be_visible(timeout=SLOW)
    assert any("가" <= c <= "힣" for c in said.inner_text()) and "2" in said.inner_text()
    press(pages[0], "stop")
    over(pages[0])
    press(pages[2], "start")
    at_step(pages[2], 2)
    expect(said).to_be_hidden(timeout=SLOW)
    for page in pages[1:]:
        press(page, "stop")
        over(page)
    wait_for_threads(server, 0, 4)


def test_starting_again_ends_the_one_before(visit: Open, server: App) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 3)
    before = run_of(page)["id"]
    page.evaluate("glassbox.launch('descent')")
    until(page, "(id) => ![undefined, id].includes(glassbox.run_of('descent')?.id)", arg=before)
    wait_for_threads(server, 1, 3)
    press(page, "stop")
    over(page)


@pytest.mark.slow
def test_ordinary_answers_do_not_wait_for_it(open_page: Open, server: App) -> None:
    page, other = opened(open_page), open_page(address("en", "tokens", "one"))
    press(page, "start")
    at_step(page, 3)
    wait(other, "tokens", "one")
    before = run_of(page)["step"]
    for text in ("one two", "one two three", "one two three four"):
        other.locator("#gb-sentence textarea").fill(text)
        wait(other, "tokens", text)
    at_step(page, before + 5)
    assert run_of(page)["state"] == "going"
    press(page, "stop")
    over(page)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_bug_in_it_is_one_sentence(visit: Open, server: App, language: str) -> None:
    page = opened(visit, language, "a bug, number 4711")
    press(page, "start")
    said = page.locator("#stage-descent .gb-refusal")
    expect(said).to_be_visible(timeout=SLOW)
    assert any("가" <= c <= "힣" for c in said.inner_text()) == (language == "ko")
    assert "Traceback" not in page.content() and "4711" not in said.inner_text()
    assert "RuntimeError" in server.output() and "4711" not in server.output()
    wait_for_threads(server, 0, 3)
    page.locator("#gb-sentence textarea").fill(TEXT)
    wait(page, "descent", TEXT)
    press(page, "start")  # the next one works
    at_step(page, 8)
    press(page, "stop")
    assert over(page)["end"] == "stopped"


def post(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=10) as told:
            return int(told.status), told.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def test_who_does_not_know_the_id_steers_nothing(visit: Open, server: App) -> None:
    page = opened(visit)
    press(page, "start")
    at_step(page, 3)
    for guess in ("x", "1", "..", "%2e%2e", run_of(page)["id"][:-1]):
        assert post(f"{server.url}/runs/{guess}/stop")[0] in (204, 404)
    at_step(page, run_of(page)["step"] + 5)
    mine = f"{server.url}/runs/{run_of(page)['id']}"
    for act in ("change?control=rate&value=9", "change?control=rate&value=NaN", "change?control=x&value=1", "fly"):
        status, said = post(f"{mine}/{act}{'&' if '?' in act else '?'}lang=ko")
        assert status == 400 and any("가" <= c <= "힣" for c in said), act
    assert run_of(page)["record"] == []
    press(page, "stop")
    over(page)
