"""The leading picture of `embeddings`: the vocabulary as dots, a sentence's tokens among them, and who is near whom.

Figures say in `layout.meta` what the page's figure component makes of them: tokens and neighbours as buttons beside the
plot, and where to fly when another token is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from explainers import figures
from explainers.dots import layers
from explainers.figures import colour, plain
from explainers.words import Words

if TYPE_CHECKING:
    from explainers.embeddings import Trace

HEIGHT = 460
EYE = np.array([1.15, 1.15, 0.7])  # from where a space is first seen, in widths of it
RINGS = (30, 60, 90)  # degrees


def figure(trace: Trace, words: Words, projection: str, first: bool) -> go.Figure:
    """The picture in two axes, in three, or by the angle to the chosen token."""
    if projection == "angle":
        made = by_angle(trace, words)
    else:
        used = np.arange(3 if projection == "space" else 2) + (not first)
        made = in_space(trace, words, used) if projection == "space" else in_plane(trace, words, used)
    made.layout.meta = made.layout.meta | beside(trace, words) | {"controls": controls(words, projection, first)}
    return made


def controls(words: Words, projection: str, first: bool) -> list[dict[str, Any]]:
    """The knobs as buttons in a corner of the plot: each with its options and the one that holds."""
    options = [[option, words(f"controls.projection.options.{option}")] for option in ("angle", "plane", "space")]
    kinds = {"name": "projection", "label": words("controls.projection.label"), "value": projection, "options": options}
    axis = {"name": "first", "label": words("controls.first.label"), "value": first, "options": None}
    return [kinds] if projection == "angle" else [kinds, axis]


def beside(trace: Trace, words: Words) -> dict[str, Any]:
    """What stands beside the plot: the sentence's tokens and the chosen one's neighbours; the picture in a sentence."""
    chosen = trace.chosen
    nearest = [
        {"label": label, "data": int(i), "share": float(cosine)}
        for label, i, cosine in zip(chosen.labels, chosen.ids, chosen.cosines, strict=True)
    ]
    return {
        "places": [{"label": label, "data": int(i)} for label, i in zip(trace.labels, trace.ids, strict=True)],
        "chosen": chosen.id,
        "near": {"title": words("views.picture.near", token=chosen.label), "rows": nearest},
        "text": words("views.picture.text", token=chosen.label, neighbours=", ".join(chosen.labels[:5])),
    }


def frame(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle and half the width (A,) of what holds all points but the outermost hundredth."""
    low, high = np.percentile(at, 0.5, axis=0), np.percentile(at, 99.5, axis=0)
    return (low + high) / 2, np.maximum(0.55 * (high - low), 1e-6)


def close_by(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Middle and half the width (A,) of what holds the chosen token, near[0], and most of its neighbours."""
    order = np.argsort(np.linalg.norm(near - near[0], axis=1))
    most = near[order[: 1 + 3 * len(near) // 4]]
    return (most.min(0) + most.max(0)) / 2, (most.max(0) - most.min(0)) / 2


def titles(trace: Trace, words: Words, used: np.ndarray) -> list[dict[str, Any]]:
    """What each axis is, with the share of the variance that it holds."""
    shares = [figures.percent(float(trace.share[axis])) for axis in used]
    said = [words("views.picture.axis", number=int(a) + 1, share=s) for a, s in zip(used, shares, strict=True)]
    return [{"title": {"text": plain(text)}, "showticklabels": False, "showgrid": False} for text in said]


def in_plane(trace: Trace, words: Words, used: np.ndarray) -> go.Figure:
    """Two axes, with the same unit on both, so that what is near is not an effect of stretching."""
    at, points, near = (part[:, used] for part in (trace.vocabulary, trace.points, trace.near))
    middle, half = frame(np.concatenate([at, points, near]))
    spot, reach = close_by(near)
    wide = max(1.3 * reach.max(), 0.1 * half.max())
    home, close = spans(middle, half), spans(spot, np.full(2, wide))
    across, up = titles(trace, words, used)
    made = figures.figure(layers(trace, at, points, near, 2 * wide / HEIGHT), HEIGHT, xaxis=across, yaxis=up)
    made.update_yaxes(scaleanchor="x")
    made.layout.meta = flight(trace, f"plane {used}", home, close)
    return made


def spans(middle: np.ndarray, half: np.ndarray) -> dict[str, list[float]]:
    """The ranges of x and y around a point."""
    both = zip(("xaxis", "yaxis"), middle.tolist(), half.tolist(), strict=True)
    return {f"{axis}.range": [at - wide, at + wide] for axis, at, wide in both}


def in_space(trace: Trace, words: Words, used: np.ndarray) -> go.Figure:
    """Three axes, to be turned; in the same unit, too."""
    at, points, near = (part[:, used] for part in (trace.vocabulary, trace.points, trace.near))
    middle, half = frame(np.concatenate([at, points, near]))
    ratio = half / np.cbrt(half.prod())  # the sides of the scene, as plotly has them
    scene: dict[str, Any] = {"aspectmode": "manual", "aspectratio": dict(zip("xyz", ratio.tolist(), strict=True))}
    for name, title, m, h in zip("xyz", titles(trace, words, used), middle.tolist(), half.tolist(), strict=True):
        scene[f"{name}axis"] = {**title, "range": [m - h, m + h], "showbackground": False, "showspikes": False}
    made = figures.figure(layers(trace, at, points, near), HEIGHT, scene=scene)
    spot = np.clip((close_by(near)[0] - middle) / (2 * half), -0.5, 0.5) * ratio
    made.layout.meta = flight(trace, f"space {used}", camera(np.zeros(3), EYE), camera(spot, spot + 0.5 * EYE))
    return made


def camera(center: np.ndarray, eye: np.ndarray) -> dict[str, Any]:
    """Where a scene is seen from."""
    both = (("center", center), ("eye", eye))
    return {"scene.camera": {name: dict(zip("xyz", at.tolist(), strict=True)) for name, at in both}}


def by_angle(trace: Trace, words: Words) -> go.Figure:
    """The chosen token in the middle, each other as far from it as its row is turned away, in degrees."""
    flat = {"visible": False}
    reach = 1.2 * np.linalg.norm(trace.near_turned, axis=1).max()
    drawn = layers(trace, trace.around, trace.turned, trace.near_turned, 2 * reach / HEIGHT)
    made = figures.figure(drawn, HEIGHT, xaxis=flat, yaxis=flat)
    made.update_yaxes(scaleanchor="x")
    for ring in RINGS:
        edge = {"x0": -ring, "x1": ring, "y0": -ring, "y1": ring}
        made.add_shape(type="circle", **edge, line={"color": colour("line")}, layer="below")
        made.add_annotation(x=0, y=ring, text=f"{ring}°", showarrow=False, font={"color": colour("muted")})
    middle = np.zeros(2)
    made.layout.meta = flight(trace, "angle", spans(middle, np.full(2, 105.0)), spans(middle, np.full(2, reach)))
    return made


def flight(trace: Trace, kind: str, home: dict[str, Any], close: dict[str, Any]) -> dict[str, Any]:
    """Where the page flies when another token is chosen, and what it sees from home; else what a person moved stays."""
    return {"fly": {"kind": kind, "key": f"{trace.model} {trace.chosen.id}", "home": home, "to": close}}
