"""Bad input in every tab and both languages: each gets one sentence in the page's language or a right answer.

The sentence typed is kept, text is shown as text, no script of it runs, and the next request works.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page

from explainers import ALL
from explainers.contract import Action, Explainer
from tests.browser.reading import LOCALES, SENTENCES, address, answer, in_turn, sentence, unfold_all, until, wait, write

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]

# at most 96 tokens, even letter by letter
EVIL = "<script>ran=1</script><img src=x onerror=ran=2></iframe><b id=evil onclick=ran=3>"
REFUSED = ("", "x" * 100_000)
ONE_BY_ONE = (
    " \n\t\u3000 ",
    "🙂",
    "e\u0301\u0323\u0301 Z\u0358\u0311a שלום مرحبا \u202eabc",
    "a\u200bb\u200d\ufeff a\u0007b\u001b[31mc\u007f",
    "</script></iframe> <|endoftext|>[MASK][UNK] a|b `c` $d$ {e} %s \\",
)
TOGETHER = (" ".join(ONE_BY_ONE[1:4]), ONE_BY_ONE[4])
HANGUL = re.compile("[가-힣]")
# what a sentence would have put into the page, had it been read as markup
MARKS = "() => document.querySelectorAll('#evil, [onerror], [onload], [onclick], [srcdoc]').length"
SHOWN = """(tab) => ({
    refusal: document.querySelector(`#stage-${tab} .gb-refusal:not([hidden])`)?.textContent ?? "",
    cards: document.querySelectorAll(`#stage-${tab} .gb-card`).length,
    ran: typeof window.ran,
})"""
# a lone surrogate, which no test program can type; the page reads it as U+FFFD
BROKEN = """(box) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, "a\\ud800b");
    box.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def said(page: Page, tab: str, language: str) -> str:
    """The refusal that the tab shows, a sentence in the page's language, or "" where it shows its answer."""
    shown = page.evaluate(SHOWN, tab)
    assert shown["ran"] == "undefined" and page.evaluate(MARKS) == 0
    refusal = shown["refusal"]
    if refusal:
        assert bool(HANGUL.search(refusal)) == (language == "ko") and len(refusal) < 300, refusal
    else:
        assert shown["cards"] > 0
    return refusal


@pytest.mark.parametrize(("explainer", "language"), in_turn(ALL), ids=lambda case: getattr(case, "name", case))
def test_a_sentence_from_a_link_runs_no_script(visit: Open, explainer: Explainer, language: str) -> None:
    tab = explainer.name
    page = visit(address(language, tab, EVIL), locale=LOCALES[language])
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    wait(page, tab, EVIL)
    unfold_all(page)
    assert said(page, tab, language) == "" and sentence(page) == EVIL and not dialogs
    if tab == "tokens":
        groups = answer(page, tab, "chips")["props"]["groups"]
        assert "".join(group["text"] for group in groups) == EVIL
    visit(address(language, tab, SENTENCES[language]), locale=LOCALES[language])  # which folds it again
    wait(page, tab, SENTENCES[language])
    for text in REFUSED:
        write(page, text)
        wait(page, tab)
        assert said(page, tab, language) and sentence(page) == text
    for text in ONE_BY_ONE if tab == "tokens" else TOGETHER:
        write(page, text)
        wait(page, tab, text)
        said(page, tab, language)
        assert sentence(page) == text and not dialogs
    page.locator("#gb-sentence textarea").evaluate(BROKEN)
    until(page, "glassbox.state.text === 'a\\ufffdb'")
    wait(page, tab)
    said(page, tab, language)
    write(page, SENTENCES[language])
    wait(page, tab, SENTENCES[language])
    assert said(page, tab, language) == ""


def nonsense(explainer: Explainer) -> str:
    """A link with something wrong for every control, and for names that are no controls."""
    wrong = ("NaN", "-1e308", "Infinity", "1e999", "%00", "<b>", "__proto__", "9" * 400, "-1", "[]", "%ed%a0%80")
    named = [c.name for c in explainer.controls if not isinstance(c, Action)]
    parts = [f"{explainer.name}.{name}={wrong[i % len(wrong)]}" for i, name in enumerate(named)]
    parts += [
        "__proto__.x=1",
        "constructor.name=x",
        f"{explainer.name}.__proto__=1",
        "model=../../etc",
        "=",
        "&&",
        "tab",
        "%",
    ]
    return "&".join(parts)


@pytest.mark.parametrize(("explainer", "language"), in_turn(ALL[::-1]), ids=lambda case: getattr(case, "name", case))
def test_nonsense_in_a_link_is_said_and_left_out(visit: Open, explainer: Explainer, language: str) -> None:
    path = address(language, explainer.name, SENTENCES[language]) + "&" + nonsense(explainer)
    page = visit(path, locale=LOCALES[language])
    wait(page, explainer.name, SENTENCES[language])
    assert bool(HANGUL.search(page.locator("#gb-note").inner_text())) == (language == "ko")
    assert said(page, explainer.name, language) == ""
    assert page.evaluate("glassbox.state.controls") == page.evaluate("glassbox.defaults().controls")
    assert page.evaluate("({}).x") is None
