"""The page where something else decides how it looks: a translator, a printer, a contrast theme, an old browser.

Two walks do it all, for what costs time is to open and to unfold: one under a contrast theme, one with an old browser's
gaps that is printed from a dark page. Each goes through two tabs, of components and of figures, and --all through the
others.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from explainers import ALL
from tests.browser.marks import PAPER, find, marks
from tests.browser.reading import AFTER_TWO_FRAMES, LOCALES, SENTENCES, address, unfold_all, until, wait
from tests.browser.translated import TRANSLATED, strangers

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
FIRST = ["tokens", "sampling"]
OTHERS = [explainer.name for explainer in ALL if explainer.name not in FIRST]
EACH_WALK = pytest.mark.parametrize("tabs", [FIRST, pytest.param(OTHERS, marks=pytest.mark.slow)], ids="-".join)
FOLDS = ".gb-panel.gb-on .gb-fold button.label-wrap:not(.open)"
SHEET = 718  # pixels between the margins of a sheet of A4, at 96 to the inch
SEEN = 24  # of 765: from which distance two colours are told apart

# What the browsers that are held lack, and some that are older: iPadOS 15, Firefox 114.
GAPS = """
    for (const name of ["DecompressionStream", "CompressionStream", "OffscreenCanvas"]) delete globalThis[name];
    for (const name of ["findLast", "findLastIndex", "toSorted", "toReversed", "with"]) delete Array.prototype[name];
    for (const name of ["fontBoundingBoxAscent", "fontBoundingBoxDescent"]) delete TextMetrics.prototype[name];
    delete Intl.Segmenter;
    delete Object.groupBy;
    delete globalThis.structuredClone;
    delete String.prototype.toWellFormed;
    delete CanvasRenderingContext2D.prototype.roundRect;
"""
# what is written too brightly to be read on paper
BRIGHT = """() => {
    const written = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && !e.closest("svg");
    const all = [...document.querySelectorAll(".gb-panel.gb-on *, #gb-strip *")];
    const shown = all.filter((e) => e.getClientRects().length && written(e));
    const bright = (e) => {
        const [r, g, b] = getComputedStyle(e).color.match(/[\\d.]+/g).map(Number);
        return 0.3 * r + 0.6 * g + 0.1 * b;
    };
    return shown.filter((e) => bright(e) > 140).map((e) => `${e.className}: ${e.textContent.slice(0, 40)}`);
}"""
CANVAS_COLOUR = """() => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.cssText = "forced-color-adjust: none; color: Canvas";
    const ground = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
    probe.remove();
    return ground.slice(0, 3);
}"""


def unfolded(page: Page, tab: str, language: str) -> None:
    """Shows a tab with everything open and drawn, and in one of them a token drawn."""
    page.locator(f".gb-tab[data-tab={tab}]").click()
    wait(page, tab, SENTENCES[language])
    unfold_all(page)
    page.evaluate(f"for (const fold of document.querySelectorAll('{FOLDS}')) fold.click()")
    until(page, "document.querySelectorAll('.gb-panel.gb-on .gb-fold .prose').length >= 3")
    until(page, "[...document.querySelectorAll('.prose')].every((e) => e.dataset.kept === e.textContent)")
    if tab == "sampling":
        page.locator(".gb-candidates-buttons button").first.click()
        until(page, "glassbox.state.controls.sampling.ids.length === 1")
        wait(page, tab)
    assert page.locator("#gb-note").inner_text() == ""


def translated(page: Page, tab: str) -> None:
    """Nothing but words of the page may be translated, and those may."""
    assert strangers(page) == [], tab
    open_to_all = {text.strip() for _, text in page.evaluate(TRANSLATED)}
    assert set(page.evaluate("(tab) => glassbox.explainer(tab).views.map((view) => view.title)", tab)) <= open_to_all


def contrasted(page: Page, tab: str) -> None:
    """Under a contrast theme each mark stands out from the system's ground, and so does what is chosen."""
    page.emulate_media(forced_colors="active", color_scheme="dark")
    assert [mark for mark in marks(page, tuple(page.evaluate(CANVAS_COLOUR))) if mark.seen < SEEN] == [], tab
    border = "(e) => getComputedStyle(e).borderBottomColor"
    chosen, other = page.locator(".gb-tab[aria-current]"), page.locator(".gb-tab:not([aria-current])").first
    assert chosen.evaluate(border) != other.evaluate(border)
    for slider in page.locator(f"#panel-{tab} input[type=range]").all():
        assert slider.evaluate("(e) => getComputedStyle(e).appearance") == "auto"  # the system draws it
    page.emulate_media(forced_colors="none", color_scheme="light")


