"""The embeddings tab as a person uses it: rows to read, a space to fly through, neighbours, sums of words."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from explainers import dots
from tests.browser.plain import Plain
from tests.browser.reading import LOCALES, MODELS, PATHS, SENTENCES, address, answer, unfold, until, wait, write

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]

SLOW = pytest.mark.slow  # without a GPU to draw it, three dimensions are
EACH = pytest.mark.parametrize("language", list(PATHS))
PICTURE = "#stage-embeddings [data-view=picture]"
WORDS = {"en": " red", "ko": " 한국"}  # not in the sentences


def table_of(plain: Plain) -> torch.Tensor:
    return plain.model.get_input_embeddings().weight.detach()


def centred(plain: Plain) -> torch.Tensor:
    """The rows as seen from their mean, from where all angles are."""
    table = table_of(plain).double()
    return table - table.mean(0)


def nearest(plain: Plain, token: int, count: int = 12) -> list[int]:
    """The ids whose rows point most nearly the same way from their mean, by torch's own cosine over all numbers."""
    table = centred(plain)
    alike = torch.nn.functional.cosine_similarity(table[token][None], table, dim=-1)
    alike[token] = -2
    return alike.topk(count).indices.tolist()


def shown(page: Page, tab: str = "embeddings") -> dict[str, Any]:
    """The leading figure as it came: its traces by name, and what it says of itself."""
    figure = answer(page, tab, "picture")["props"]["figure"]
    return {trace["name"]: trace for trace in figure["data"]} | {"meta": figure["layout"]["meta"]}


def arrived(page: Page, token: int | None = None) -> None:
    """Returns when the plot has been drawn and has flown to where it should."""
    until(
        page,
        """(token) => {
            const at = document.querySelector("#stage-embeddings [data-view=picture] .gb-figure-plot")?.dataset.at;
            return at && (token === null || at.endsWith(` ${token}`));
        }""",
        arg=token,
    )


def opened(visit: Open, language: str, motion: str = "reduce", **controls: Any) -> Page:
    link = address(language, "embeddings", SENTENCES[language], **controls)
    page = visit(link, locale=LOCALES[language], motion=motion)
    wait(page, "embeddings", SENTENCES[language])
    arrived(page)
    return page


@pytest.mark.idea("C7")
@EACH
def test_an_id_picks_a_row_of_the_models_own_table(visit: Open, language: str) -> None:
    page = opened(visit, language)
    plain = Plain(MODELS[language])
    ids = plain.ids(SENTENCES[language])
    rows = table_of(plain)[ids].numpy()
    unfold(page, "lookup")
    cells = page.locator("[data-view=lookup] tbody tr").evaluate_all(
        "(rs) => rs.map((r) => [...r.cells].map((c) => c.innerText))"
    )
    assert [int(cell[2]) for cell in cells] == ids
    for cell, row in zip(cells, rows, strict=True):
        np.testing.assert_allclose([float(value) for value in (*cell[3:8], cell[9])], [*row[:5], row[-1]], rtol=1e-3)
    unfold(page, "rows")
    page.wait_for_selector("[data-view=rows] .gb-figure-plot[data-drawn]")
    drawn = page.locator("[data-view=rows] .gb-figure-plot").evaluate(
        "(p) => Array.from(p._fullData[0].z, (row) => Array.from(row))"
    )
    np.testing.assert_allclose(drawn, rows, rtol=1e-6)


