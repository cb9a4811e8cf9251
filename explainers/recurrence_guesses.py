"""C27, the pictures of two models' guesses side by side: what each expects, and how surprised each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from explainers import figures
from explainers.contract import Markdown
from explainers.recurrence_pieces import (
    SIDES,
    axis,
    before,
    columns,
    drawn,
    heading,
    marked,
    next_id,
    pair,
    said,
    sides,
    unnamed,
)
from explainers.visible import place_of
from explainers.words import NO_WORDS, Words

if TYPE_CHECKING:
    from explainers.recurrence import Trace

FIRST, MOST_ROWS = 4, 9  # guesses of either that are shown whatever the other says; tokens that are shown in all
UPPER, GAP, ROW, AROUND = 84, 96, 34, 110  # heights: the upper bars, what is written below them, a token, the axes
ROOM = 1.4  # how much wider the lower picture is than its longest bar, for the number behind that

Row = tuple[int, float, float]  # an id, the RNN's probability, the transformer's


def candidates(trace: Trace, at: int) -> list[Row]:
    """What either model finds likeliest after the token at a place, the first few of each, and what really comes."""
    rnn, transformer = trace.recurrent, trace.transformer
    found = {int(i): (p, q) for i, p, q in zip(rnn.top[at], rnn.shares[at], rnn.others[at], strict=True)}
    mine = zip(transformer.top[at], transformer.others[at], transformer.shares[at], strict=True)
    found |= {int(i): (p, q) for i, p, q in mine}
    kept = {*rnn.top[at][:FIRST].tolist(), *transformer.top[at][:FIRST].tolist()}
    coming = next_id(trace, at)
    if coming is not None:
        kept.add(coming)
        found.setdefault(coming, (2.0 ** -rnn.surprise[at], 2.0 ** -transformer.surprise[at]))
    rows = sorted(((i, float(p), float(q)) for i, (p, q) in found.items()), key=lambda row: (-max(row[1:]), row[0]))
    kept |= {i for i, *_ in [row for row in rows if row[0] not in kept][: max(0, MOST_ROWS - len(kept))]}
    return [row for row in rows if row[0] in kept]


def beside(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> go.Figure:
    """Above, how far apart the two guesses are after each token; below, both guesses after the chosen one."""
    at = place_of(position, len(trace.ids))
    rows = candidates(trace, at)
    inside = UPPER + GAP + ROW * len(rows)
    labels = [("\u25b8 " if i == next_id(trace, at) else "") + trace.names[i] for i, *_ in rows]
    shares = [[row[1 + side] for row in rows] for side in (0, 1)]
    wide = ROOM * max(map(max, shares))
    high = max(1.1 * float(trace.jensen_shannon.max()), 0.05)
    places = [{"label": label, "data": place} for place, label in enumerate(trace.labels, 1)]
    lower = figures.token_axis(labels) | {"range": [len(rows) - 0.5, -0.5], "domain": [0, 1 - (UPPER + GAP) / inside]}
    return drawn(
        [*apart(trace, words, at, high), *(guessed(trace, words, labels, shares[side], side) for side in (0, 1))],
        height=inside + AROUND,
        legend=1 - (UPPER + 6) / inside,
        text=spoken(trace, words, at),
        row={"label": words("choose"), "places": places, "chosen": at + 1},
        annotations=[said(heading(trace, words, at), 1 - (UPPER + GAP - 4) / inside)],
        xaxis={
            "tickformat": ".0%",
            "range": [0, wide],
            **({"tickvals": [0, 0.25, 0.5, 0.75, 1]} if wide > 1 else {}),  # no probability is above 1
            "title": {"text": figures.plain(words("probability"))},
        },
        yaxis=lower,
        xaxis2=figures.token_axis(trace.labels) | {"side": "top", "anchor": "y2"},
        yaxis2=axis(words("views.beside.axes.distance"), (1 - UPPER / inside, 1), range=[0, high], nticks=3)
        | {"anchor": "x2"},
    )


def apart(trace: Trace, words: Words, at: int, high: float) -> list[go.Bar]:
    """How far apart the guesses are after each token, in columns to choose from."""
    bits = trace.jensen_shannon.tolist()
    hovers = [f"{label}\n{words('distance')}: {value:.3f}" for label, value in zip(trace.labels, bits, strict=True)]
    above = {"xaxis": "x2", "yaxis": "y2"}
    grey = {"color": figures.colour("muted")}
    return [columns(range(1, len(bits) + 1), high, at, hovers, **above), unnamed(bits, 0.6, marker=grey, **above)]


def guessed(trace: Trace, words: Words, labels: list[str], shares: list[float], side: int) -> go.Bar:
    """The bars of one of the two, lying, with their probabilities at their ends."""
    name = (trace.rnn, trace.model)[side]
    ends = [figures.percent(share) for share in shares]
    return pair(
        SIDES[side],
        words,
        len(shares),
        name=f"{words(f'sides.{SIDES[side]}')} · {figures.plain(name)}",
        orientation="h",
        x=shares,
        y=list(range(len(shares))),
        text=ends,
        textposition="outside",
        textangle=0,
        constraintext="none",
        cliponaxis=False,
        hovertext=[f"{figures.plain(label)}: {end}" for label, end in zip(labels, ends, strict=True)],
        hoverinfo="text",
    )


def spoken(trace: Trace, words: Words, at: int) -> str:
    """The chosen place for who cannot see it."""
    facts = {
        hue: ", ".join(f"{trace.names[int(side.top[at][n])]} {figures.percent(side.shares[at][n])}" for n in range(3))
        for hue, side in sides(trace)
    }
    return words("views.beside.text", before=before(trace, at), bits=f"{trace.jensen_shannon[at]:.3f}", **facts)


def surprise(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> go.Figure | Markdown:
    """How surprising each token was to each of the two, in bits, and below by how much the two differ."""
    if len(trace.ids) < 2:
        return Markdown(words("too_short"))
    labels, places = trace.labels[1:], list(range(len(trace.ids) - 1))
    bits = [side.surprise[:-1] for _, side in sides(trace)]
    less = bits[0] - bits[1]
    high, most = 1.1 * float(max(map(np.max, bits))), 1.15 * max(float(np.abs(less).max()), 0.1)
    upper = [
        pair(hue, words, len(row), x=places, y=row.tolist(), width=0.38, offset=-0.4 + 0.4 * n, hoverinfo="skip")
        for n, (hue, row) in enumerate(zip(SIDES, bits, strict=True))
    ]
    better = marked(*("transformer" if value > 0 else "rnn" for value in less))
    ahead = float(less.mean())
    whole = words(f"views.surprise.{'transformer' if ahead > 0 else 'rnn'}", bits=f"{abs(ahead):.2f}")
    means = {hue: f"{row.mean():.2f}" for hue, row in zip(SIDES, bits, strict=True)}
    behind = columns(
        [place + 1 for place in places], high, place_of(position, len(trace.ids)), told(labels, words, bits)
    )
    return drawn(
        [behind, *upper, unnamed(less.tolist(), 0.5, marker=better, yaxis="y2")],
        height=470,
        legend=1.02,
        text=words("views.surprise.text", count=len(places), **means),
        annotations=[said(whole, 0.28)],
        xaxis=figures.token_axis(labels) | {"anchor": "y2"},
        yaxis=axis(words("views.surprise.axes.bits"), (0.43, 1), range=[0, high]),
        yaxis2=axis(words("views.surprise.axes.apart"), (0, 0.26), range=[-most, most], zeroline=True, nticks=3),
    )


def told(labels: tuple[str, ...], words: Words, bits: list[np.ndarray]) -> list[str]:
    """What is said of each token under the pointer: the surprise of either, in bits."""
    names = [words(f"sides.{hue}") for hue in SIDES]
    return [
        "\n".join([label, *(f"{name}: {row[place]:.2f}" for name, row in zip(names, bits, strict=True))])
        for place, label in enumerate(labels)
    ]
