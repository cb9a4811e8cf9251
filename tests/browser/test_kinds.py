"""Models of several kinds in one picker: each tab takes the chosen one where it can, and says so where it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from explainers import ALL
from explainers.contract import Model
from explainers.words import words_for
from models.catalog import BERT, LSTM
from tests.browser.reading import LOCALES, MODELS, SENTENCES, address, answer, in_turn, until, wait
from tests.browsing import App
from tests.tiny import MARK

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
SLOW = 30_000  # ms that a loaded machine may take
KINDS = {"tiny-bert": BERT, "tiny-lstm": LSTM}
NEEDS = {  # of each tab that takes one model
    explainer.name: models[0].needs
    for explainer in ALL
    if len(models := [c for c in explainer.controls if isinstance(c, Model)]) == 1
}


@pytest.fixture(scope="module")
def server(lab: App) -> App:
    """The app with models of all kinds, and with a tab that takes two."""
    return lab


def sent(page: Page, tab: str) -> dict[str, str]:
    """The controls of the newest request of a tab."""
    return dict(page.evaluate("(tab) => JSON.parse(glassbox.request(tab)).controls", tab))


def choose(page: Page, field: str, name: str) -> None:
    """Chooses a model in a drop-down, as a person does."""
    page.locator(f"{field} input").click()
    page.locator(field).get_by_role("option", name=name, exact=True).click()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_picker_offers_every_kind_the_pages_language_first(visit: Open, language: str) -> None:
    page = visit(address(language, "tokens"), locale=LOCALES[language])
    wait(page, "tokens")
    page.locator("#gb-model input").click()
    options = page.locator("#gb-model [role=option]")
    expect(options.first).to_be_visible()
    offered = [option.strip().removeprefix("✓").strip() for option in options.all_inner_texts()]
    assert offered[0] == MODELS[language]
    assert {"tiny-bert", "tiny-lstm", "tiny-ko-lstm", "stories-gpt", "ko-gpt"} <= set(offered)
    apart = ("en-ko-t5", "our-bert")  # which speaks both, and a host's, which stands by itself
    korean = [name.startswith(("ko-", "tiny-ko-")) for name in offered if name not in apart]
    assert korean == sorted(korean, reverse=language == "ko")  # the other language's stand together, after its own


@pytest.mark.parametrize(("tab", "language"), in_turn([*NEEDS]))
@pytest.mark.parametrize("model", KINDS)
def test_a_tab_takes_the_chosen_model_or_says_who_answers(visit: Open, tab: str, model: str, language: str) -> None:
    page = visit(address(language, tab, SENTENCES["en"], model=model), locale=LOCALES[language])
    wait(page, tab, SENTENCES["en"])
    said = page.locator(f"#stage-{tab} .gb-instead")
    expect(page.locator(f"#stage-{tab} .gb-refusal")).to_be_hidden(timeout=SLOW)
    assert page.locator("#gb-model input").input_value() == model
    if NEEDS[tab] <= KINDS[model]:
        expect(said).to_be_hidden()
        assert sent(page, tab)["model"] == model
    else:
        expect(said).to_contain_text(model)
        expect(said).to_contain_text("stories-gpt")
        assert any("가" <= c <= "힣" for c in said.inner_text()) == (language == "ko")
        assert sent(page, tab)["model"] == "stories-gpt"


@pytest.mark.parametrize("model", KINDS)
def test_the_strip_names_the_model_that_it_shows(visit: Open, model: str) -> None:
    page = visit(address("ko", "tokens", SENTENCES["en"], model=model), locale="en-US")
    wait(page, "tokens", SENTENCES["en"])
    expect(page.locator("[data-station=tokens] .gb-station-model")).to_have_text("stories-gpt")
    expect(page.locator("[data-station=next]")).to_contain_text("%")
    choose(page, "#gb-model", "ko-gpt")
    expect(page.locator("[data-station=tokens] .gb-station-model")).to_have_count(0, timeout=SLOW)


def test_choosing_another_model_takes_the_line_away(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"], model="tiny-bert"), locale="ko-KR")
    wait(page, "sampling", SENTENCES["en"])
    expect(page.locator("#stage-sampling .gb-instead")).to_be_visible()
    choose(page, "#gb-model", "tiny-lstm")
    expect(page.locator("#stage-sampling .gb-instead")).to_be_hidden(timeout=SLOW)
    wait(page, "sampling", SENTENCES["en"])
    assert sent(page, "sampling")["model"] == "tiny-lstm"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_model_that_is_not_offered_is_nonsense_in_a_link(visit: Open, language: str) -> None:
    page = visit(address(language, "tokens", "ok", model="gpt-5"), locale=LOCALES[language])
    wait(page, "tokens", "ok")
    expect(page.locator("#gb-note")).not_to_be_empty()
    assert page.evaluate("glassbox.state.model") == MODELS[language]


def rows(page: Page) -> list[str]:
    """The two models that the tab "pair" has run."""
    return [row[0] for row in answer(page, "pair", "numbers")["rows"]]


def test_the_second_model_fits_the_first_until_it_is_chosen(visit: Open) -> None:
    page = visit(address("en", "pair", SENTENCES["en"]), locale="ko-KR")
    wait(page, "pair", SENTENCES["en"])
    assert page.locator(".gb-control-rnn input").input_value() == "Automatic"
    assert rows(page)[0] == "stories-gpt" and rows(page)[1] in ("stories-lstm", "tiny-lstm")
    assert "rnn" not in page.evaluate("glassbox.write(glassbox.state)")
    choose(page, "#gb-model", "ko-gpt")
    wait(page, "pair", SENTENCES["en"])
    assert rows(page)[0] == "ko-gpt" and rows(page)[1] in ("ko-lstm", "tiny-ko-lstm")
    choose(page, ".gb-control-rnn", "tiny-lstm")
    until(page, "glassbox.state.controls.pair.rnn === 'tiny-lstm'")
    wait(page, "pair", SENTENCES["en"])
    assert rows(page) == ["ko-gpt", "tiny-lstm"]
    link = page.evaluate("glassbox.address(glassbox.state)")
    other = visit(link[link.index("/", 8) :], locale="ko-KR")
    wait(other, "pair", SENTENCES["en"])
    assert rows(other) == ["ko-gpt", "tiny-lstm"]
    assert other.locator(".gb-control-rnn input").input_value() == "tiny-lstm"


def test_the_chosen_model_goes_where_it_fits(visit: Open) -> None:
    page = visit(address("en", "pair", SENTENCES["en"], model="tiny-lstm"), locale="ko-KR")
    wait(page, "pair", SENTENCES["en"])
    assert rows(page) == ["stories-gpt", "tiny-lstm"]
    expect(page.locator("#stage-pair .gb-instead")).to_be_hidden()


def test_a_second_model_of_the_wrong_kind_is_nonsense_in_a_link(visit: Open) -> None:
    page = visit(address("en", "pair", "ok", pair__rnn="stories-gpt"), locale="ko-KR")
    wait(page, "pair", "ok")
    expect(page.locator("#gb-note")).not_to_be_empty()
    assert page.evaluate("glassbox.state.controls.pair.rnn") == ""


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_tall_model_with_special_tokens_is_at_home(open_page: Open, language: str) -> None:
    """Its list holds no marker until that is asked for, its maps stand in blocks, and nothing calls it small."""
    page = open_page(address(language, "sampling", "the small bird", model="tiny-tall"), locale=LOCALES[language])
    wait(page, "sampling", "the small bird")
    panel = page.locator("#panel-sampling")
    expect(panel.locator(".gb-candidates-written")).to_have_text("the small bird")
    names = panel.locator(".gb-candidates-bars li:not([hidden]) .gb-candidates-name")
    expect(names.first).not_to_have_text(MARK)
    share = float(panel.locator(".gb-candidates-markers").get_attribute("data-value") or 0)
    assert share > 0.5
    panel.locator(".gb-candidates-markers button").click()
    expect(names.first).to_have_text(MARK)
    expect(names.first).to_have_class(re.compile("gb-special"))
    assert "markers=true" in page.evaluate("glassbox.write(glassbox.state)")
    shown = float(panel.locator(".gb-candidates-row").first.get_attribute("data-own") or 0)
    assert 0 < shown <= share
    expect(panel.locator(".gb-caution")).to_have_text(words_for("sampling", language)("caution_large"))
    expect(panel.locator(".gb-fails .gb-of-small")).to_be_hidden()
    page.locator("#gb-model input").click()
    option = page.locator("#gb-model").get_by_role("option", name="tiny-tall", exact=True)
    expect(option).to_have_attribute("data-about", re.compile("300M"))
    page.keyboard.press("Escape")
    page.evaluate("document.querySelector('.gb-tab[data-tab=attention]').click()")
    wait(page, "attention", "the small bird")
    grid = page.locator("#panel-attention .gb-heads-over canvas")
    place = {name: float(grid.get_attribute(f"data-{name}") or 0) for name in ("left", "top", "side", "rows", "stride")}
    assert place["rows"] < 18
    x = place["stride"] + place["left"] + 2.5 * place["side"]
    grid.click(position={"x": x, "y": place["top"] + 1.5 * place["side"]})
    chosen = page.evaluate("glassbox.state.controls.attention")
    assert (chosen["layer"], chosen["head"]) == (place["rows"] + 2, 3)
