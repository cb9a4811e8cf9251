"""How the browser tests wait for an answer and read it off the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, expect

# A sentence of the tests' own for each language, which stands nowhere in the examples.
SENTENCES = {
    "en": "A small fox and a big bear shared the last apple.",
    "ko": "작은 여우와 큰 곰이 마지막 사과를 나누어 먹었다.",
}
PATHS = {"en": "/", "ko": "/ko"}
LOCALES = {"en": "ko-KR", "ko": "en-US"}  # the other one on purpose: a page speaks its own language in any browser
MODELS = {"en": "stories-gpt", "ko": "ko-gpt"}

FILLED = "[data-filled]:not([data-stale])"  # of a view: its newest answer is drawn, and is of what is chosen now

# and a little more: what an observer of sizes changes is there then
AFTER_TWO_FRAMES = (
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
)


def in_turn(cases: Sequence[Any]) -> list[tuple[Any, str]]:
    """Each case with one language, in turn: where only sentences differ, the other one would show nothing more."""
    return [(case, ("en", "ko")[at % 2]) for at, case in enumerate(cases)]


def address(language: str, tab: str, text: str | None = None, **controls: Any) -> str:
    """A link into the app: tab, sentence and controls such as sampling__ids="5,6"."""
    parts = [f"tab={tab}"] + ([f"text={quote(text)}"] if text is not None else [])
    parts += [f"{name.replace('__', '.')}={quote(str(value))}" for name, value in controls.items()]
    return PATHS[language] + "#" + "&".join(parts)


def wait(page: Page, tab: str, text: str | None = None) -> None:
    """Returns when the tab shows the answer to its newest request (and for that sentence, when one is given)."""
    page.wait_for_selector("body[data-ready]")
    until(
        page,
        """([tab, text]) => {
            if (typeof glassbox === "undefined") return false; // the page is being loaded again
            const stage = document.querySelector(`#stage-${tab} [data-answer]`);
            const asked = glassbox.stages[tab]?.asked;
            const answered = asked > 0 && Number(stage?.dataset.answer) === asked;
            return answered && (text === null || (glassbox.state.text === text && glassbox.settled(tab)));
        }""",
        arg=[tab, text],
    )


def until(page: Page, script: str, arg: Any = None) -> None:
    """Returns when a script says so, asked twenty times a second: at each frame, as is usual, it would busy a core."""
    page.wait_for_function(script, arg=arg, polling=50)


def answer(page: Page, tab: str, view: str) -> Any:
    """The JSON of a view's newest answer, as it came to the page; one out of sight is unfolded first."""
    card = page.locator(f"#stage-{tab} [data-view={view}]")
    if card.evaluate("(card) => card.open === false"):
        unfold(page, view, tab)
    page.wait_for_selector(f"#stage-{tab} [data-view={view}]{FILLED}", state="attached")
    return page.evaluate("([tab, view]) => glassbox.shown(tab, view)", [tab, view])


def numbers(page: Page, packed: dict[str, Any]) -> list[float]:
    """A packed array as the page itself unpacks it."""
    return page.evaluate("(packed) => glassbox.unpack(packed).then((array) => Array.from(array, Number))", packed)


def write(page: Page, text: str) -> None:
    """Types a sentence into the box, as a person does, and runs it with Enter."""
    tab = page.evaluate("glassbox.state.tab")
    asked = page.evaluate("(tab) => glassbox.stages[tab].asked", tab)
    box = page.locator("#gb-sentence textarea")
    box.fill(text)
    box.press("Enter")
    until(page, "([tab, asked]) => glassbox.stages[tab].asked > asked", arg=[tab, asked])


def unfold(page: Page, view: str, tab: str | None = None) -> None:
    """Opens the fold of a view of the tab that is shown and returns when its newest answer is drawn in it."""
    card = f"#stage-{tab or page.evaluate('glassbox.state.tab')} [data-view={view}]"
    page.locator(f"{card} summary").click()
    page.wait_for_selector(f"{card}[open]{FILLED}", state="attached")


def drawn(page: Page) -> None:
    """Returns when each view that can be seen is drawn, and has been laid out."""
    until(
        page,
        """() => document.fonts.status === "loaded" && [...document.querySelectorAll("[data-view]")].every((card) => {
            if (!card.checkVisibility() || card.open === false) return true;
            const plots = [...card.querySelectorAll(".gb-figure-plot")];
            const filled = card.dataset.filled !== undefined && card.dataset.stale === undefined;
            return filled && plots.every((plot) => plot.dataset.drawn);
        })""",
    )
    page.evaluate(AFTER_TWO_FRAMES)


def unfold_all(page: Page) -> None:
    """Opens every fold of the page and returns when each view of the tab that is shown is drawn."""
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    drawn(page)


def sentence(page: Page) -> str:
    """The sentence that stands in the box."""
    return page.locator("#gb-sentence textarea").input_value()


def expect_no_overflow(page: Page) -> None:
    """Nothing is wider than the window."""
    over = page.evaluate(
        """() => [...document.querySelectorAll("main *")].filter((e) => {
            const box = e.getBoundingClientRect();
            const drawn = e.parentElement.closest("svg"); // which cuts off what it holds, and is looked at itself
            const scrolls = drawn || e.closest(".gb-table, .gb-models, .gb-examples, .katex-display");
            const shown = box.width > 0 && getComputedStyle(e).visibility !== "hidden";
            return shown && !scrolls && box.right > innerWidth + 1;
        }).slice(0, 5).map((e) => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)"""
    )
    assert not over, over
    expect(page.locator("#gb-sentence textarea")).to_be_visible()
