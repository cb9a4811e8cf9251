"""From a page's request to its answer: check, find or run the trace, draw the views. Knows nothing of gradio.

A request is JSON: {"n", "text", "model", "controls": {name: value}, "pick": {"name", "event"} or null}; an answer is
JSON: {"n", "done", "key", "model", "views", "controls", "refusal"}. While a trace streams, answers with done=false
carry one "step" each.
"""

from __future__ import annotations

import inspect
import json
import logging
import traceback
import types
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import models

from .. import strip
from ..contract import Action, Component, Explainer, Html, Markdown, Model, Refusal, Table
from ..words import words_for
from .kept import KEPT, Entry
from .pack import to_json

log = logging.getLogger("glassbox")


def log_bug(name: str, error: Exception) -> None:
    """Where it went wrong, and never the message: that may hold somebody's sentence."""
    log.error("%s: %s\n%s", name, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))


def refusal_text(refusal: Refusal, language: str, explainer: str = "") -> str:
    """The sentence that says why, in the page's language; a control is named as its label names it."""
    facts = dict(refusal.facts)
    if "control" in facts and explainer:
        facts["control"] = words_for(explainer, language)(f"controls.{facts['control']}.label")
    if "bytes" in facts and isinstance(facts["bytes"], int | float):
        facts["bytes"] = f"{facts['bytes'] / 1e9:.1f} GB"
    if "limit" in facts and isinstance(facts["limit"], int | float) and refusal.key == "model_too_large":
        facts["limit"] = f"{facts['limit'] / 1e9:.1f} GB"
    return words_for("refusals", language)(refusal.key, **facts)


def check_text(text: Any) -> str:
    """The sentence as text. Lone surrogates, which no encoding can carry, become U+FFFD."""
    if not isinstance(text, str):
        raise Refusal("empty_text")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def check_model(explainer: Explainer, name: Any, text: str) -> str | None:
    """The model to run: what was asked for if the host offers it, else the default for the text's script."""
    for control in explainer.inputs:
        if isinstance(control, Model):
            asked = control.check(name)
            if asked:
                models.check_offered(asked, control.needs)
                return asked
            return models.default(control.needs, text)
    return None


def arguments(explainer: Explainer, values: dict[str, Any]) -> dict[str, Any]:
    """The checked values that the explainer's trace takes as parameters."""
    takes = inspect.signature(explainer.trace).parameters
    return {name: value for name, value in values.items() if name in takes}


def check_values(explainer: Explainer, given: dict[str, Any]) -> dict[str, Any]:
    """Each control's value, checked; a missing one is its default."""
    named = {c.name: c for c in explainer.controls if not isinstance(c, Model)}
    unknown = set(given) - set(named)
    if unknown:
        raise Refusal("not_an_option", control="", value=", ".join(sorted(map(str, unknown)))[:40])
    return {name: c.check(given.get(name, c.default)) for name, c in named.items()}


def inputs_key(explainer: Explainer, text: str, model: str | None, values: dict[str, Any]) -> Hashable:
    """What a trace is kept under: everything that it depends on, and no live knob unless something is being written."""
    inputs = {c.name for c in explainer.inputs}
    return (explainer.name, text, model, *((k, v) for k, v in sorted(values.items()) if k in inputs))


def run(
    explainer: Explainer, text: str, model: str | None, values: dict[str, Any]
) -> Iterator[tuple[Any, Entry | None]]:
    """Yields (step, None) while the trace streams, then (trace, its entry)."""
    kept = KEPT.find(inputs_key(explainer, text, model, values))
    if kept:
        yield kept.trace, kept
        return
    made = explainer.trace(text, **({"model": model} if model else {}), **arguments(explainer, values))
    if isinstance(made, types.GeneratorType):
        last = next(made)
        for value in made:
            yield last, None
            last = value
        made = last
    left = explainer.after(made) if explainer.after else {}
    yield made, KEPT.keep(inputs_key(explainer, text, model, {**values, **left}), made)


