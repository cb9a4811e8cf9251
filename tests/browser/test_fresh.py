"""A view shows what is chosen now, whenever it comes into sight; what is out of sight is neither drawn nor sent."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from explainers import ALL
from explainers.contract import Choice, Control, Explainer, Html, Number, Table, Toggle
from explainers.shell.pack import to_json
from explainers.words import words_for
from tests.browser.reading import FILLED, LOCALES, SENTENCES, address, answer, in_turn, unfold, wait

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
# a value of each knob that no page begins with
CHOSEN: dict[str, dict[str, Any]] = {
    "embeddings": {"projection": "plane", "first": True},
    "attention": {"layer": 1, "head": 1, "row": 2, "column": 1, "form": "model"},
    "sampling": {"temperature": 0.3, "top_k": 7, "top_p": 0.8, "greedy": False, "seed": 5, "markers": True},
    "recurrence": {"position": 3},
}
KNOBBED = [explainer for explainer in ALL if explainer.knobs]


def trace_of(explainer: Explainer, text: str) -> Any:
    made = explainer.trace(text)
    return list(made)[-1] if hasattr(made, "__next__") else made


def takes(explainer: Explainer, view: str) -> set[str]:
    """The knobs of a view."""
    return {knob.name for knob in explainer.knobs} & set(inspect.signature(explainer.views[view]).parameters)


def is_equal(shown: Any, expected: Any) -> bool:
    """Whether two trees of JSON hold the same, but for the last digits of numbers."""
    if isinstance(expected, dict):
        return shown.keys() == expected.keys() and all(is_equal(shown[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(shown) == len(expected) and all(map(is_equal, shown, expected))
    if isinstance(expected, float) and isinstance(shown, int | float):
        return bool(np.isclose(shown, expected, rtol=1e-4, atol=1e-6))
    return bool(shown == expected)


def hold_chosen(page: Page, explainer: Explainer, view: str, trace: Any, language: str, knobs: dict[str, Any]) -> None:
    """What a view shows is what its function draws with the knobs that are set."""
    own = {name: value for name, value in knobs.items() if name in takes(explainer, view)}
    shown = answer(page, explainer.name, view)
    assert shown["knobs"] == own, view
    drawn = explainer.views[view](trace, words_for(explainer.name, language), **own)
    if isinstance(drawn, Table):
        assert is_equal(shown["rows"], to_json(drawn.rows)), view
    elif isinstance(drawn, Html):
        assert all(f".{value}" in shown["url"] for value in own.values()), view
    elif hasattr(drawn, "to_json"):
        assert is_equal(shown["props"]["figure"], json.loads(drawn.to_json())), view


def test_every_knob_has_a_value_to_be_chosen() -> None:
    for explainer in KNOBBED:
        assert set(CHOSEN[explainer.name]) == {knob.name for knob in explainer.knobs}
        for name, value in CHOSEN[explainer.name].items():
            knob: Control = explainer.control(name)
            assert isinstance(knob, Choice | Number | Toggle) and knob.check(value) == value


@pytest.mark.parametrize(("explainer", "language"), in_turn(KNOBBED), ids=lambda case: getattr(case, "name", case))
def test_what_was_chosen_out_of_sight_is_shown_in_sight(visit: Open, explainer: Explainer, language: str) -> None:
    """Each view is looked at, folded, and looked at again after every knob was moved while it was not in sight."""
    tab, text = explainer.name, SENTENCES[language]
    page = visit(address(language, tab, text), locale=LOCALES[language])
    wait(page, tab, text)
    trace = trace_of(explainer, text)
    folds = [view for view in [*explainer.views][1:] if takes(explainer, view)]
    for view in folds[:2]:
        unfold(page, view)
        page.locator(f"#stage-{tab} [data-view={view}] summary").click()
    for name, value in CHOSEN[tab].items():
        page.evaluate("(given) => glassbox.set(...given)", [tab, name, value])
    wait(page, tab, text)
    for view in folds:
        unfold(page, view)
        hold_chosen(page, explainer, view, trace, language, CHOSEN[tab])


def test_a_table_in_sight_follows_a_knob_that_the_browser_works_out(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"]))
    wait(page, "sampling", SENTENCES["en"])
    unfold(page, "numbers")
    page.evaluate("glassbox.set('sampling', 'temperature', 0.3)")
    card = page.locator("#stage-sampling [data-view=numbers]")
    assert card.get_attribute("data-stale") == "", "until it is drawn anew it does not pass for what is chosen"
    page.wait_for_selector("#stage-sampling [data-view=numbers][data-filled]:not([data-stale])")
    explainer = next(one for one in ALL if one.name == "sampling")
    knobs = {"temperature": 0.3, "top_k": 0, "top_p": 1, "greedy": False, "markers": False}
    hold_chosen(page, explainer, "numbers", trace_of(explainer, SENTENCES["en"]), "en", knobs)


def test_a_knob_moved_by_a_link_is_shown_in_a_tab_that_was_open_before(visit: Open) -> None:
    """The table of one tab stays open while another tab is looked at and the knob moves."""
    page = visit(address("en", "attention", SENTENCES["en"]))
    wait(page, "attention", SENTENCES["en"])
    unfold(page, "numbers")
    page.locator(".gb-tab[data-tab=tokens]").click()
    wait(page, "tokens", SENTENCES["en"])
    page.evaluate("glassbox.set('attention', 'layer', 1); glassbox.set('attention', 'head', 2)")
    page.wait_for_timeout(600)  # longer than a knob rests before its tables are asked for
    page.locator(".gb-tab[data-tab=attention]").click()
    page.wait_for_selector("#stage-attention [data-view=numbers][data-filled]:not([data-stale])")
    assert answer(page, "attention", "numbers")["knobs"] == {"layer": 1, "head": 2}


def test_what_a_tab_shows_is_not_pale_when_the_sentence_is_its_own_again(visit: Open) -> None:
    page = visit(address("en", "recurrence", "one two"))
    wait(page, "recurrence", "one two")
    visit(address("en", "tokens", "another"))
    wait(page, "tokens", "another")
    page.wait_for_timeout(600)  # longer than it takes until a stale view is asked for
    visit(address("en", "recurrence", "one two"))
    wait(page, "recurrence", "one two")
    page.wait_for_selector(f"#stage-recurrence [data-view=beside]{FILLED}")


def test_only_what_is_in_sight_is_asked_for_and_sent(open_page: Open) -> None:
    page = open_page(address("en", "recurrence", SENTENCES["en"]), locale=LOCALES["en"])
    wait(page, "recurrence", SENTENCES["en"])
    sent = page.evaluate(
        """() => Object.fromEntries(glassbox.explainer("recurrence").views.map(({ name }) =>
            [name, glassbox.shown("recurrence", name)]).filter(([, answer]) => answer))"""
    )
    assert list(sent) == ["beside"] and len(json.dumps(sent)) < 15_000, len(json.dumps(sent))
    assert answer(page, "recurrence", "numbers")["rows"]
    assert page.evaluate("glassbox.shown('recurrence', 'windows')") is None
