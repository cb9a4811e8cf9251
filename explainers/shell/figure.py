"""A Plotly figure as text: the numbers that it draws."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..words import Words
from .plain import cell, table

MOST_POINTS = 16  # of each trace


def drawn(figure: Any, own: Words) -> Iterator[str]:
    """The numbers that a Plotly figure draws: a table for each of its traces that says something under the pointer."""
    for trace in figure.data:
        if trace.hoverinfo == "skip":
            continue
        axes = Axes(figure.layout, trace)
        yield from [f"{trace.name}:"] if trace.name else []
        if trace.type == "heatmap":
            yield from grid(trace, axes, own)
        else:
            names = [name for name in ("x", "y", "z", "text") if name in trace and several(trace[name])]
            columns = [axes.named(name, trace[name]) for name in names]
            rows = [row for row in zip(*columns, strict=False) if any(value is not None for value in row)]
            yield from table([axes.title(name) for name in names], rows, own, MOST_POINTS)


def several(values: Any) -> bool:
    return values is not None and not isinstance(values, str) and len(values) > 0


def grid(trace: Any, axes: Axes, own: Words) -> Iterator[str]:
    """A heatmap's cells, a row for each of its rows."""
    cells = np.asarray(trace.z, dtype=float)
    down, across = (
        axes.named(name, trace[name] if several(trace[name]) else range(count))
        for name, count in zip("yx", cells.shape, strict=True)
    )
    rows = [(name, *values) for name, values in zip(down, cells.tolist(), strict=False)]
    yield from table([f"{axes.title('y')} \\ {axes.title('x')}", *map(cell, across)], rows, own)


class Axes:
    """The axes that a trace is drawn on: what stands along them, and what their ticks say."""

    def __init__(self, layout: Any, trace: Any):
        scene = trace.type.endswith("3d")
        own = {name: (getattr(trace, f"{name}axis", None) or name) for name in "xy"} if not scene else {}
        where = layout.scene if scene else layout
        wanted = {name: f"{name}axis{own.get(name, name)[1:]}" for name in "xyz"}
        self.axes = {name: where[key] for name, key in wanted.items() if key in where}

    def title(self, name: str) -> str:
        """What stands along an axis, or its letter."""
        text = self.axes[name].title.text if name in self.axes else ""
        return html.unescape(text) if text else "" if name == "text" else name

    def named(self, name: str, places: Iterable[Any]) -> list[Any]:
        """The values along an axis, as its ticks name them."""
        axis = self.axes.get(name)
        ticks = dict(zip(axis.tickvals, axis.ticktext, strict=True)) if axis and axis.ticktext else {}
        found = (ticks.get(place, place) for place in places)
        return [html.unescape(value) if isinstance(value, str) else value for value in found]
