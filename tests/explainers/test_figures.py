"""Figures: one palette, one template, and labels that are shown as they are."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainers import figures


@given(st.floats(0, 1))
def test_a_probability_is_never_rounded_to_0_or_100(probability: float) -> None:
    shown = figures.percent(probability)
    assert (shown == "0%") == (probability == 0)
    assert (shown == "100%") == (probability == 1)
    assert float(shown.strip("<>%")) == pytest.approx(100 * probability, abs=0.01)


def test_palettes_have_the_same_names() -> None:
    assert figures.palette("light").keys() == figures.palette("dark").keys()


def test_labels_may_come_twice_and_are_no_marks() -> None:
    figure = figures.heatmap(np.eye(3), ["<b>a", "&lt;", "<b>a"], ["x", "y", "x"])
    assert list(figure.layout.xaxis.ticktext) == ["&lt;b&gt;a", "&amp;lt;", "&lt;b&gt;a"]
    assert list(figure.layout.xaxis.tickvals) == [0, 1, 2]


def test_of_many_tokens_every_nth_is_named() -> None:
    axis = figures.token_axis([str(n) for n in range(200)])
    assert axis["ticktext"] == [str(n) for n in range(0, 200, 4)]
    assert figures.token_axis([])["ticktext"] == []


def test_an_empty_heatmap_keeps_its_scale() -> None:
    assert figures.heatmap(np.zeros((1, 1)), ["a"], ["b"]).data[0].zmax == 1


@pytest.mark.parametrize(
    "figure",
    [
        figures.heatmap(np.eye(2), ["a", "b"], ["a", "b"]),
        figures.bars(["a", "a"], [1, 2]),
        figures.bars([], []),
        figures.scatter([0, 1], [1, 0], ["a", "b"]),
    ],
    ids=["heatmap", "bars", "no bars", "scatter"],
)
def test_figures_have_no_title_and_no_background(figure: figures.go.Figure) -> None:
    layout = json.loads(figure.to_json())["layout"]
    assert "title" not in layout
    assert layout["template"]["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