@pytest.mark.idea("C9")
@EACH
def test_the_neighbours_are_the_nearest_by_cosine_and_a_click_goes_to_one(visit: Open, language: str) -> None:
    page = opened(visit, language)
    plain = Plain(MODELS[language])
    assert shown(page)["meta"]["chosen"] in plain.ids(SENTENCES[language])
    (token,) = plain.ids(WORDS[language])
    box = page.locator(f"{PICTURE} .gb-beside-box")
    box.fill(WORDS[language].strip())
    box.press("Enter")
    arrived(page, token)
    near = nearest(plain, token)
    listed = [row["data"] for row in shown(page)["meta"]["near"]["rows"]]
    assert listed == near
    table = centred(plain)
    best = float(torch.nn.functional.cosine_similarity(table[token], table[near[0]], dim=0))
    assert page.locator(f"{PICTURE} .gb-beside-value").first.inner_text() == f"{best:.2f}"
    page.locator(f"{PICTURE} .gb-beside-row").first.click()
    arrived(page, near[0])
    assert page.evaluate("glassbox.state.controls.embeddings.token") == near[0]
    assert f"embeddings%2Etoken={near[0]}" in page.url
    assert [row["data"] for row in shown(page)["meta"]["near"]["rows"]] == nearest(plain, near[0])
    write(page, SENTENCES[language] + " ?")  # another sentence: back among its own words
    wait(page, "embeddings")
    assert page.evaluate("glassbox.state.controls.embeddings.token") == -1


@pytest.mark.idea("C9")
@EACH
def test_the_distance_on_the_screen_is_the_angle(visit: Open, language: str) -> None:
    page = opened(visit, language)
    table = centred(Plain(MODELS[language]))
    token = shown(page)["meta"]["chosen"]
    expected = torch.nn.functional.cosine_similarity(table[token][None], table, dim=-1).clamp(-1, 1).arccos().rad2deg()
    x, y = drawn_at(page, "vocabulary")
    np.testing.assert_allclose(np.hypot(x, y), expected, atol=0.1)


def drawn_at(page: Page, name: str, letters: str = "xy") -> list[list[float]]:
    """The coordinates of a trace as plotly holds them."""
    script = """([name, letters]) => {
        const plot = document.querySelector("#stage-embeddings [data-view=picture] .gb-figure-plot");
        const trace = plot._fullData.find((one) => one.name === name);
        return Array.from(letters, (letter) => Array.from(trace[letter]));
    }"""
    return page.evaluate(script, [name, letters])


@pytest.mark.idea("C8")
@pytest.mark.parametrize(
    ("projection", "letters", "language"),
    [
        ("plane", "xy", "en"),
        ("plane", "xy", "ko"),
        ("space", "xyz", "ko"),
        pytest.param("space", "xyz", "en", marks=SLOW),
    ],
)
def test_the_space_is_that_of_the_principal_components(
    visit: Open, language: str, projection: str, letters: str
) -> None:
    """Against numpy's singular values, up to the sign of an axis; the axes say the share that they hold."""
    page = opened(visit, language, embeddings__projection=projection)
    table = table_of(Plain(MODELS[language])).double().numpy()
    left, values, _ = np.linalg.svd(table - table.mean(0), full_matrices=False)
    for axis, at in enumerate(drawn_at(page, "vocabulary", letters), 1):
        expected = left[:, axis] * values[axis]
        assert np.abs(np.corrcoef(at, expected)[0, 1]) > 0.9999
        np.testing.assert_allclose(np.abs(at), np.abs(expected), atol=1e-3)
        title = page.locator(f"{PICTURE} .gb-figure-plot").evaluate(
            "(p, [deep, letter]) => (deep ? p._fullLayout.scene : p._fullLayout)[`${letter}axis`].title.text",
            [projection == "space", letters[axis - 1]],
        )
        share = 100 * values[axis] ** 2 / (values**2).sum()
        assert f"{share:.2f}%" in title and str(axis + 1) in title


@pytest.mark.idea("C8")
@EACH
@pytest.mark.parametrize("projection", ["plane", pytest.param("space", marks=SLOW)])
def test_a_token_chosen_is_flown_to_and_all_shows_all(visit: Open, language: str, projection: str) -> None:
    page = opened(visit, language, motion="no-preference", embeddings__projection=projection)
    before = view(page)
    (token,) = Plain(MODELS[language]).ids(WORDS[language])
    page.locator(f"{PICTURE} .gb-beside-box").fill(WORDS[language].strip())
    page.locator(f"{PICTURE} .gb-beside-hits button").first.click()
    arrived(page, token)
    assert view(page) != before
    there = view(page)
    page.locator(f"{PICTURE} .gb-figure-knobs button").last.click()  # with axis 1, and back
    until(page, "glassbox.state.controls.embeddings.first === true")
    wait(page, "embeddings")
    page.locator(f"{PICTURE} .gb-figure-views button").first.click()
    page.wait_for_timeout(1500)
    assert view(page) != there


