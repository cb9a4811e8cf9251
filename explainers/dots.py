"""The dots of the picture of `embeddings`, in two axes or three: a vocabulary, a sentence, one token's neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from explainers.figures import colour, plain

if TYPE_CHECKING:
    from explainers.embeddings import Trace


def layers(trace: Trace, at: np.ndarray, points: np.ndarray, near: np.ndarray) -> list[Any]:
    """The traces of a picture, from the back: vocabulary, links, neighbours, sentence, the chosen token's ring.

    at (N, A), points (T, A), near (1 + K, A): places along the A axes that are drawn. What has a name is drawn as
    vectors where it can be, the many dots without in WebGL.
    """
    deep = at.shape[1] == 3
    many, few = (go.Scatter3d, go.Scatter3d) if deep else (go.Scattergl, go.Scatter)
    size = (2, 6, 11, 17) if deep else (4, 9, 18, 26)
    chosen = trace.chosen
    once = [place for place, i in enumerate(trace.ids) if i not in trace.ids[:place]]
    other = [place for place, i in enumerate(chosen.ids) if i not in trace.ids]
    edge = {"color": colour("muted"), "width": 1}
    own = {"size": size[2], "color": [colour(f"token-{place % 8}") for place in once], "line": edge}
    ring = {"size": size[3], "symbol": "circle-open", "color": colour("focus"), "line": {"width": 3}}
    named = "" if chosen.id in trace.ids else colour("focus")  # else it has its name from the sentence
    spokes = np.stack([np.broadcast_to(near[0], near[1:].shape), near[1:], np.full_like(near[1:], np.nan)], 1)
    links = few(**axes(spokes.reshape(-1, near.shape[1])), mode="lines", name="links", hoverinfo="skip")
    links.line = {"color": colour("accent"), "width": 2 if deep else 1}
    faint = {"size": size[0], "opacity": 0.4, "color": colour("muted")}
    close = {"size": size[1], "color": colour("accent")}
    return [
        dots(many, "vocabulary", at, trace.vocabulary_labels, range(len(at)), faint),
        links,
        dots(few, "neighbours", near[1:][other], chosen.labels, chosen.ids, close, colour("accent"), other, near[0]),
        dots(few, "sentence", points[once], trace.labels, trace.ids, own, colour("text"), once),
        dots(few, "chosen", near[:1], (chosen.label,), (chosen.id,), ring, named),
    ]


def dots(
    kind: Any,
    name: str,
    at: np.ndarray,
    labels: Sequence[str],
    ids: Sequence[int] | np.ndarray,
    marker: dict[str, Any],
    named: str = "",
    places: Sequence[int] | None = None,
    hub: np.ndarray | None = None,
) -> Any:
    """Points (N, A) with a label and an id each.

    named: the colour of labels that are written and not only hovered; places: which labels and ids are meant, if not
    all; hub: from where labels point away.
    """
    places = range(len(labels)) if places is None else places
    font: dict[str, Any] = {"color": named, "size": 14}
    if kind is go.Scatter:
        font["shadow"] = "auto"  # so that a name can be read on dots
    return kind(
        **axes(at),
        name=name,
        mode="markers+text" if named else "markers",
        text=[plain(labels[place]) for place in places],
        customdata=[int(ids[place]) for place in places],
        marker=marker,
        textposition="top center" if hub is None or at.shape[1] > 2 else [away(way) for way in at - hub],
        textfont=font if named else None,
        hovertemplate="%{text} (%{customdata})<extra></extra>",
    )


def away(way: np.ndarray) -> str:
    """Where a label stands that is to point away along (x, y).

    >>> away(np.array([3.0, 1.0])), away(np.array([0.1, -1.0]))
    ('middle right', 'bottom center')
    """
    x, y = way
    if abs(x) > abs(y) / 2:
        return "middle right" if x > 0 else "middle left"
    return "top center" if y > 0 else "bottom center"


def axes(at: np.ndarray) -> dict[str, np.ndarray]:
    """(N, A) as the coordinates x, y and, of three, z."""
    return dict(zip("xyz", at.astype(np.float32).T, strict=False))
