"""A notebook shows every view by itself, with the network cut: docs/notebook.ipynb is run and looked at."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import Browser, Page

from explainers import ALL, attention, figures, notebook, sampling
from explainers.contract import Component, Explainer, Html, Table
from explainers.words import words_for
from models.refusal import sentences
from tests.laws.tree import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.weights]

MORE = """
fresh = attention.heatmap(t)
fresh.show()
from explainers.contract import Markdown
Markdown("a **word**")
---
attention.trace("")
"""
MOST = 3_000_000  # bytes that a notebook's server lets out of a cell before it drops what comes


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The code cells of the notebook, run by a kernel, and two more."""
    found = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    for cell in found.cells:
        assert not cell.get("outputs"), "an output was committed"
    found.cells += [nbformat.v4.new_code_cell(source.strip()) for source in MORE.split("---")]
    NotebookClient(
        found, timeout=300, allow_errors=True, resources={"metadata": {"path": str(ROOT / "docs")}}
    ).execute()
    return [cell for cell in found.cells if cell.cell_type == "code"]


def shown(cell: Any) -> list[dict[str, Any]]:
    return [output.data for output in cell.outputs if output.output_type in ("display_data", "execute_result")]


@pytest.mark.slow
def test_the_notebook_runs(cells: list[Any]) -> None:
    wrong = [output for cell in cells[:-1] for output in cell.outputs if output.output_type in ("error", "stream")]
    assert all(output.output_type == "stream" and output.name == "stdout" for output in wrong), wrong
    forms = [data for cell in cells for data in shown(cell)]
    assert len(forms) == 12 and all("text/html" in data or data == {"text/plain": data["text/plain"]} for data in forms)
    assert all(len(data["text/plain"]) < 300 for data in forms)


@pytest.mark.slow
def test_a_refusal_is_a_sentence_and_no_trace(cells: list[Any]) -> None:
    (error,) = cells[-1].outputs
    assert error.output_type == "error" and error.traceback == [sentences("en")["empty_text"]]
    said = "".join(output.text for output in cells[-3].outputs)
    assert said.splitlines() == [sentences(language)["empty_text"] for language in ("en", "ko")]


@pytest.mark.slow
def test_an_output_holds_all_it_needs_and_is_let_out(cells: list[Any]) -> None:
    for cell in cells:
        pages = [data.get("text/html", "") for data in shown(cell)]
        assert sum(map(len, pages)) < MOST
        drawings = [page for page in pages if "glassboxPlotly" in page]
        assert [len(page) > 1_000_000 for page in drawings] == [True, *[False] * (len(drawings) - 1)][: len(drawings)]


@pytest.fixture
def quiet_page(browser: Browser) -> Any:
    """A page that is nobody's, and what it asked for or complained of."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    context.set_default_timeout(120_000)
    page, wrongs = context.new_page(), []
    page.on(
        "request", lambda asked: wrongs.append(asked.url) if not asked.url.startswith(("about:", "data:")) else None
    )
    page.on("pageerror", lambda error: wrongs.append(str(error)))
    page.on("console", lambda message: wrongs.append(message.text) if message.type == "error" else None)
    yield page, wrongs
    context.close()


def put(page: Page, pages: list[str]) -> None:
    """Puts outputs into a page as JupyterLab does: the markup first, then its scripts, made anew."""
    page.evaluate(
        """(pages) => pages.forEach((html) => {
            const box = document.body.appendChild(document.createElement("div"));
            box.innerHTML = html;
            for (const old of box.querySelectorAll("script")) {
                const script = document.createElement("script");
                script.textContent = old.textContent;
                old.replaceWith(script);
            }
        })""",
        pages,
    )


@pytest.mark.slow
def test_what_the_notebook_shows_is_drawn_with_the_network_cut(
    cells: list[Any], quiet_page: Any, tmp_path: Path
) -> None:
    page, wrongs = quiet_page
    pages = [data["text/html"] for cell in cells for data in shown(cell) if "text/html" in data]
    put(page, pages)
    figures_, frames = (sum(mark in text for text in pages) for mark in ("glassboxPlotly", "<iframe"))
    page.wait_for_function(
        "(count) => document.querySelectorAll('.js-plotly-plot[data-drawn]').length >= count", arg=figures_
    )
    own = [frame for frame in page.frames if frame != page.main_frame]
    assert (figures_, len(own)) == (4, frames) and frames == 4
    for frame in own:
        drawn = "[data-drawn]" if frame.query_selector("#root") else "svg line, svg path, svg rect"
        frame.wait_for_selector(drawn, state="attached")
    names = page.frames[1].evaluate("document.body.innerText")
    assert words_for("components", "en")("heads.layer") in names
    page.wait_for_function("document.querySelector('iframe').offsetHeight != 480")
    assert page.locator("table.glassbox tbody tr").count() > 50
    assert not wrongs
    page.screenshot(path=tmp_path / "notebook.png", full_page=True)


def forms(explainer: Explainer) -> list[tuple[str, Any, dict[str, Any]]]:
    made = explainer.trace("The cat <b>sat</b> & </script> on it.")
    *_, trace = made if hasattr(made, "__next__") else [made]
    views = [(name, view(trace, words_for(explainer.name, "en"))) for name, view in explainer.views.items()]
    return [(name, view, view._repr_mimebundle_()) for name, view in views]


@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_every_view_has_a_form_for_a_notebook(explainer: Explainer) -> None:
    for name, view, form in forms(explainer):
        page = form["text/html"]
        assert "<b>sat" not in page and not re.search(
            r"(src|href)=\"?https?://(?!nowhere\.invalid)", html.unescape(page)
        ), name
        assert repr(view) == form["text/plain"] and len(repr(view)) < 300
        if isinstance(view, Table):
            assert page.count("<tr>") == len(view.rows) + 1
        elif isinstance(view, Component | Html):
            assert 'sandbox="allow-scripts"' in page
        elif isinstance(view, figures.Figure):
            assert form["application/vnd.plotly.v1+json"]["data"] and '"bdata":' not in page


@pytest.mark.slow
def test_a_text_cannot_leave_its_output(quiet_page: Any) -> None:
    page, wrongs = quiet_page
    text = "</script><img src=x onerror=document.title='out'> \"'&lt; </iframe>"
    trace = attention.trace(text)
    views = [attention.heads(trace), attention.heatmap(trace), attention.numbers(trace), attention.lines(trace)]
    put(page, [view._repr_mimebundle_()["text/html"] for view in views])
    page.wait_for_selector(".js-plotly-plot[data-drawn]", state="attached")
    page.frames[1].wait_for_selector("[data-drawn]", state="attached")
    assert page.title() == "" and not page.query_selector("img") and not wrongs


def test_knobs_of_a_view_reach_its_component() -> None:
    view = sampling.candidates(sampling.trace("Once"), temperature=0.3, seed=9)
    assert view.knobs == {"temperature": 0.3, "top_k": 0, "top_p": 1.0, "greedy": False, "seed": 9, "markers": False}
    assert '"temperature": 0.3' in html.unescape(notebook.bundle(view)["text/html"])
