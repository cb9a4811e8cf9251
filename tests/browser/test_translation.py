"""A browser that translates the page leaves every token, piece, drawn word and name of a model as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from explainers import ALL
from tests.browser.reading import LOCALES, SENTENCES, address, unfold_all, wait
from tests.browser.translated import TRANSLATED, strangers

pytestmark = [pytest.mark.browser, pytest.mark.weights]
FOLDS = "#panel-{} .gb-fold button.label-wrap:not(.open)"
TABS = [explainer.name for explainer in ALL]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_only_words_of_the_page_are_translated(open_page: Callable[..., Page], language: str) -> None:
    other = {"en": "ko-gpt", "ko": "stories-gpt"}[language]  # what it cuts is no word of this page's language
    page = open_page(address(language, TABS[0], SENTENCES[language], model=other), locale=LOCALES[language])
    for tab in TABS:
        page.locator(f".gb-tab[data-tab={tab}]").click()
        wait(page, tab, SENTENCES[language])
        unfold_all(page)
        page.evaluate(f"for (const fold of document.querySelectorAll('{FOLDS.format(tab)}')) fold.click()")
        page.wait_for_function("document.querySelectorAll('.gb-panel.gb-on .gb-fold .prose').length === 3")
        if tab == "sampling":
            page.locator(".gb-candidates-buttons button").first.click()
            page.wait_for_function("glassbox.state.controls.sampling.ids.length === 1")
            wait(page, tab)
        assert strangers(page) == [], tab
        open_to_all = {text.strip() for _, text in page.evaluate(TRANSLATED)}
        own = page.evaluate("(tab) => glassbox.explainer(tab).views.map((view) => view.title)", tab)
        assert set(own) <= open_to_all  # and the words of the page are
    page.evaluate("glassbox.note(glassbox.words('refusals', 'unknown_model', { model: 'Kuchen' }), 'bad')")
    page.locator(".gb-tab[data-tab=about]").click()
    page.locator("#gb-model input").click()
    assert strangers(page) == []
    assert "Kuchen" not in "".join(text for _, text in page.evaluate(TRANSLATED))
