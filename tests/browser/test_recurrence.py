"""An RNN beside a transformer on the page: what is shown against both models run by torch alone."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

import models.lstm  # noqa: F401  (tells transformers what an LSTM is)
from tests.browser.plain import Plain
from tests.browser.reading import LOCALES, MODELS, SENTENCES, address, answer, unfold, until, wait

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
RNNS = {"en": "stories-lstm", "ko": "ko-lstm"}
TAB = "recurrence"
Both = tuple[Plain, Plain]


@pytest.fixture(scope="module", params=["en", "ko"])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def both(language: str) -> Both:
    """The RNN and the transformer."""
    return Plain(RNNS[language]), Plain(MODELS[language])


def opened(visit: Open, language: str, **controls: Any) -> Page:
    named = {f"{TAB}__{name}": value for name, value in controls.items()}
    page = visit(address(language, TAB, SENTENCES[language], **named), locale=LOCALES[language])
    wait(page, TAB, SENTENCES[language])
    return page


def figure(page: Page, view: str) -> Any:
    return answer(page, TAB, view)["props"]["figure"]


def rows(page: Page, view: str) -> list[Any]:
    return answer(page, TAB, view)["rows"]


def shares(model: Plain, ids: list[int]) -> np.ndarray:
    """(T, V)"""
    with torch.inference_mode():
        return torch.softmax(model.model(torch.tensor([ids])).logits[0].double(), -1).numpy()


def states(model: Plain, text: str) -> np.ndarray:
    """(T, S), the hidden state after each token."""
    lstm = model.model
    with torch.inference_mode():
        return lstm.layers(lstm.embedding(torch.tensor([model.ids(text)])))[0][0].numpy()


def choose(page: Page, view: str, column: int) -> None:
    """Clicks on a column of a picture, counted from 0, as a hand does: in the middle of its bottom part."""
    count = len(answer(page, TAB, "beside")["props"]["figure"]["layout"]["meta"]["row"]["places"])
    plot = page.locator(f"#stage-{TAB} [data-view={view}] .xy, #stage-{TAB} [data-view={view}] .x2y2").last
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * (column + 0.5) / count, box["y"] + 0.8 * box["height"])


@pytest.mark.idea("C27")
def test_both_predictions_are_the_models_own_at_every_place(visit: Open, language: str, both: Both) -> None:
    page = opened(visit, language)
    ids = both[0].ids(SENTENCES[language])
    assert both[1].ids(SENTENCES[language]) == ids
    rnn, transformer = (shares(model, ids) for model in both)
    middle = (rnn + transformer) / 2
    apart = [(p * np.log2(p / middle)).sum(-1) / 2 for p in (rnn, transformer)]
    for at, row in enumerate(rows(page, "numbers")):
        place, _, _, rnn_bits, _, transformer_bits, _, divergence, variation, _ = row
        assert place == at + 1
        assert divergence == pytest.approx(apart[0][at] + apart[1][at], abs=1e-4)
        assert variation == pytest.approx(np.abs(rnn[at] - transformer[at]).sum() / 2, abs=1e-4)
        if at + 1 == len(ids):
            assert rnn_bits is None and transformer_bits is None
        else:
            assert rnn_bits == pytest.approx(-math.log2(rnn[at, ids[at + 1]]), abs=1e-3)
            assert transformer_bits == pytest.approx(-math.log2(transformer[at, ids[at + 1]]), abs=1e-3)


@pytest.mark.idea("C27")
def test_a_click_on_a_word_shows_both_guesses_there(visit: Open, language: str, both: Both) -> None:
    page = opened(visit, language)
    ids = both[0].ids(SENTENCES[language])
    page.wait_for_selector(f"#stage-{TAB} [data-view=beside] [data-drawn]")
    choose(page, "beside", 2)
    until(page, f"glassbox.state.controls.{TAB}.position === 3")
    wait(page, TAB)
    drawn = page.locator(f"#stage-{TAB} [data-view=beside] .bartext")
    for name, model in zip((RNNS[language], MODELS[language]), both, strict=True):
        own = shares(model, ids)[2]
        bars = next(trace for trace in figure(page, "beside")["data"] if name in (trace.get("name") or ""))
        assert max(bars["x"]) == pytest.approx(own.max(), abs=1e-5)
        assert f"{100 * own.max():.2f}%" in bars["text"]
        expect(drawn.filter(has_text=f"{100 * own.max():.2f}%").first).to_be_attached()
    assert "recurrence%2Eposition=3" in page.url


@pytest.mark.idea("C27")
def test_the_place_can_be_chosen_without_a_mouse(visit: Open, language: str) -> None:
    page = opened(visit, language)
    chosen = page.locator(f"#stage-{TAB} .gb-row [aria-pressed=true]")
    count = page.locator(f"#stage-{TAB} .gb-row button").count()
    chosen.focus()
    page.keyboard.press("ArrowLeft")
    until(page, f"glassbox.state.controls.{TAB}.position === {count - 1}")
    page.keyboard.press("Home")
    until(page, f"glassbox.state.controls.{TAB}.position === 1")
    wait(page, TAB)
    said = page.locator(f"#stage-{TAB} [data-view=beside] .gb-alternative").inner_text()
    best = rows(page, "guesses")[0]
    assert best[1] in said and best[3] in said
    assert bool(re.search("[가-힣]", said.replace(SENTENCES["ko"], ""))) == (language == "ko")


@pytest.mark.idea("C28")
def test_the_state_is_the_models_own(visit: Open, language: str, both: Both) -> None:
    page = opened(visit, language)
    whole = states(both[0], SENTENCES[language])
    before = np.vstack([np.zeros_like(whole[:1]), whole[:-1]])
    moved = np.abs(whole - before).sum(-1) / (np.abs(whole) + np.abs(before)).sum(-1)
    assert [row[-1] for row in rows(page, "numbers")] == pytest.approx(moved.tolist(), abs=1e-4)
    unfold(page, "state")
    page.wait_for_selector(f"#stage-{TAB} [data-view=state] [data-drawn]")
    script = f"""() => {{
        const [grid] = document.querySelector("#stage-{TAB} [data-view=state] .js-plotly-plot").calcdata;
        return {{z: grid[0].z.map((row) => Array.from(row)), units: grid[0].text.map((row) => row[0])}};
    }}"""
    drawn = page.evaluate(script)
    units = [int(re.findall(r"\d+", text)[0]) for text in drawn["units"]]
    assert np.abs(np.array(drawn["z"]) - whole[:, units].T).max() < 1e-5


@pytest.mark.idea("C28")
def test_a_word_fades_from_the_state(visit: Open, language: str, both: Both) -> None:
    """Each cell is the model's own, with the word and without it; seen over all words, the traces grow fainter."""
    page = opened(visit, language)
    model, parts = both[0], SENTENCES[language].split()
    packed = figure(page, "remains")["data"][0]["z"]
    cells = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).reshape(
        [int(side) for side in packed["shape"].split(",")]
    )
    whole = states(model, SENTENCES[language])
    assert cells.shape == (len(parts) - 1, len(whole))
    for row, cell in enumerate(cells):
        stop = len(model.ids(" ".join(parts[: row + 1])))
        less = states(model, (" " if row == 0 else "") + " ".join(parts[:row] + parts[row + 1 :]))
        there, gone = whole[stop:], less[stop - len(whole) :]
        expected = np.abs(there - gone).sum(-1) / (np.abs(there) + np.abs(gone)).sum(-1)
        assert np.isnan(cell[:stop]).all() and np.abs(cell[stop:] - expected).max() < 1e-4
    traces = [cell[~np.isnan(cell)] for cell in cells]
    assert np.mean([trace[0] for trace in traces[:-2]]) > 1.5 * np.mean([trace[-1] for trace in traces[:-2]])