def view(page: Page) -> Any:
    return page.evaluate(
        """() => {
            const { xaxis, yaxis, scene } = document.querySelector("#stage-embeddings .gb-figure-plot")._fullLayout;
            return JSON.stringify(scene ? scene.camera : [xaxis.range, yaxis.range]);
        }"""
    )


NAMES = """() => Array.from(document.querySelectorAll("#stage-embeddings .scatterlayer .textpoint"), (name) => {
    const { left, right, top, bottom } = name.getBoundingClientRect();
    return [getComputedStyle(name).visibility === "visible", left, right, top, bottom, name.textContent];
})"""


def hidden(page: Page) -> int:
    """How many names the picture leaves out; those that it writes do not run into each other."""
    names = page.evaluate(NAMES)
    boxes = [np.array(box) for visible, *box, _ in names if visible]
    assert len(boxes) > 5
    for one, other in combinations(boxes, 2):
        smaller = min((box[1] - box[0]) * (box[3] - box[2]) for box in (one, other))
        assert dots.shared(one, other) <= 0.2 * smaller
    return len(names) - len(boxes)


def test_on_a_phone_a_name_that_has_no_room_is_not_written(visit: Open) -> None:
    """Nor is it in the saved picture; all are written where there is room."""
    page = opened(visit, "ko")
    page.set_viewport_size({"width": 390, "height": 844})
    until(page, "document.querySelector('#stage-embeddings .gb-figure-plot')._fullLayout.width < 390")
    page.wait_for_timeout(500)
    left = hidden(page)
    assert left > 0
    blank = """() => glassbox.names.seen(document.querySelector("#stage-embeddings .gb-figure-plot"))
        .flatMap((trace) => trace.texttemplate ?? []).filter((text) => !text.trim()).length"""
    assert page.evaluate(blank) == left
    page.locator(f"{PICTURE} .gb-figure-views button").nth(1).click()  # from nearer
    page.wait_for_timeout(500)
    near = hidden(page)
    page.locator(f"{PICTURE} .gb-figure-views button").nth(1).click()
    page.wait_for_timeout(500)
    assert min(near, hidden(page)) < left


def test_a_dot_is_chosen_by_a_click_on_it(visit: Open) -> None:
    language = "en"
    page = opened(visit, language)
    token = shown(page)["meta"]["near"]["rows"][0]["data"]
    x, y = (at[0] for at in drawn_at(page, "neighbours"))
    (first,) = [shown(page)["neighbours"]["customdata"][0]]
    spot = page.evaluate(
        """([x, y]) => {
            const plot = document.querySelector("#stage-embeddings .gb-figure-plot");
            const { xaxis, yaxis } = plot._fullLayout;
            const box = plot.getBoundingClientRect();
            return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)];
        }""",
        [x, y],
    )
    page.mouse.move(*spot)
    page.wait_for_timeout(400)
    page.mouse.click(*spot)
    arrived(page, first)
    assert token in [shown(page)["meta"]["chosen"], *nearest(Plain(MODELS[language]), first, 40)]


@pytest.mark.slow
def test_what_a_person_moved_stays_when_only_the_theme_or_the_text_size_changes(open_page: Open) -> None:
    page = opened(open_page, "en", embeddings__projection="space")
    page.locator(f"{PICTURE} .gb-figure-views button").nth(2).click()
    page.wait_for_timeout(1500)
    before = view(page)
    page.evaluate("document.body.classList.toggle('dark')")
    page.wait_for_timeout(1500)
    assert view(page) == before


