"""A straight line learns to follow a text's characters: the contract's Run, in numpy alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explainers import contract
from explainers.contract import Change, Explainer, Number, Run, Table
from explainers.words import NO_WORDS, Words

PACE = 0.05  # seconds a step, so that a person, or a test, can step in; not for a text that says "quick"


@dataclass(frozen=True)
class Step(contract.Step):
    """One step of the descent."""

    loss: float


@dataclass(frozen=True)
class Trace:
    """Where the descent has come to."""

    text: str
    line: np.ndarray  # (2,) float64, slope and height
    losses: np.ndarray  # (N,) float64
    record: tuple[Change, ...] = ()


def points(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Place from -1 to 1 and code of each character, scaled to a mean of 0 and a spread of 1."""
    y = np.array([ord(c) for c in text], dtype=np.float64)
    return np.linspace(-1, 1, len(y)), (y - y.mean()) / (y.std() or 1.0)


def trace(text: str, *, rate: float = 0.1) -> Trace:
    """Before the first step: a flat line."""
    return Trace(text, np.zeros(2), np.zeros(0))


def descend(text: str, run: Run) -> Iterator[Step | Trace]:
    """Steps of gradient descent on the mean squared distance."""
    x, y = points(text)
    line = np.array([2.0, -3.0])
    losses: list[float] = []
    for _ in run.steps():
        if "bug" in text and len(losses) > 5:
            raise RuntimeError(text)
        away = line[0] * x + line[1] - y
        line = line - run["rate"] * 2 * np.array([(away * x).mean(), away.mean()])
        losses.append(float((away**2).mean()))
        time.sleep(0 if "quick" in text else PACE)
        yield Step(losses[-1])
    yield Trace(text, line, np.array(losses), tuple(run.record))


def curve(trace: Trace, words: Words = NO_WORDS) -> go.Figure:
    """The loss at each step."""
    return go.Figure(go.Scatter(y=trace.losses.tolist()))


def curve_so_far(steps: Sequence[Step], words: Words = NO_WORDS) -> go.Figure:
    """The same while it goes on."""
    return go.Figure(go.Scatter(y=[step.loss for step in steps]))


def numbers(trace: Trace, words: Words = NO_WORDS, digits: int = 3) -> Table:
    """Slope, height, and the last loss."""
    values = (*trace.line.tolist(), *trace.losses[-1:].tolist())
    return Table(words.columns("numbers", "value"), tuple((round(value, digits),) for value in values))


EXPLAINER = Explainer(
    name="descent",
    chapter="inside",
    trace=trace,
    views={"curve": curve, "numbers": numbers},
    inputs=(Number("rate", default=0.1, low=0.0, high=1.0, step=0.01, during=True),),
    knobs=(Number("digits", default=3, low=1, high=6),),
    during={"curve": curve_so_far},
    run=descend,
)
