"""Every page with a real model, in both languages: it answers or says who does, bad input is a sentence, links hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from explainers import ALL
from explainers.contract import Explainer, Model
from explainers.shell.choices import count
from models.entry import Entry
from tests.browser.reading import LOCALES, MODELS, SENTENCES, address, drawn, expect_no_overflow, sentence, wait, write
from tests.browser.test_bad_input import EVIL, HANGUL, nonsense, said
from tests.browsing import App
from tests.real.cut import REACHED

pytestmark = [pytest.mark.real, pytest.mark.browser]
Open = Callable[..., Page]
EACH = pytest.mark.parametrize("language", ["en", "ko"])
PAGES = pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
TALL = 1200  # pixels of a screenshot: the strip, the leading picture and what stands below it


def answers(explainer: Explainer, entry: Entry) -> bool:
    """Whether the page shows the model itself: not where it cannot do all that is needed, or needs a twin beside it."""
    first = next(control for control in explainer.controls if isinstance(control, Model))
    return first.needs <= entry.can and not first.twin


@EACH
@PAGES
def test_a_page_shows_it_or_says_who_answers(
    visit: Open, entry: Entry, explainer: Explainer, language: str, pictures: Path
) -> None:
    tab, text = explainer.name, SENTENCES[language]
    page = visit(address(language, tab, text, model=entry.name), locale=LOCALES[language], height=TALL)
    wait(page, tab, text)
    drawn(page)
    assert said(page, tab, language) == ""
    assert page.locator("#gb-model input").input_value() == entry.name
    instead = page.locator(f"#stage-{tab} .gb-instead")
    if answers(explainer, entry):
        expect(instead).to_be_hidden()
    else:
        expect(instead).to_contain_text(entry.name)
        expect(instead).to_contain_text(MODELS[language if len(entry.languages) > 1 else entry.languages[0]])
        assert bool(HANGUL.search(instead.inner_text())) == (language == "ko")
    expect_no_overflow(page)
    page.screenshot(path=pictures / f"{entry.name}-{tab}-{language}.png")
    page.set_viewport_size({"width": 360, "height": TALL})
    drawn(page)
    expect_no_overflow(page)


@EACH
@PAGES
def test_bad_input_is_a_sentence_or_an_answer(visit: Open, entry: Entry, explainer: Explainer, language: str) -> None:
    tab, text = explainer.name, SENTENCES[language]
    page = visit(address(language, tab, EVIL, model=entry.name), locale=LOCALES[language])
    wait(page, tab, EVIL)
    assert said(page, tab, language) == "" and sentence(page) == EVIL
    for bad in ("", "x" * 100_000):
        write(page, bad)
        wait(page, tab)
        assert said(page, tab, language) and sentence(page) == bad
    write(page, "e\u0301 \u202eabc <bos>[CLS]</s> 🙂 뷁")
    wait(page, tab)
    said(page, tab, language)
    wrong = nonsense(explainer).replace("model=", "modell=")
    visit(address(language, tab, text, model=entry.name) + "&" + wrong, locale=LOCALES[language])
    wait(page, tab, text)
    assert said(page, tab, language) == "" and page.locator("#gb-note").inner_text()
    assert page.evaluate("glassbox.state.model") == entry.name


@EACH
def test_a_link_names_it(visit: Open, entry: Entry, language: str) -> None:
    tab, text = "attention", SENTENCES[language]
    chosen = {"attention__layer": 6, "attention__head": 3}
    page = visit(address(language, tab, text, model=entry.name, **chosen), locale=LOCALES[language])
    wait(page, tab, text)
    link = page.evaluate("glassbox.address(glassbox.state)")
    assert f"model={entry.name}" in link
    visit(address(language, "tokens", "ok"), locale=LOCALES[language])
    wait(page, "tokens", "ok")
    visit(link[link.index("/", 8) :], locale=LOCALES[language])
    wait(page, tab, text)
    state = page.evaluate("glassbox.state")
    assert (state["text"], state["model"], state["tab"]) == (text, entry.name, tab)
    assert (state["controls"][tab]["layer"], state["controls"][tab]["head"]) == (6, 3)


@EACH
def test_it_stands_in_the_list_as_a_real_one(visit: Open, entry: Entry, language: str) -> None:
    page = visit(address(language, "tokens", SENTENCES[language]), locale=LOCALES[language])
    wait(page, "tokens", SENTENCES[language])
    page.locator("#gb-model input").click()
    option = page.locator("#gb-model").get_by_role("option", name=entry.name, exact=True)
    expect(option).to_be_visible()
    about = option.get_attribute("data-about") or ""
    page.keyboard.press("Escape")
    assert entry.licence in about and count(entry.parameters) in about, about


def test_nothing_reached_for_another_machine(server: App, entry: Entry) -> None:
    """After all that was asked of it above; the tests themselves fail where a page asks for another address."""
    assert REACHED not in server.log.read_text(encoding="utf-8", errors="replace")