@pytest.mark.slow
def test_many_updates_leak_no_context_and_a_hidden_plot_holds_none(open_page: Open) -> None:
    page = opened(open_page, "en", embeddings__projection="space")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for name in ("plane", "space") * 5:
        asked = page.evaluate("glassbox.stages.embeddings.asked")
        page.evaluate("(name) => glassbox.set('embeddings', 'projection', name)", name)
        until(page, "(asked) => glassbox.stages.embeddings.asked > asked", arg=asked)
        wait(page, "embeddings")
        page.wait_for_timeout(150)
    arrived(page)
    assert not [text for text in said if "Too many active WebGL contexts" in text]
    assert page.locator("#stage-embeddings canvas").count() <= 4
    page.locator(".gb-tab[data-tab=tokens]").click()
    wait(page, "tokens")
    expect(page.locator("#stage-embeddings canvas")).to_have_count(0)
    page.locator(".gb-tab[data-tab=embeddings]").click()
    page.wait_for_selector("#stage-embeddings .gb-figure-plot[data-drawn]")


def test_without_webgl_the_picture_is_flat_and_says_so(visit: Open) -> None:
    page = visit("/")
    page.wait_for_selector("body[data-ready]")
    page.evaluate("glassbox.webgl = false; glassbox.set('embeddings', 'projection', 'space')")
    page.locator(".gb-tab[data-tab=embeddings]").click()
    wait(page, "embeddings")
    page.wait_for_selector("#stage-embeddings .gb-figure-plot[data-drawn]")
    kinds = page.locator("#stage-embeddings .gb-figure-plot").evaluate("(p) => p._fullData.map((trace) => trace.type)")
    assert set(kinds) == {"scatter"}
    expect(page.locator("#stage-embeddings .gb-figure-note")).to_be_visible()


def test_the_keyboard_goes_from_token_to_token(visit: Open) -> None:
    page = opened(visit, "ko")
    chip = page.locator(f"{PICTURE} .gb-beside-places button").nth(3)
    label = chip.inner_text()
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{PICTURE} .gb-beside-places button").nth(3)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"{PICTURE} .gb-beside-title")).to_contain_text(label)
    assert label in page.locator("[data-view=picture] .gb-alternative").inner_text()


@pytest.mark.idea("C9")
@EACH
def test_three_words_are_a_sum_of_their_rows(visit: Open, language: str) -> None:
    """The nearest row to b - a + c, by torch; the best answer is read off the page's own table."""
    own = {"en": ("big", "small", "happy"), "ko": ("남자", "여자", "소년")}[language]
    page = visit(address(language, "embeddings", " ".join(own)), locale=LOCALES[language])
    wait(page, "embeddings", " ".join(own))
    unfold(page, "arithmetic")
    cells = page.locator("[data-view=arithmetic] tbody tr").first.locator("td").all_inner_texts()
    plain = Plain(MODELS[language])
    a, b, c = (plain.ids(f" {word}")[0] for word in own)
    table = centred(plain)
    alike = torch.nn.functional.cosine_similarity((table[b] - table[a] + table[c])[None], table, dim=-1)
    alike[[a, b, c]] = -2
    best = plain.tokenizer.decode([int(alike.argmax())]).strip()
    assert re.findall(r"\w+", cells[0]) == [own[1], own[0], own[2]]
    assert cells[1].lstrip("␣") == best


def test_angles_between_the_tokens_of_the_sentence(visit: Open) -> None:
    page = opened(visit, "en")
    unfold(page, "angles")
    page.wait_for_selector("[data-view=angles] .gb-figure-plot[data-drawn]")
    drawn = page.locator("[data-view=angles] .gb-figure-plot").evaluate(
        "(p) => Array.from(p._fullData[0].z, (r) => Array.from(r))"
    )
    plain = Plain("stories-gpt")
    rows = centred(plain)[plain.ids(SENTENCES["en"])]
    expected = torch.nn.functional.cosine_similarity(rows[:, None], rows[None], dim=-1).numpy()
    np.testing.assert_allclose(drawn, expected, atol=1e-5)
