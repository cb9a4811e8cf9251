"""Inside the model: in every layer, every head of attention decides how much each token takes from each other one.

The weights are the model's own, as its forward pass computed them: softmax(q k / sqrt(width of a head)), rows sum to 1
(Vaswani et al., "Attention Is All You Need", 2017). They say where information was taken from, and not why.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

import models
from explainers import bertviz_view, figures
from explainers.contract import Choice, Component, Explainer, Html, Markdown, Model, Number, Refusal, Table, brief
from explainers.sentence import read
from explainers.words import NO_WORDS, Words

MOST_TOKENS = 256
NEEDS = frozenset({"attention"})


@dataclass(frozen=True, repr=False)
class Trace:
    """Every head's map of one sentence. It is too long to print: `trace.weights[layer, head]` is one map."""

    text: str
    model: str
    ids: np.ndarray  # (T,) int64
    labels: tuple[str, ...]  # T
    weights: np.ndarray  # (L, H, T, T) float32: layer, head, the token that looks, the one looked at; rows sum to 1
    causal: bool  # no token looks at a later one: weights above the diagonal are 0
    layers: tuple[int, ...]  # L, their numbers in the model, from 1: in a hybrid some layers look, and others do not

    def __repr__(self) -> str:
        return (
            f"attention.Trace({brief(self.text)!r}, {self.model!r}, weights {self.weights.shape}, causal={self.causal})"
        )


def trace(text: str, *, model: str | os.PathLike[str] | None = None) -> Trace:
    """Runs a model on a text once and keeps every attention map of it.

    text: what the model reads, at most 256 tokens.
    model: which model, one that has attention; by default the bundled one for the text's language that continues a
        text. In one that fills gaps, such as BERT, each token looks at later ones, too.
    """
    sentence = read(text, model, NEEDS)
    if len(sentence.ids) > MOST_TOKENS:
        raise Refusal("too_many_tokens", tokens=len(sentence.ids), limit=MOST_TOKENS)
    run = models.forward(sentence.model, sentence.ids, attention=True, needs=NEEDS, last=1)
    weights = run.attention
    assert weights is not None and abs(weights.sum(-1) - 1).max() <= 1e-5, "attention that is no distribution"
    labels = models.labels(models.pieces(sentence.model, sentence.ids))
    ids = np.array(sentence.ids, dtype=np.int64)
    causal = not np.triu(weights, 1).any()
    return Trace(sentence.text, sentence.model, ids, labels, weights, causal=causal, layers=run.layers)


# What is shown ---------------------------------------------------------------------------------------------------


def heads(trace: Trace, words: Words = NO_WORDS, layer: int = 3, head: int = 5) -> Component:
    """Every head of every layer at a glance, and the one of `layer` and `head` (from 1) in detail."""
    props = {
        "labels": list(trace.labels),
        "weights": trace.weights,
        "causal": trace.causal,
        "layers": list(trace.layers),
    }
    knobs = {"layer": layer, "head": head, "row": 0, "column": 0}
    return Component("heads", props | {"model": trace.model, "text": trace.text}, knobs)


def heatmap(trace: Trace, words: Words = NO_WORDS, layer: int = 1, head: int = 1) -> go.Figure:
    """One head's map: a row for each token that looks, a column for each one looked at.

    layer, head: from 1; refuses what the model does not have.
    """
    return figures.heatmap(
        one(trace, layer, head),
        trace.labels,
        trace.labels,
        titles=(
            words("views.heatmap.axes.looked_at"),
            words("views.heatmap.axes.looking"),
            words("views.heatmap.axes.weight"),
        ),
        high=1.0,
    )


def one(trace: Trace, layer: int, head: int) -> np.ndarray:
    """The map (T, T) of a layer and a head, both from 1.

    Refusals: out_of_range for one that the model lacks, not_an_option for a layer that looks at nothing.
    """
    for name, value, last in (("layer", layer, trace.layers[-1]), ("head", head, trace.weights.shape[1])):
        Number(name, low=1, high=last).check(value)
    if layer not in trace.layers:
        raise Refusal("not_an_option", control="layer", value=str(layer))
    return trace.weights[trace.layers.index(layer), head - 1]


