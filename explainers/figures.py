"""Plotly pieces that the topics share: one template, one palette, axes of tokens, heatmap, bars, scatter.

Figures carry the light palette; in the page, the figure component puts its theme's colours in their place. They have
no title of their own (the page gives it one) and no background.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go

from explainers.plot import Figure

FILE = Path(__file__).resolve().parent.parent / "assets" / "palette.json"
FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', "
    "'Noto Sans CJK KR', sans-serif"
)
MOST_TICKS = 64  # more token labels than this on an axis run into each other


@lru_cache
def palette(theme: str = "light") -> dict[str, str]:
    """CSS variable -> colour, of the theme "light" or "dark"."""
    return json.loads(FILE.read_text(encoding="utf-8"))[theme]


def colour(name: str) -> str:
    """The light palette's colour of that name, such as "prob"."""
    return palette()[f"--gb-{name}"]


def scale() -> list[tuple[float, str]]:
    """The one sequential colour scale, from nothing to strong."""
    return [(step / 8, colour(f"scale-{step}")) for step in range(9)]


def scale_of_both() -> list[tuple[float, str]]:
    """The scale of numbers on both sides of 0, which is the page's own background: minus orange, plus blue."""
    return [(0.0, colour("key")), (0.5, colour("bg")), (1.0, colour("prob"))]


@lru_cache
def template() -> go.layout.Template:
    """What all figures have in common."""
    axis = {"gridcolor": colour("line"), "linecolor": colour("line"), "zeroline": False, "automargin": True}
    return go.layout.Template(
        layout={
            "font": {"family": FONTS, "size": 14, "color": colour("text")},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [colour(name) for name in ("prob", "query", "key", "value", "accent")],
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"font": {"family": FONTS}},
            "showlegend": False,
        }
    )


def plain(text: str) -> str:
    """Text as Plotly shows it unchanged: it reads `<b>` and `&lt;` as marks otherwise."""
    return html.escape(text, quote=False)


def percent(probability: float) -> str:
    """A probability for a person, as the browser writes it: 0% or 100% only where it is exactly that.

    >>> percent(0.25), percent(1e-9), percent(0.9999999), percent(0.0), percent(1.0)
    ('25.00%', '<0.01%', '>99.99%', '0%', '100%')
    """
    if probability in (0, 1):
        return f"{probability:.0%}"
    if probability < 0.0001:
        return "<0.01%"
    return ">99.99%" if probability > 0.9999 else f"{probability:.2%}"


def token_axis(labels: Sequence[str], title: str = "") -> dict[str, Any]:
    """An axis with a token at each whole number from 0, so that one may come twice; of many, every nth is named."""
    places = range(0, len(labels), -(-len(labels) // MOST_TICKS) or 1)
    return {
        "tickmode": "array",
        "tickvals": list(places),
        "ticktext": [plain(labels[place]) for place in places],
        "title": {"text": plain(title)},
        "range": [-0.5, len(labels) - 0.5],
        "showgrid": False,
    }


def figure(trace: Any, height: int, **layout: Any) -> Figure:
    """A figure of one trace in the house's template; as wide as the place it is put in."""
    return Figure(trace, layout={"template": template(), "height": height, **layout})


def heatmap(
    z: np.ndarray,
    x: Sequence[str],
    y: Sequence[str],
    *,
    titles: tuple[str, str, str] = ("x", "y", "z"),
    high: float | None = None,
    both: bool = False,
    number: str = ".4g",
    written: str = "",
) -> go.Figure:
    """A matrix z of (rows, columns) in the sequential scale from 0 to `high` (its largest, if None), row 0 on top.

    x, y: the labels of columns and rows; titles: of x, y and the colour bar; both: z has both signs, and the scale goes
    from -high to high; number: how the hover writes a value; written: how a cell does, if at all.
    """
    high = high if high is not None else float(np.abs(z).max()) or 1.0
    lines = (f"{plain(title)}: %{{{axis}}}" for title, axis in zip(titles, ("x", "y", f"z:{number}"), strict=True))
    trace = go.Heatmap(
        z=z,
        zmin=-high if both else 0,
        zmax=high,
        colorscale=scale_of_both() if both else scale(),
        colorbar={"title": {"text": plain(titles[2])}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="<br>".join(lines) + "<extra></extra>",
        texttemplate=f"%{{z:{written}}}" if written else None,
        textfont={"size": 12},
    )
    down = token_axis(y, titles[1]) | {"range": [len(y) - 0.5, -0.5]}
    return figure(trace, min(max(240, 120 + 26 * len(y)), 720), xaxis=token_axis(x, titles[0]), yaxis=down)


def bars(
    labels: Sequence[str],
    heights: Sequence[float],
    *,
    titles: tuple[str, str] = ("x", "y"),
    texts: Sequence[str] = (),
    hovers: Sequence[str] = (),
    shares: bool = False,
) -> go.Figure:
    """Upright bars from 0.

    texts: above each; hovers: in place of label and height; shares: of 1, on an axis that goes up to all of it.
    """
    trace = go.Bar(
        x=list(range(len(labels))),
        y=list(heights),
        marker={"color": colour("prob")},
        text=[plain(text) for text in texts] or None,
        textposition="outside",
        cliponaxis=False,
        hovertext=[plain(hover).replace("\n", "<br>") for hover in hovers] or None,
        hoverinfo="text" if hovers else None,
        hovertemplate=None if hovers else "%{x}: %{y}<extra></extra>",
    )
    up: dict[str, Any] = {"title": {"text": plain(titles[1])}, "rangemode": "tozero"}
    if shares:
        up |= {"range": [0, 1.08], "tickformat": ".0%", "dtick": 0.25}
    return figure(trace, 320, xaxis=token_axis(labels, titles[0]), yaxis=up)


def scatter(
    x: Sequence[float],
    y: Sequence[float],
    labels: Sequence[str],
    *,
    titles: tuple[str, str] = ("x", "y"),
) -> go.Figure:
    """Named points, each coloured by its place as tokens are, and never by colour alone: the label stands beside it."""
    trace = go.Scatter(
        x=list(x),
        y=list(y),
        mode="markers+text",
        text=[plain(label) for label in labels],
        textposition="top center",
        marker={"size": 12, "color": [colour(f"token-{place % 8}") for place in range(len(labels))]},
        hovertemplate="%{text}: %{x:.4g}, %{y:.4g}<extra></extra>",
    )
    trace.marker.line = {"color": colour("muted"), "width": 1}
    return figure(trace, 480, xaxis={"title": {"text": plain(titles[0])}}, yaxis={"title": {"text": plain(titles[1])}})
