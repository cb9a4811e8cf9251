"""C28 and C29, the pictures of what a state still holds, and of what a guess owes to the words before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from explainers import figures
from explainers.contract import Markdown
from explainers.recurrence_pieces import (
    axis,
    before,
    columns,
    drawn,
    heading,
    line,
    marked,
    next_id,
    pair,
    said,
    sides,
    unnamed,
)
from explainers.visible import place_of, word_at
from explainers.words import NO_WORDS, Words

if TYPE_CHECKING:
    from explainers.recurrence import Trace

MOST_UNITS = 96  # rows of the picture of a state; more would be thinner than a line


def order(states: np.ndarray) -> np.ndarray:
    """The units (S,) by the token that changes them most, and among those of one token by how much: (T, S) -> (S,)."""
    steps = np.abs(np.diff(states, axis=0, prepend=np.zeros_like(states[:1])))  # (T, S)
    return np.lexsort((-steps.max(0), steps.argmax(0)))


def state(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> go.Figure:
    """The hidden state after each token, a column each, and above how much of it each token overwrote."""
    units = order(trace.states)
    units = units[:: -(-len(units) // MOST_UNITS)]
    places = list(range(1, len(trace.ids) + 1))
    over = trace.overwritten.tolist()
    hovers = [f"{label}\n{words('overwritten')}: {share:.0%}" for label, share in zip(trace.labels, over, strict=True)]
    grid = go.Heatmap(
        z=trace.states[:, units].T,
        customdata=[places] * len(units),
        text=[[f"{words('unit')} {unit}"] * len(places) for unit in units.tolist()],
        zmin=-1,
        zmax=1,
        colorscale=figures.scale_of_both(),
        colorbar={"thickness": 12, "outlinewidth": 0, "len": 0.72, "y": 0, "yanchor": "bottom", "tickvals": [-1, 0, 1]},
        hovertemplate="%{text}: %{z:.3f}<extra></extra>",
    )
    behind = columns(places, 1.0, place_of(position, len(places)), hovers, yaxis="y2")
    return drawn(
        [grid, behind, unnamed(over, 0.6, marker=marked(*["rnn"] * len(over)), yaxis="y2")],
        height=480,
        text=words("views.state.text", units=trace.states.shape[1], share=f"{np.mean(over[1:] or over):.0%}"),
        xaxis=figures.token_axis(trace.labels) | {"anchor": "y"},
        yaxis=axis(words("views.state.axes.units"), (0, 0.72), showticklabels=False, showgrid=False)
        | {"range": [len(units) - 0.5, -0.5]},
        yaxis2=axis(words("views.state.axes.overwritten"), (0.77, 1), range=[0, 1], tickformat=".0%", nticks=3),
    )


def remains(trace: Trace, words: Words = NO_WORDS) -> go.Figure | Markdown:
    """A row for each word: how different the state is, after each later token, from what it is without that word."""
    left = trace.recurrent.without.state
    if left is None or not len(left):
        return Markdown(words("too_short"))
    titles = (words("views.remains.axes.after"), words("views.remains.axes.without"), words("views.remains.axes.share"))
    names = [trace.words[place].text for place in trace.gone]
    fall = by_distance(trace, left)
    facts = {"near": figures.percent(fall[1]), "words": max(fall), "far": figures.percent(fall[max(fall)])}
    drawn_ = figures.heatmap(left, trace.labels, names, titles=titles, high=float(np.nanmax(left)), number=".1%")
    drawn_.data[0].colorbar.tickformat = ".0%"
    return drawn_.update_layout(meta={"text": words("views.remains.text", **facts)})


def by_distance(trace: Trace, values: np.ndarray) -> dict[int, float]:
    """The mean of an array (R, T) over all pairs of a word and a later token, by how many words ago the word stood."""
    found: dict[int, list[float]] = {}
    at = [word_at(trace.words, token) for token in range(len(trace.ids))]
    for row, word in enumerate(trace.gone):
        for token in range(trace.words[word].stop, len(trace.ids)):
            found.setdefault(at[token] - word, []).append(float(values[row, token]))
    return {distance: float(np.mean(found[distance])) for distance in sorted(found)}


def fading(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> go.Figure | Markdown:
    """How much the chosen guess changes when an earlier word is taken away; below, the same by distance, on average."""
    at = place_of(position, len(trace.ids))
    rows = [row for row, word in enumerate(trace.gone) if trace.words[word].stop <= at]
    if not rows:
        return Markdown(words("views.fading.empty"))
    names = [trace.words[trace.gone[row]].text for row in rows]
    traces: list[Any] = []
    for hue, side in sides(trace):
        shares = side.without.guess[rows, at].tolist()
        hovers = [f"{figures.plain(name)}: {figures.percent(share)}" for name, share in zip(names, shares, strict=True)]
        traces.append(pair(hue, words, len(rows), x=list(range(len(rows))), y=shares, hovertext=hovers))
        traces[-1].hoverinfo = "text+name"
        far = by_distance(trace, side.without.guess)
        means = line(hue, words, x=list(far), y=list(far.values()), showlegend=False, xaxis="x2", yaxis="y2")
        traces.append(means.update(hovertemplate="%{x}: %{y:.1%}"))
    title, share = words("after", before=before(trace, at)), words("views.fading.axes.change")
    ago = {"title": {"text": figures.plain(words("views.fading.axes.distance"))}, "anchor": "y2"}
    return drawn(
        traces,
        height=520,
        legend=1.07,
        text=words("views.fading.text", before=before(trace, at), **strongest(trace, rows, at)),
        annotations=[said(title, 0.99), said(words("views.fading.mean"), 0.36)],
        xaxis=figures.token_axis(names) | {"anchor": "y"},
        yaxis=axis(share, (0.56, 0.98), tickformat=".0%", rangemode="tozero"),
        xaxis2=ago | ({"dtick": 1} if len(trace.words) < 12 else {}),
        yaxis2=axis(share, (0, 0.34), tickformat=".0%", rangemode="tozero") | {"anchor": "x2"},
    )


def strongest(trace: Trace, rows: list[int], at: int) -> dict[str, str]:
    """Of either, the word whose absence changes the guess most, and by how much."""
    facts = {}
    for hue, side in sides(trace):
        changes = side.without.guess[:, at]
        row = max(rows, key=changes.__getitem__)
        facts[hue] = trace.words[trace.gone[row]].text
        facts[f"{hue}_share"] = figures.percent(float(changes[row]))
    return facts


def shorter(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> go.Figure:
    """The surprise with only the last words visible: the mean over the text, and below the chosen place alone."""
    at = place_of(position, len(trace.ids))
    known = next_id(trace, at) is not None
    names = [str(count) for count in trace.lengths[:-1]] + [words("views.shorter.all", count=trace.lengths[-1])]
    x = list(range(len(names)))
    traces: list[Any] = []
    means: dict[str, list[float]] = {}
    for hue, side in sides(trace):
        here = (side.near.surprise if known else side.near.distance)[:, at].tolist()
        traces.append(line(hue, words, x=x, y=here, yaxis="y2", showlegend=len(trace.ids) < 2))
        traces[-1].hovertemplate = "%{y:.2f}" if known else "%{y:.1%}"
        if len(trace.ids) > 1:
            means[hue] = side.near.surprise[:, :-1].mean(-1).tolist()
            traces.append(line(hue, words, x=x, y=means[hue], hovertemplate="%{y:.2f}"))
    title = heading(trace, words, at)
    lower = words(f"views.shorter.axes.{'bits' if known else 'distance'}")
    return drawn(
        traces,
        height=500,
        legend=1.07,
        text=words("views.shorter.text", **ends(means)) if means else title,
        annotations=[said(words("views.shorter.mean"), 0.99), said(title, 0.43)],
        xaxis=figures.token_axis(names, words("views.shorter.axes.visible")) | {"anchor": "y2"},
        yaxis=axis(words("views.shorter.axes.bits"), (0.6, 0.98)),
        yaxis2=axis(lower, (0, 0.42), rangemode="tozero", tickformat="" if known else ".0%"),
    )


def ends(means: dict[str, list[float]]) -> dict[str, str]:
    """The ends of both lines, for who cannot see them."""
    places = {"one": 0, "all": -1}
    return {f"{hue}_{end}": f"{bits[place]:.2f}" for hue, bits in means.items() for end, place in places.items()}
