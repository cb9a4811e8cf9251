"""Each page with everything on it unfolded: it fits, it speaks its own language alone, every picture can be saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page

from explainers import ALL
from tests.browser.reading import LOCALES, SENTENCES, address, drawn, expect_no_overflow, unfold_all, until, wait
from tests.browsing import App
from tests.conftest import Visits

pytestmark = [pytest.mark.browser, pytest.mark.weights]

ALLOWED = set((Path(__file__).parent / "latin.txt").read_text(encoding="utf-8").split())
Unfolded = tuple[Page, str, str]
EACH = [*product(("en", "ko"), (*(explainer.name for explainer in ALL), "about"))]

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


@pytest.fixture(scope="module", params=EACH, ids="-".join)
def unfolded(request: pytest.FixtureRequest, visits: Visits, server: App) -> Iterator[Unfolded]:
    """The page, its language and its tab, on a phone; unfolded once for all that is seen of it."""
    language, tab = request.param
    path = address(language, tab, SENTENCES[language])
    page = visits.visit(server, path, LOCALES[language], dark=False, width=360, height=700, motion="no-preference")
    if tab != "about":
        wait(page, tab, SENTENCES[language])
        for fold in page.locator(f"#panel-{tab} .gb-fold button").all():
            fold.click()
    unfold_all(page)
    yield page, language, tab
    wrongs = visits.wrongs(server)
    assert not wrongs, wrongs


def test_nothing_is_wider_than_the_window(unfolded: Unfolded) -> None:
    page, *_ = unfolded
    for width in (360, 1920):
        page.set_viewport_size({"width": width, "height": 700})
        drawn(page)
        expect_no_overflow(page)


def test_it_speaks_its_own_language_alone(unfolded: Unfolded) -> None:
    page, language, _ = unfolded
    text = page.evaluate(VISIBLE)
    if language == "ko":
        words = set(re.findall(r"[A-Za-z]{2,}", text))
        assert not words - ALLOWED, sorted(words - ALLOWED)
    else:
        assert not re.findall(r"[ㄱ-ㆎ가-힣]+", text.replace("한국어", ""))  # the link to the Korean page


@pytest.mark.parametrize("unfolded", [case for case in EACH if case[0] == "ko"], ids="-".join, indirect=True)
def test_every_picture_can_be_saved(unfolded: Unfolded, tmp_path: Path) -> None:
    """On the dark Korean page; a light and English picture is looked at in `test_saved.py`."""
    page, _, tab = unfolded
    buttons = page.locator(f"#stage-{tab} [data-tool=save_picture]").all()
    assert bool(buttons) == (tab != "about")
    page.emulate_media(color_scheme="dark")
    until(page, "glassbox.dark()")
    drawn(page)
    for index, button in enumerate(buttons):
        with page.expect_download() as got:
            button.click()
        target = tmp_path / f"{index}.png"
        got.value.save_as(target)
        assert target.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and target.stat().st_size > 3000
