"""A trace that yields Steps: each is on the page at once, in components and in pictures drawn from those so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.reading import address, answer, unfold, until, wait
from tests.browsing import App
from tests.lab.slow import MANY

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]

# A component that writes down what it is given; put among the page's own as soon as there are any.
SEEN = """
globalThis.seen = [];
const wait = setInterval(() => {
    if (!globalThis.glassbox?.component) return;
    clearInterval(wait);
    glassbox.component("seen", () => ({ update() {}, step: ({ number }) => seen.push(number) }));
}, 1);
"""


@pytest.fixture(scope="module")
def server(lab: App) -> App:
    return lab


@pytest.fixture
def folder(lab: App) -> Path:
    """Where the lab was started, and looks for the files that let it go on."""
    for name in ("go", "end"):
        (lab.log.parent / name).unlink(missing_ok=True)
    return lab.log.parent


@pytest.fixture(autouse=True)
def free(lab: App) -> Iterator[None]:
    """Whatever becomes of a test, the trace that stands still goes on."""
    yield
    for name in ("go", "end"):
        (lab.log.parent / name).touch()


def begun(open_page: Open, server: App, path: str, locale: str) -> Page:
    """A page on which the component stands from the beginning."""
    page = open_page("/healthz", locale=locale)
    page.add_init_script(SEEN)
    page.goto(server.url + path)
    return page


def opened(open_page: Open, server: App, text: str) -> Page:
    """A page on which the component stands already, and then the text."""
    page = begun(open_page, server, address("en", "slow", "first"), "ko-KR")
    wait(page, "slow", "first")
    unfold(page, "seen")
    page.wait_for_selector("[data-view=seen] .gb-component", state="attached")
    unfold(page, "numbers")
    page.evaluate("seen.length = 0")
    page.locator("#gb-sentence textarea").fill(text)
    return page


def drawn(page: Page) -> int:
    """How many points the picture has."""
    return len(answer(page, "slow", "picture")["props"]["figure"]["data"][0]["y"])


def test_each_step_is_shown_before_the_next_is_made(open_page: Open, server: App, folder: Path) -> None:
    page = opened(open_page, server, "wait")
    until(page, "seen.length === 1")  # while the trace stands still after its first step
    until(page, "glassbox.shown('slow', 'numbers').rows[0][0] === 1")
    assert drawn(page) == 1 and page.evaluate("glassbox.stages.slow.open")
    (folder / "go").touch()
    until(page, "(many) => seen.length === many", arg=MANY)  # while it stands still before its end
    assert page.evaluate("seen") == list(range(MANY)) and page.evaluate("glassbox.stages.slow.open")
    (folder / "end").touch()
    wait(page, "slow", "wait")
    assert drawn(page) == MANY and page.evaluate("seen.length") == MANY
    assert page.locator("[data-view=numbers] td").all_inner_texts() == [str(MANY)]


@pytest.mark.slow
def test_steps_that_come_faster_than_a_browser_draws_are_all_given_once(open_page: Open, server: App) -> None:
    page = opened(open_page, server, "fast")
    wait(page, "slow", "fast")
    assert page.evaluate("seen") == list(range(MANY))
    page.locator("#gb-sentence textarea").fill("first")  # kept: no steps, the same picture
    wait(page, "slow", "first")
    assert page.evaluate("seen.length") == MANY and drawn(page) == MANY


@pytest.mark.slow
def test_views_drawn_from_steps_stand_in_their_order(open_page: Open, server: App, folder: Path) -> None:
    """On a first visit the two that can be drawn from steps come first; the third finds its place between them."""
    page = begun(open_page, server, address("ko", "slow", "wait", model="ko-gpt"), "en-US")
    page.wait_for_selector("#stage-slow [data-view=picture]")
    assert page.locator("#stage-slow [data-view]").count() == 2
    for name in ("go", "end"):
        (folder / name).touch()
    wait(page, "slow", "wait")
    views = page.locator("#stage-slow [data-view]").evaluate_all("(all) => all.map((e) => e.dataset.view)")
    assert views == ["picture", "seen", "numbers"]
