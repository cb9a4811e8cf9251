"""The dots of the picture of `embeddings`, in two axes or three: a vocabulary, a sentence, one token's neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import numpy as np
import plotly.graph_objects as go

from explainers.figures import colour, plain

if TYPE_CHECKING:
    from explainers.embeddings import Trace


WIDE, HIGH, APART = 8, 16, 7  # pixels of a letter (a Hangul syllable takes two), of a line, from a dot to its name
SIDES = {  # where a name may stand, as steps from its dot: half of its width, half of its height, and apart
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top center": (0, 1),
    "bottom center": (0, -1),
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
}


def layers(trace: Trace, at: np.ndarray, points: np.ndarray, near: np.ndarray, unit: float = 0.0) -> list[Any]:
    """The traces of a picture, from the back: vocabulary, links, neighbours, sentence, the chosen token's ring.

    at (N, A), points (T, A), near (1 + K, A): places along the A axes that are drawn. unit: how long a pixel is on two
    axes. What has a name is drawn as vectors where it can be, the many dots without in WebGL.
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
    sides = ["top center"] * len(other)
    if not deep:
        taken = [box(place, label, "top center") for place, label in zip(points / unit, trace.labels, strict=True)]
        taken.append(box(near[0] / unit, chosen.label, "top center"))
        sides = beside(near[1:][other] / unit, [chosen.labels[place] for place in other], near[0] / unit, taken)
    return [
        dots(many, "vocabulary", at, trace.vocabulary_labels, range(len(at)), faint),
        links,
        dots(few, "neighbours", near[1:][other], chosen.labels, chosen.ids, close, colour("accent"), other, sides),
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
    sides: Sequence[str] = (),
) -> Any:
    """Points (N, A) with a label and an id each.

    named: the colour of labels that are written and not only hovered; places: which labels and ids are meant, if not
    all; sides: where each label stands.
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
        textposition=list(sides) or "top center",
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


def box(place: np.ndarray, label: str, side: str) -> np.ndarray:
    """What a label takes up beside its dot: left, right, bottom, top, in pixels."""
    wide = WIDE * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in label)
    x, y = (at + step * (size / 2 + APART) for at, step, size in zip(place, SIDES[side], (wide, HIGH), strict=True))
    return np.array([x - wide / 2, x + wide / 2, y - HIGH / 2, y + HIGH / 2])


def beside(at: np.ndarray, labels: Sequence[str], hub: np.ndarray, taken: Sequence[np.ndarray]) -> list[str]:
    """Where each label stands beside its dot, at (K, 2) in pixels: pointing away from the hub, or where there is room.

    Names come one after the other; each takes the side where it covers least of the names before it and of what is
    taken, the first of those where it covers as little.
    """
    found, taken = [], list(taken)
    for dot, label in zip(at, labels, strict=True):
        first = away(dot - hub)
        order = [first, *(side for side in SIDES if side != first)]
        boxes = [box(dot, label, side) for side in order]
        chosen = int(np.argmin([sum(shared(one, other) for other in taken) for one in boxes]))
        found.append(order[chosen])
        taken.append(boxes[chosen])
    return found


def shared(one: np.ndarray, other: np.ndarray) -> float:
    """The area that two boxes share."""
    wide, high = (min(one[i + 1], other[i + 1]) - max(one[i], other[i]) for i in (0, 2))
    return float(max(wide, 0) * max(high, 0))


def axes(at: np.ndarray) -> dict[str, np.ndarray]:
    """(N, A) as the coordinates x, y and, of three, z."""
    return dict(zip("xyz", at.astype(np.float32).T, strict=False))