def view_json(view: Any, entry: Entry, name: str) -> dict[str, Any]:
    """One view as JSON, with what kind it is."""
    if isinstance(view, Component):
        return {"kind": "component", "component": view.name, "props": to_json(view.props, entry, name)}
    if isinstance(view, Table):
        return {"kind": "table", "columns": list(view.columns), "rows": to_json(view.rows), "data": list(view.data)}
    if isinstance(view, Markdown):
        return {"kind": "markdown", "text": view.text}
    if isinstance(view, Html):
        return {"kind": "html", "source": view.source, "height": view.height}
    return {"kind": "component", "component": "figure", "props": {"figure": json.loads(view.to_json())}}


def draw(explainer: Explainer, entry: Entry, values: dict[str, Any], language: str) -> dict[str, Any]:
    """All views of a trace as JSON, in their order."""
    words = words_for(explainer.name, language)
    drawn = {}
    for name, view in explainer.views.items():
        takes = inspect.signature(view).parameters
        knobs = {k: v for k, v in values.items() if k in takes}
        drawn[name] = view_json(view(entry.trace, words, **knobs), entry, name)
    return drawn


def strip_json(text: str, model: str | None, language: str) -> str:
    """The strip's values for this sentence, as JSON text."""
    inputs = ("strip", text, model)
    entry = KEPT.find(inputs) or KEPT.keep(inputs, strip.trace(text, model=model))
    return json.dumps(to_json(strip.view(entry.trace, words_for("strip", language))))


def stream(explainer: Explainer, request: dict[str, Any], language: str) -> Iterator[tuple[dict[str, Any], str | None]]:
    """Yields (answer, strip or None); the last answer is done. Raises Refusal."""
    text = check_text(request.get("text"))
    model = check_model(explainer, request.get("model"), text)
    asked = request.get("controls") or {}
    values = check_values(explainer, asked)
    pick = request.get("pick")
    if pick:
        *_, (trace, _) = run(explainer, text, model, {**values, **resting(explainer)})
        values = check_values(explainer, {**values, **picked(explainer, trace, pick)})
    for result, entry in run(explainer, text, model, values):
        if entry is None:
            yield {"done": False, "step": to_json(result)}, None
    assert entry is not None
    values.update(explainer.after(result) if explainer.after else {})
    answer = {"done": True, "key": entry.key, "model": model, "views": draw(explainer, entry, values, language)}
    # only what the run or the pick moved: a slider may have moved in the page meanwhile
    moved = {name: value for name, value in values.items() if to_json(value) != asked.get(name)}
    yield {**answer, "controls": to_json(moved)}, strip_json(text, model, language)


def resting(explainer: Explainer) -> dict[str, Any]:
    """Every action at rest, so that a pick looks at the trace as it stands."""
    return {c.name: c.default for c in explainer.controls if isinstance(c, Action)}


def picked(explainer: Explainer, trace: Any, pick: Any) -> dict[str, Any]:
    """What a click means: the controls that it moves."""
    function: Callable[..., dict[str, Any]] | None = explainer.picks.get(str(pick.get("name")))
    if function is None:
        raise Refusal("not_an_option", control="", value=str(pick.get("name"))[:40])
    return function(trace, pick.get("event") or {})


def answer(explainer: Explainer, body: str, language: str) -> Iterator[tuple[str, str | None]]:
    """Yields (answer, strip or None) as JSON text; never raises: what goes wrong becomes one sentence."""
    n = None
    try:
        request = json.loads(body)
        n = request.get("n")
        for part, strip_text in stream(explainer, request, language):
            yield json.dumps({"n": n, "refusal": None, **part}), strip_text
    except Refusal as refusal:
        yield json.dumps({"n": n, "done": True, "refusal": refusal_text(refusal, language, explainer.name)}), None
    except Exception as error:  # a bug: the log gets its trace without the sentence, the page one sentence
        log_bug(explainer.name, error)
        sentence = words_for("refusals", language)("bug")
        yield json.dumps({"n": n, "done": True, "refusal": sentence}), None
