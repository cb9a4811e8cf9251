"""The tables of `recurrence`: what its pictures show, in numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from explainers.contract import Markdown, Table
from explainers.recurrence_pieces import next_id, sides
from explainers.visible import place_of
from explainers.words import NO_WORDS, Words

if TYPE_CHECKING:
    from explainers.recurrence import Side, Trace


def finite(number: float) -> float | None:
    """The number, or None where there is none to show."""
    return float(number) if math.isfinite(number) else None


def both(trace: Trace, words: Words = NO_WORDS) -> Table:
    """The two as wholes: how big they are, and how well each foresaw this one text."""
    rows = tuple((words(f"sides.{hue}"), side.model, side.parameters, *foresaw(side)) for hue, side in sides(trace))
    return Table(words.columns("both", "kind", "model", "parameters", "bits", "first", "ten"), rows, data=(1,))


def foresaw(side: Side) -> tuple[float | str | None, ...]:
    """Mean surprise in bits; how many of the tokens were its first guess, and how many among its first ten."""
    ranks = side.rank[:-1]
    if not len(ranks):
        return None, None, None
    counts = (f"{int((ranks <= most).sum())}/{len(ranks)}" for most in (1, 10))
    return float(side.surprise[:-1].mean()), *counts


def guesses(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> Table:
    """The likeliest next tokens after the chosen one, of either model, with their probabilities."""
    at = place_of(position, len(trace.ids))
    rnn, transformer = trace.recurrent, trace.transformer
    rows = tuple(
        (
            place + 1,
            trace.names[int(rnn.top[at][place])],
            float(rnn.shares[at][place]),
            trace.names[int(transformer.top[at][place])],
            float(transformer.shares[at][place]),
        )
        for place in range(rnn.top.shape[1])
    )
    names = ("rank", "rnn", "rnn_share", "transformer", "transformer_share")
    return Table(words.columns("guesses", *names), rows, data=(1, 3))


def numbers(trace: Trace, words: Words = NO_WORDS) -> Table:
    """For each position: both models' surprise at the token that comes and its rank, the distances, the state."""
    rows = tuple(row(trace, at) for at in range(len(trace.ids)))
    names = ("place", "token", "next", "rnn", "rnn_rank", "transformer", "transformer_rank")
    return Table(
        words.columns("numbers", *names, "jensen_shannon", "total_variation", "overwritten"), rows, data=(1, 2)
    )


def row(trace: Trace, at: int) -> tuple[Any, ...]:
    """One position of `numbers`."""
    coming = next_id(trace, at)
    cells: list[Any] = [at + 1, trace.labels[at], "" if coming is None else trace.labels[at + 1]]
    for _, side in sides(trace):
        cells += [finite(side.surprise[at]), int(side.rank[at]) or None]
    shares = (trace.jensen_shannon, trace.total_variation, trace.overwritten)
    return (*cells, *(float(values[at]) for values in shares))


def windows(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> Table:
    """With each number of visible words: the best guess of either at the chosen place, and its surprise there."""
    at = place_of(position, len(trace.ids))
    rows = []
    for n, count in enumerate(trace.lengths):
        cells: list[Any] = [count]
        for _, side in sides(trace):
            near = side.near
            cells += [trace.names[int(near.top[n, at, 0])], float(near.shares[n, at, 0])]
            cells += [finite(near.surprise[n, at]), float(near.distance[n, at])]
        rows.append(tuple(cells))
    parts = ("guess", "share", "bits", "distance")
    names = ("visible", *(f"{hue}_{part}" for hue, _ in sides(trace) for part in parts))
    return Table(words.columns("windows", *names), tuple(rows), data=(1, 5))


def removed(trace: Trace, words: Words = NO_WORDS, position: int = 0) -> Table | Markdown:
    """For each earlier word: how much either guess, and the RNN's state, change at the chosen place without it."""
    at = place_of(position, len(trace.ids))
    left = trace.recurrent.without.state
    rows = tuple(
        (
            trace.gone[n] + 1,
            trace.words[trace.gone[n]].text,
            *(float(side.without.guess[n, at]) for _, side in sides(trace)),
            float(left[n, at]) if left is not None else None,
        )
        for n in range(len(trace.gone))
        if trace.words[trace.gone[n]].stop <= at
    )
    if not rows:
        return Markdown(words("views.fading.empty"))
    return Table(words.columns("removed", "place", "word", "rnn", "transformer", "state"), rows, data=(1,))
