"""Text to numbers: an id picks a row of a table, and tokens that are used alike have come to lie near each other.

How alike two rows are is told by the angle between them as seen from the mean row, in all their numbers; a picture of
two or three axes holds only a small part of that, and says how much.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go

import models
from explainers import analogies, figures, space
from explainers.contract import Choice, Explainer, Model, Number, Refusal, Table, Toggle, brief
from explainers.figures import colour, plain
from explainers.neighbours import EmbeddingTable, Neighbours, around, band, cosines, degrees, most_at_home, near_all
from explainers.sentence import read
from explainers.words import NO_WORDS, Words

MOST_TOKENS = 256
MOST_PAIRS = 20


@dataclass(frozen=True, repr=False)
class Trace:
    """The rows of a sentence's tokens, what lies near them, and the space of the vocabulary along four axes."""

    text: str
    model: str
    ids: np.ndarray  # (T,) int64
    labels: tuple[str, ...]  # T
    size: int  # V, the rows of the table
    rows: np.ndarray  # (T, D) float32, the table's own
    cosines: np.ndarray  # (T, T) float32, symmetric, 1 on the diagonal
    neighbours: tuple[Neighbours, ...]  # T
    chosen: Neighbours  # of the token that the picture stands at
    band: tuple[float, float]  # between which cosines to the chosen token nine tenths of the vocabulary lie
    share: np.ndarray  # (4,) float32, of the variance that each axis holds; falls, sums to at most 1
    points: np.ndarray  # (T, 4) float32, the tokens along the axes
    near: np.ndarray  # (1 + K, 4) float32, the chosen token, then its neighbours
    vocabulary: np.ndarray  # (N, 4) float32, ids 0 to N - 1
    vocabulary_labels: tuple[str, ...]  # N
    around: np.ndarray  # (N, 2) float32, as many degrees from the middle as a row is turned from the chosen token's
    turned: np.ndarray  # (T, 2) float32, the same of the sentence's tokens
    near_turned: np.ndarray  # (1 + K, 2) float32, the same of the chosen token, in the middle, and its neighbours

    def __repr__(self) -> str:
        return (
            f"embeddings.Trace({brief(self.text)!r}, {self.model!r}, rows {self.rows.shape}, at {self.chosen.label!r})"
        )


def trace(text: str, *, model: str | os.PathLike[str] | None = None, token: int = -1) -> Trace:
    """Looks the rows of a text's tokens up in a model's embedding table, and what lies near them.

    text: whose tokens to look up, at most 256.
    model: whose table; by default the bundled one's for the text's language.
    token: the id of any token of the vocabulary to stand at; -1 for the one of the text that has the nearest others.
    """
    sentence = read(text, model)
    if len(sentence.ids) > MOST_TOKENS:
        raise Refusal("too_many_tokens", tokens=len(sentence.ids), limit=MOST_TOKENS)
    table, projection = EmbeddingTable.of(sentence.model), models.projection(sentence.model)
    if token >= len(table.rows):
        raise Refusal("unknown_token", token=token, size=len(table.rows))
    ids = np.array(sentence.ids, dtype=np.int64)
    pieces = models.pieces(sentence.model, ids)
    neighbours, alike = near_all(sentence.model, ids.tolist())
    chosen = neighbours[most_at_home(pieces, neighbours)]
    if token >= 0:
        (chosen,), _ = near_all(sentence.model, [token])
    shown = np.concatenate([np.arange(len(projection.points)), ids, [chosen.id], chosen.ids])
    middle = table.from_mean([chosen.id])
    turned = around(table.from_mean(shown), middle[0], len(chosen.ids))
    return Trace(
        text=sentence.text,
        model=sentence.model,
        ids=ids,
        labels=models.labels(pieces),
        size=len(table.rows),
        rows=table.rows[ids],
        cosines=alike,
        neighbours=neighbours,
        chosen=chosen,
        band=band(cosines(middle, table)[0]),
        share=projection.share,
        points=projection.project(table.rows[ids]),
        near=projection.project(table.rows[[chosen.id, *chosen.ids]]),
        vocabulary=projection.points,
        vocabulary_labels=names(sentence.model, models.stamp(sentence.model), len(projection.points)),
        around=turned[: len(projection.points)],
        turned=turned[len(projection.points) : -1 - len(chosen.ids)],
        near_turned=turned[-1 - len(chosen.ids) :],
    )


@lru_cache(maxsize=8)
def names(model: str, stamp: str, count: int) -> tuple[str, ...]:
    """The labels of ids 0 to count - 1. stamp: of the model's files, so that new ones are read anew."""
    return tuple(models.vocabulary_labels(model, range(count)))


# What is shown ---------------------------------------------------------------------------------------------------


def picture(trace: Trace, words: Words = NO_WORDS, projection: str = "angle", first: bool = False) -> go.Figure:
    """The vocabulary as dots, the sentence's tokens among them, and lines from the chosen one to its neighbours.

    projection: "angle" how far each is turned from the chosen one, "plane" two axes, "space" three. first: with axis 1.
    """
    return space.figure(trace, words, projection, first)