def printed(page: Page, tab: str) -> None:
    """On paper without backgrounds each mark is seen, nothing is wider than the sheet, and what is written is dark."""
    screen = page.viewport_size
    page.set_viewport_size({"width": SHEET, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    until(page, "!glassbox.dark()")
    style = page.add_style_tag(content=PAPER)
    page.evaluate(AFTER_TWO_FRAMES)
    on_paper = marks(page, (255, 255, 255))
    assert [mark for mark in on_paper if mark.seen < SEEN or mark.right > SHEET] == [], tab
    assert {"gb-s-cell", "gb-s-bar"} <= {name for mark in on_paper for name in mark.name.split()}
    until(page, f"() => ({BRIGHT})().length === 0")
    wide = "[...document.querySelectorAll('.gb-panel.gb-on .main-svg')].map((e) => e.getBoundingClientRect().right)"
    assert max(page.evaluate(wide), default=0) <= SHEET, tab
    style.evaluate("(node) => node.remove()")
    page.emulate_media(media="screen", color_scheme="dark")
    until(page, "glassbox.dark()")
    assert screen
    page.set_viewport_size(screen)


@EACH_WALK
def test_translated_and_under_a_contrast_theme(open_page: Open, tabs: list[str]) -> None:
    """The chosen model is the other language's, so that none of its tokens is by chance a word of this page."""
    page = open_page(address("en", tabs[0], SENTENCES["en"], model="ko-gpt"), locale=LOCALES["en"])
    for tab in tabs:
        unfolded(page, tab, "en")
        assert find(page) > 20
        translated(page, tab)
        contrasted(page, tab)
    page.evaluate("glassbox.note(glassbox.words('refusals', 'unknown_model', { model: 'Kuchen' }), 'bad')")
    page.locator(".gb-tab[data-tab=about]").click()
    page.locator("#gb-model input").click()
    assert strangers(page) == []
    assert "Kuchen" not in "".join(text for _, text in page.evaluate(TRANSLATED))


@EACH_WALK
def test_an_old_browser_draws_all_and_prints_it(open_page: Open, tabs: list[str]) -> None:
    page = open_page("/healthz", locale=LOCALES["ko"], dark=True)
    page.add_init_script(GAPS)
    page.goto(page.url.replace("/healthz", address("ko", tabs[0], SENTENCES["ko"])))
    for tab in tabs:
        unfolded(page, tab, "ko")
        assert find(page) > 20
        translated(page, tab)
        printed(page, tab)
    signs = page.evaluate("glassbox.graphemes('e\\u0301한🇰🇷👩‍🏫a')")
    assert signs == ["e\u0301", "한", "🇰🇷", "👩‍🏫", "a"]
    page.evaluate("addEventListener('beforeprint', () => { globalThis.printed = glassbox.dark(); })")
    assert len(page.pdf(print_background=False, format="A4")) > 10_000
    assert page.evaluate("globalThis.printed") is False and page.evaluate("glassbox.dark()") is True


# [language, what the browser lacks, what the sentence names]
LACKS = [
    ("en", "delete Array.prototype.at;", "Array.at"),
    (
        "ko",
        """globalThis.RegExp = new Proxy(RegExp, { construct(made, [text, ...rest]) {
            if (/\\?<[!=]/.test(text)) throw new SyntaxError("invalid group specifier name");
            return new made(text, ...rest);
        } });""",
        "(?<!a)",
    ),
]


@pytest.mark.parametrize(("language", "gap", "named"), LACKS, ids=["method", "syntax"])
def test_a_browser_that_is_too_old_is_told_so(open_page: Open, language: str, gap: str, named: str) -> None:
    page = open_page("/healthz", locale=LOCALES[language])
    page.add_init_script(gap)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace("/healthz", address(language, "tokens")))
    said = page.locator("#gb-too-old").inner_text()
    assert named in said and "16.4" in said
    assert ("오래" in said) == (language == "ko") and page.get_attribute("html", "lang") == language
    assert page.locator("gradio-app").count() == 0
    assert not [url for url in asked if "/queue/" in url or "/glassbox/" in url]


def test_a_script_that_cannot_be_read_is_told_as_well(open_page: Open) -> None:
    """Whatever else an old browser stumbles over: here, our own script."""
    page = open_page("/healthz")
    page.route("**/glassbox/glassbox.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => dispatchEvent(new ErrorEvent("error",
            { message: "SyntaxError: Unexpected token", filename: `${location.origin}/assets/index.js` })));"""
    )
    page.goto(page.url.replace("/healthz", "/ko"))
    assert "Unexpected token" in page.locator("#gb-too-old").inner_text()