def nearest(trace: Trace, layer: int) -> int:
    """The layer, from 1, that is shown where one is asked for that has no map: the last one before it, or the first."""
    return max((number for number in trace.layers if number <= layer), default=trace.layers[0])


def distances(weights: np.ndarray) -> np.ndarray:
    """(L, H, T, T) -> (L, H): how many tokens away each head looks, on average over what it looks at and over tokens.

    >>> distances(np.eye(3)[None, None])
    array([[0.]])
    """
    places = np.arange(weights.shape[-1])
    away = np.abs(places[:, None] - places[None, :])  # (T, T)
    return (weights * away).sum(-1).mean(-1)


def reach(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """How many tokens away each head looks on average: one cell a head."""
    axes = ("head", "layer", "distance")
    return figures.heatmap(
        distances(trace.weights),
        [str(head) for head in range(1, trace.weights.shape[1] + 1)],
        [str(layer) for layer in trace.layers],
        titles=tuple(words(f"views.reach.axes.{axis}") for axis in axes),  # type: ignore[arg-type]
        written=".1f",
    )


def distance_table(trace: Trace, words: Words = NO_WORDS) -> Table:
    """The same as a table: a row for each layer, a column for each head."""
    away = distances(trace.weights)
    heads = tuple(words("views.reach_numbers.head", number=head) for head in range(1, away.shape[1] + 1))
    rows = tuple((layer, *(float(value) for value in row)) for layer, row in zip(trace.layers, away, strict=True))
    return Table((words("views.reach_numbers.columns.layer"), *heads), rows)


def lines(trace: Trace, words: Words = NO_WORDS, form: str = "head") -> Html | Markdown:
    """The maps as lines between two columns of tokens, by BertViz.

    form: "head" draws the heads of one layer over each other, "model" every head small and the chosen one large.
    """
    most = bertviz_view.most_tokens(*trace.weights.shape[:2])
    if len(trace.ids) > most:
        return Markdown(words("views.lines.too_long", tokens=len(trace.ids), limit=most))
    return bertviz_view.view(trace.weights, trace.labels, words, form, trace.layers)


def numbers(trace: Trace, words: Words = NO_WORDS, layer: int = 3, head: int = 5) -> Table:
    """For each token, the three that the chosen head looks at most, with the weights.

    A layer or head past the model's last one means the last, as on the page, where a change of model may leave one; a
    layer without maps the one with maps before it.
    """
    weights = one(trace, nearest(trace, layer), min(head, trace.weights.shape[1]))
    rows = tuple((place, trace.labels[place - 1], *most(row, trace.labels)) for place, row in enumerate(weights, 1))
    names = ("place", "token", "first", "first_weight", "second", "second_weight", "third", "third_weight")
    return Table(words.columns("numbers", *names), rows, data=(1, 2, 4, 6))


def most(row: np.ndarray, labels: tuple[str, ...]) -> tuple[str | float, ...]:
    """The three largest of one token's weights (T,): label, weight, label, weight, …; blank where it has fewer."""
    largest = [place for place in np.argsort(-row, kind="stable")[:3] if row[place] > 0]
    cells = [cell for place in largest for cell in (labels[place], float(row[place]))]
    return (*cells, *[""] * (6 - len(cells)))


EXPLAINER = Explainer(
    name="attention",
    chapter="inside",
    trace=trace,
    views={"heads": heads, "lines": lines, "reach": reach, "reach_numbers": distance_table, "numbers": numbers},
    inputs=(Model(needs=NEEDS),),
    knobs=(  # in the first two layers of the bundled GPTs most heads spread their gaze; this one of the third does not
        Number("layer", default=3, live=True, inside=True, low=1, high=64),
        Number("head", default=5, live=True, inside=True, low=1, high=64),
        Number("row", default=0, live=True, inside=True, per_sentence=True, low=0, high=MOST_TOKENS),
        Number("column", default=0, live=True, inside=True, per_sentence=True, low=0, high=MOST_TOKENS),
        Choice("form", default="head", inside=True, options=("head", "model")),
    ),
)
