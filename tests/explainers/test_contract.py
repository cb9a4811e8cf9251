"""Whatever an explainer is about, it keeps the contract: tested once for all of them, on a tiny model."""

import dataclasses
import inspect
import json
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from explainers import ALL
from explainers.contract import Component, Explainer, Html, Markdown, Model, Table

EVERY = pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
TEXTS = ["the cat <b>sat</b> %{x} {x}", "옛날에 꿹 고양이", "a"]


@pytest.fixture
def tinies(request: pytest.FixtureRequest, explainer: Explainer) -> dict[str, str]:
    """A tiny model for each that the explainer takes; they have one tokenizer."""
    kinds = {c.name: "tiny_rnn" if "recurrent" in c.needs else "tiny" for c in explainer.inputs if isinstance(c, Model)}
    return {name: request.getfixturevalue(kind) for name, kind in kinds.items()}


def traced(explainer: Explainer, text: str, tinies: dict[str, str], **given: Any) -> Any:
    made = explainer.trace(text, **tinies, **given)
    return [*made][-1] if inspect.isgenerator(made) else made


def packed(value: Any) -> Any:
    """As the shell packs: arrays become something that JSON takes; anything else must be JSON already."""
    if isinstance(value, np.ndarray):
        assert value.dtype in (np.float32, np.uint8, np.float64, np.int32), "what a browser unpacks"
        return {"dtype": str(value.dtype), "shape": list(value.shape)}
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        return {key: packed(part) for key, part in value.items()}
    return [packed(part) for part in value] if isinstance(value, list | tuple) else value


@EVERY
@pytest.mark.parametrize("text", TEXTS)
def test_every_view_draws_without_words(explainer: Explainer, text: str, tinies: dict[str, str]) -> None:
    trace = traced(explainer, text, tinies)
    for view in explainer.views.values():
        drawn = view(trace)
        if isinstance(drawn, Component):
            json.dumps(packed(dict(drawn.props)), allow_nan=False)
        elif isinstance(drawn, Table):
            assert drawn.rows and all(len(row) == len(drawn.columns) for row in drawn.rows)
            json.dumps(drawn.rows, allow_nan=False)
        else:
            assert isinstance(drawn, go.Figure | Markdown | Html)


@EVERY
def test_every_view_takes_every_knob_that_it_names_and_no_other(explainer: Explainer) -> None:
    knobs = {control.name: control.default for control in explainer.knobs}
    for view in explainer.views.values():
        first, second, *others = inspect.signature(view).parameters.values()
        assert (first.name, second.name) == ("trace", "words")
        assert {other.name: other.default for other in others}.items() <= knobs.items()


@EVERY
def test_every_default_passes_its_own_check(explainer: Explainer) -> None:
    for control in explainer.controls:
        checked = control.check(control.default)
        assert checked == control.default and type(checked) is type(control.default)
        json.dumps(checked)


@EVERY
def test_traces_inputs_are_its_parameters(explainer: Explainer) -> None:
    text, *others = inspect.signature(explainer.trace).parameters.values()
    assert text.name == "text" and text.default is inspect.Parameter.empty
    assert all(other.kind is inspect.Parameter.KEYWORD_ONLY for other in others)
    defaults = {control.name: control.default for control in explainer.controls}
    assert {other.name: other.default for other in others}.items() <= defaults.items()
    assert {control.name for control in explainer.inputs} <= {other.name for other in others}
    taken = [control for control in explainer.inputs if isinstance(control, Model)]
    assert [control.shared for control in taken].count(True) == 1, "one model is the page's own"


@EVERY
def test_a_trace_is_a_frozen_value_with_a_short_repr(explainer: Explainer, tinies: dict[str, str]) -> None:
    trace = traced(explainer, "the cat sat on the cat", tinies)
    assert len(repr(trace)) < 300
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.text = "else"


@EVERY
def test_every_array_of_a_trace_states_its_shape(explainer: Explainer) -> None:
    module = inspect.getmodule(explainer.trace)
    assert module is not None
    fields = [line for line in inspect.getsource(module.Trace).splitlines() if ": np.ndarray" in line]
    assert fields and all("# (" in line for line in fields)