@pytest.mark.idea("C29")
def test_with_fewer_words_the_guess_is_the_models_own_on_them(visit: Open, language: str, both: Both) -> None:
    page = opened(visit, language)
    text = SENTENCES[language]
    counted = len(text.split())
    for row in rows(page, "windows"):
        count = row[0]
        tail = text if count == counted else " " + " ".join(text.split()[-count:])
        for model, (guess, share) in zip(both, (row[1:3], row[5:7]), strict=True):
            own = shares(model, model.ids(tail))[-1]
            assert share == pytest.approx(own.max(), abs=1e-5)
            assert guess.lstrip("␣").strip("↵") in model.tokenizer.decode([int(own.argmax())])
    assert [row[0] for row in rows(page, "windows")][-1] == counted
    unfold(page, "shorter")
    page.wait_for_selector(f"#stage-{TAB} [data-view=shorter] [data-drawn]")
    lines = [trace for trace in figure(page, "shorter")["data"] if trace.get("yaxis") != "y2"]
    for model, line in zip(both, lines, strict=True):
        assert line["y"] == pytest.approx(
            [mean_surprise(model, text, row[0]) for row in rows(page, "windows")], abs=1e-3
        )


def mean_surprise(model: Plain, text: str, count: int) -> float:
    """In bits over the tokens of a text after the first, each guessed from `count` words at most, its own part read."""
    ids, parts = model.ids(text), text.split()
    stops = [len(model.ids(" ".join(parts[: place + 1]))) for place in range(len(parts))]
    bits = []
    for at in range(len(ids) - 1):
        own = next(place for place, stop in enumerate(stops) if at < stop)
        first = stops[own - count] if own >= count else 0
        bits.append(-math.log2(shares(model, ids[first : at + 1])[-1, ids[at + 1]]))
    return float(np.mean(bits))


def test_another_language_brings_its_own_rnn(visit: Open) -> None:
    page = visit(address("en", TAB, SENTENCES["ko"], model="ko-gpt"), locale="ko-KR")
    wait(page, TAB, SENTENCES["ko"])
    assert [row[1] for row in rows(page, "both")] == ["ko-lstm", "ko-gpt"]


def test_models_of_different_tokens_are_refused_in_one_sentence(visit: Open, language: str) -> None:
    other = RNNS["ko" if language == "en" else "en"]
    page = visit(address(language, TAB, SENTENCES[language], recurrence__rnn=other), locale=LOCALES[language])
    said = page.locator(f"#stage-{TAB} .gb-refusal")
    expect(said).to_contain_text(other, timeout=60_000)
    assert bool(re.search("[가-힣]", said.inner_text())) == (language == "ko")
