"""What the pictures of `recurrence` share: the RNN in one hue and hatched, the transformer in the other.

A place is chosen by clicking its column, which is drawn as a bar from the floor to the ceiling that cannot be missed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from explainers import figures
from explainers.words import Words

if TYPE_CHECKING:
    from explainers.recurrence import Side, Trace

SIDES = ("rnn", "transformer")  # names of their hues, and of their words
MOST_BEFORE = 20  # of the text that is repeated before a guess, in half widths: a Hangul syllable takes two


def sides(trace: Trace) -> tuple[tuple[str, Side], tuple[str, Side]]:
    """The RNN and the transformer, each with the name of its hue."""
    return ("rnn", trace.recurrent), ("transformer", trace.transformer)


def before(trace: Trace, at: int) -> str:
    """The end of the text up to the token at a place."""
    text = b"".join(piece.data for piece in trace.pieces[: at + 1] if not piece.special).decode("utf-8", "replace")
    text = " ".join(text.split())
    widths = np.cumsum([2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in reversed(text)])
    kept = int((widths <= MOST_BEFORE).sum())
    return text if kept == len(text) else "…" + text[len(text) - kept :]


def next_id(trace: Trace, at: int) -> int | None:
    """The token that comes next in the text, or None after the last."""
    return int(trace.ids[at + 1]) if at + 1 < len(trace.ids) else None


def heading(trace: Trace, words: Words, at: int) -> str:
    """After which words a guess is made, and what really comes."""
    coming = next_id(trace, at)
    if coming is None:
        return words("after", before=before(trace, at))
    return words("after_known", before=before(trace, at), next=trace.labels[at + 1])


def marked(*hues: str) -> dict[str, Any]:
    """How the bars of these hues look: the RNN's are hatched, too, as nothing is told by colour alone."""
    hatch = {"fillmode": "overlay", "size": 6, "solidity": 0.25, "fgcolor": figures.colour("bg")}
    shapes = ["/" if hue == "rnn" else "" for hue in hues]
    return {"color": [figures.colour(hue) for hue in hues], "pattern": {"shape": shapes, **hatch}}


def pair(hue: str, words: Words, count: int, **more: Any) -> go.Bar:
    """So many bars of one of the two, under its name in the legend."""
    return go.Bar(**{"name": words(f"sides.{hue}"), "marker": marked(*[hue] * count), **more})


def line(hue: str, words: Words, **more: Any) -> go.Scatter:
    """The line of one of the two: the RNN's is broken and has squares."""
    rnn = hue == "rnn"
    return go.Scatter(
        name=words(f"sides.{hue}"),
        mode="lines+markers",
        line={"color": figures.colour(hue), "width": 3, "dash": "dash" if rnn else "solid"},
        marker={"color": figures.colour(hue), "size": 10, "symbol": "square" if rnn else "circle"},
        **more,
    )


def unnamed(heights: Sequence[float], width: float, **more: Any) -> go.Bar:
    """Bars in the middle of their places, which are no one's in the legend and take no click: columns do."""
    x = list(range(len(heights)))
    return go.Bar(
        x=x, y=list(heights), width=width, offset=-width / 2, hoverinfo="skip", **({"showlegend": False} | more)
    )


def columns(places: Iterable[int], high: float, chosen: int | None, hovers: Sequence[str], **more: Any) -> go.Bar:
    """A column behind each place, from the floor to `high`, that takes the click; the chosen one is filled.

    places: as `position` counts them, from 1; chosen: which of the columns, counted from 0.
    """
    places = list(places)
    fills = [figures.colour("line") if n == chosen else "rgba(0,0,0,0)" for n in range(len(places))]
    return go.Bar(
        x=list(range(len(places))),
        y=[high] * len(places),
        width=1,
        offset=-0.5,
        marker={"color": fills, "line": {"width": 0}},
        customdata=places,
        hovertext=[figures.plain(hover).replace("\n", "<br>") for hover in hovers],
        hoverinfo="text",
        showlegend=False,
        **more,
    )


def said(text: str, y: float) -> dict[str, Any]:
    """A line or two of text at the left edge, at a height in shares of the plot."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": y, "yanchor": "bottom"}
    return {"text": figures.plain(text).replace("\n", "<br>"), "showarrow": False, "align": "left", **place}


def drawn(
    traces: Sequence[Any], height: float, text: str, legend: float | None = None, row: Any = None, **layout: Any
) -> go.Figure:
    """A figure with a text for who cannot see it, and the legend of the two at a height in shares of the plot.

    row: tokens to choose from above it, as the component "figure" takes them.
    """
    still = {"itemclick": False, "itemdoubleclick": False}
    anchor = "bottom" if legend and legend > 1 else "top"  # above the plot, it makes its own room
    key = {"orientation": "h", "x": 0, "y": legend or 0, "yanchor": anchor, **still}
    shown = {"meta": {"text": text, "row": row}, "showlegend": legend is not None, "legend": key, "bargap": 0.25}
    return figures.figure(list(traces), round(height), **shown, **layout)


def axis(title: str, domain: tuple[float, float], **more: Any) -> dict[str, Any]:
    """An axis up, with its share of the height."""
    return {"title": {"text": figures.plain(title)}, "domain": list(domain), **more}
