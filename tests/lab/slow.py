"""A trace that yields Steps: one, then nothing until a file says so, then many at once, then the Trace."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from explainers import contract
from explainers.contract import Component, Explainer, Model, Table
from explainers.words import NO_WORDS, Words

MANY = 150
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Step(contract.Step):
    """A number that came."""

    number: int


@dataclass(frozen=True)
class Trace:
    """All of them."""

    text: str
    numbers: np.ndarray  # (N,) int64, 0, 1, 2, …


def trace(text: str, *, model: str | None = None) -> Iterator[Step | Trace]:
    """Counts; where the text is "wait", it stands still after the first until there is a file called "go"."""
    yield Step(0)
    deadline = time.monotonic() + PATIENCE
    while text == "wait" and not Path("go").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    for number in range(1, MANY):
        yield Step(number)
    while text == "wait" and not Path("end").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield Trace(text, np.arange(MANY))


def seen(trace: Trace, words: Words = NO_WORDS) -> Component:
    """For a component of the test's own, which writes down the steps that it is given."""
    return Component("seen", {"count": len(trace.numbers)})


def picture(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """All numbers."""
    return go.Figure(go.Scatter(y=trace.numbers.tolist()))


def picture_so_far(steps: Sequence[Step], words: Words = NO_WORDS) -> go.Figure:
    """Those that have come."""
    return go.Figure(go.Scatter(y=[step.number for step in steps]))


def numbers(trace: Trace, words: Words = NO_WORDS) -> Table:
    """How many there are."""
    return Table(words.columns("numbers", "count"), ((len(trace.numbers),),))


def numbers_so_far(steps: Sequence[Step], words: Words = NO_WORDS) -> Table:
    """How many have come."""
    return Table(words.columns("numbers", "count"), ((len(steps),),))


EXPLAINER = Explainer(
    name="slow",
    chapter="inside",
    trace=trace,
    views={"picture": picture, "seen": seen, "numbers": numbers},
    inputs=(Model(),),
    during={"picture": picture_so_far, "numbers": numbers_so_far},
)