def rows(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """The row of each token, one cell a number."""
    titles = tuple(words(f"views.rows.axes.{axis}") for axis in ("number", "token", "value"))
    columns = [str(column) for column in range(1, trace.rows.shape[1] + 1)]
    return figures.heatmap(trace.rows, columns, trace.labels, titles=titles, both=True)  # type: ignore[arg-type]


def lookup(trace: Trace, words: Words = NO_WORDS) -> Table:
    """Token -> id -> the row of that number: its first five numbers and its last, its length."""
    heads = (*words.columns("lookup", "place", "token", "id"), "1", "2", "3", "4", "5", "…", str(trace.rows.shape[1]))
    table = tuple(
        (place, label, int(i), *(float(x) for x in row[:5]), "…", float(row[-1]), float(np.linalg.norm(row)))
        for place, (label, i, row) in enumerate(zip(trace.labels, trace.ids, trace.rows, strict=True), 1)
    )
    return Table((*heads, *words.columns("lookup", "length")), table, data=(1,))


def neighbours(trace: Trace, words: Words = NO_WORDS) -> Table:
    """For the chosen token and each of the sentence, those that are nearest, with the cosine."""
    listed = {one.id: one for one in (trace.chosen, *trace.neighbours, trace.chosen)}.values()
    table = tuple((one.label, one.id, *cells(one, 4)) for one in listed)
    named = ("first", "cosine", "second", "cosine", "third", "cosine", "fourth", "cosine")
    return Table(words.columns("neighbours", "token", "id", *named), table, data=(0, 2, 4, 6, 8))


def cells(one: Neighbours, count: int) -> tuple[Any, ...]:
    """Label, cosine, label, cosine, … of the nearest; blank where the vocabulary has fewer."""
    pairs = [cell for pair in zip(one.labels, one.cosines.tolist(), strict=True) for cell in pair][: 2 * count]
    return (*pairs, *[""] * (2 * count - len(pairs)))


def nearness(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """The chosen token's neighbours as bars: how far each cosine goes, and where nine tenths of the vocabulary lie."""
    titles = (words("views.nearness.axes.token"), words("views.nearness.axes.cosine"))
    texts = [f"{cosine:.2f}" for cosine in trace.chosen.cosines]
    made = figures.bars(trace.chosen.labels, trace.chosen.cosines.tolist(), titles=titles, texts=texts)
    low, high = trace.band
    made.add_hrect(y0=low, y1=high, fillcolor=colour("muted"), opacity=0.25, line_width=0, layer="below")
    made.add_annotation(
        text=plain(words("views.nearness.band")),
        **{"x": 1, "xref": "paper", "xanchor": "right", "y": low, "yanchor": "bottom", "showarrow": False},
        font={"color": colour("text")},
    )
    return made


def angles(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """The cosine between every two tokens of the sentence."""
    titles = tuple(words(f"views.angles.axes.{axis}") for axis in ("token", "other", "cosine"))
    written = ".2f" if len(trace.ids) <= 16 else ""
    return figures.heatmap(
        trace.cosines,
        trace.labels,
        trace.labels,
        titles=titles,  # type: ignore[arg-type]
        high=1.0,
        both=True,
        written=written,
    )


def pairs(trace: Trace, words: Words = NO_WORDS) -> Table:
    """The pairs of different tokens in the sentence, the most alike first, with cosine and angle."""
    first, second = np.triu_indices(len(trace.ids), 1)
    kept = trace.ids[first] != trace.ids[second]
    first, second = first[kept], second[kept]
    order = np.argsort(-trace.cosines[first, second], kind="stable")[:MOST_PAIRS]
    seen = [(int(first[i]), int(second[i])) for i in order]
    table = tuple(
        (trace.labels[a], trace.labels[b], float(trace.cosines[a, b]), float(degrees(trace.cosines[a, b])))
        for a, b in seen
    )
    alone = ((trace.labels[0], trace.labels[0], 1.0, 0.0),)
    return Table(words.columns("pairs", "token", "other", "cosine", "angle"), table or alone, data=(0, 1))


def arithmetic(trace: Trace, words: Words = NO_WORDS) -> Table:
    """The row of one word, less another's, plus a third's: which row lies nearest to where that leads?"""
    return analogies.table(trace.model, trace.text, words)


def point(trace: Trace, event: dict[str, Any]) -> dict[str, Any]:
    """A click on a dot, a token or a neighbour: stand there. What else is clicked has no id."""
    token = event.get("data")
    return {"token": token} if isinstance(token, int) else {}


EXPLAINER = Explainer(
    name="embeddings",
    chapter="text_to_numbers",
    trace=trace,
    views={
        "picture": picture,
        "rows": rows,
        "lookup": lookup,
        "neighbours": neighbours,
        "nearness": nearness,
        "angles": angles,
        "pairs": pairs,
        "arithmetic": arithmetic,
    },
    inputs=(
        Model(),
        Number("token", default=-1, inside=True, per_sentence=True, low=-1, high=999_999),
    ),
    knobs=(
        Choice("projection", default="angle", inside=True, options=("angle", "plane", "space")),
        Toggle("first", inside=True),
    ),
    picks={"point": point},
)
