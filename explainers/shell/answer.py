"""From a page's request to its answer: check, find or run the trace, draw the views. Knows nothing of gradio.

A request is JSON: {"n", "text", "model": the page's, "controls": {name: value}, "pick": {"name", "event"} or null,
"run": the id of a finished run or null, "fetch": a model that the person chose, which may be fetched, or null, "views":
names of those that are in sight, or null for all}; an answer is JSON: {"n", "done", "refusal", "views": those, each
with the "knobs" that it was drawn with, "controls": those that the run moved}. While a trace streams, answers
with done=false carry its newest "steps", "at" being the number of the first of them, and views drawn from all so far.
An answer that is "absent" names another model, for the one that a link names is not here; one that is "arriving" says
how far a model is, and the page asks again.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Generator, Hashable, Iterator
from types import GeneratorType
from typing import Any

import models

from ..contract import Explainer, Model, Refusal, Step
from ..words import words_for
from .absent import absent, await_models, on_its_way
from .checks import arguments, paired, refusal_text, resting, text_of, values_of
from .draw import strip_json, views_json
from .kept import KEPT, Entry, of_run
from .pack import to_json
from .remarks import remarks
from .sketch import Sketch

log = logging.getLogger("glassbox")


def log_bug(name: str, error: Exception) -> None:
    """Where it went wrong, and never the message: that may hold somebody's sentence."""
    log.error("%s: %s\n%s", name, type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))


def inputs_key(explainer: Explainer, text: str, values: dict[str, Any]) -> Hashable:
    """All that a trace depends on: its inputs, the files of its models, and its knobs too once an action is pressed."""
    at_rest = all(values[name] == rest for name, rest in resting(explainer).items())
    counts = {control.name for control in explainer.inputs} if at_rest else set(arguments(explainer, values))
    stamps = [models.stamp(values[c.name]) for c in explainer.controls if isinstance(c, Model)]
    return (explainer.name, text, type(text), *stamps, *((k, v) for k, v in sorted(values.items()) if k in counts))


def run(
    explainer: Explainer, text: str, values: dict[str, Any], learnt: Any = None
) -> Generator[tuple[Any, Entry | None], None, None]:
    """Yields (step, None) as each comes, then (trace, its entry).

    learnt: the id of a finished Run, whose Trace it is then, for as long as that is kept.
    """
    kept = KEPT.find(of_run(explainer.name, learnt)) if isinstance(learnt, str) else None
    if kept:
        yield kept.trace, kept
        return
    for control in explainer.controls:
        if isinstance(control, Model):  # before the key is made: a model of the Hub has its files only now
            models.check_kind(values[control.name], control.needs)
    inputs = inputs_key(explainer, text, values)
    with KEPT.alone(inputs):  # whoever asks for the same meanwhile waits for it
        kept = KEPT.find(inputs)
        if not kept:
            made = explainer.trace(text, **arguments(explainer, values))
            if isinstance(made, GeneratorType):
                made = yield from steps(made)
            kept = KEPT.keep(inputs, made)
    yield kept.trace, kept


def steps(made: Iterator[Any]) -> Generator[tuple[Step, None], None, Any]:
    """Yields each step of a streaming trace as it comes; returns its end, the Trace, which is no Step."""
    for part in made:
        if not isinstance(part, Step):
            return part
        yield part, None
    raise TypeError("a trace that yields Steps and no Trace")


Part = tuple[dict[str, Any], dict[str, Any] | None]


def stream(explainer: Explainer, request: dict[str, Any], language: str) -> Iterator[Part]:
    """Yields (answer, strip or None); the last answer is done. Raises Refusal."""
    text = text_of(request.get("text"), request.get("special_tokens"))
    missing = absent(explainer, request, language)
    if missing:
        yield {"done": True, "absent": missing}, None
        return
    values = values_of(explainer, request.get("controls"), text)
    await_models(explainer, values)
    values, instead = paired(explainer, values, request.get("controls"), text)
    asked = values
    if request.get("pick"):
        *_, (trace, _) = run(explainer, text, {**values, **resting(explainer)})
        values = values_of(explainer, {**values, **picked(explainer, trace, request["pick"])}, text)
    sketch = Sketch(explainer, language)
    so_far: list[Step] = []
    for result, entry in run(explainer, text, values, request.get("run")):
        if entry is None:
            so_far.append(result)
            yield sketch.answer(so_far), None
    assert entry is not None
    values = {**values, **(explainer.after(result) if explainer.after else {})}
    # only what the run or the pick moved: a slider may have moved in the page meanwhile
    moved = {name: value for name, value in values.items() if value != asked[name]}
    views = views_json(explainer, entry, values, language, wanted(request))
    drawn = {"done": True, "views": views, "controls": to_json(moved)}
    drawn |= {"instead": instead} if instead else {}
    drawn["remarks"] = remarks(explainer, text, values, language)
    yield drawn, strip_json(text, str(request.get("model") or models.default(frozenset({"causal"}), text)), language)


def wanted(request: dict[str, Any]) -> list[Any] | None:
    """The names of the views that a page asks for; None where it asks for all."""
    views = request.get("views")
    return views if isinstance(views, list) else None


def picked(explainer: Explainer, trace: Any, pick: Any) -> dict[str, Any]:
    """What a click means: the controls that it moves."""
    name = str(pick.get("name")) if isinstance(pick, dict) else ""
    if name not in explainer.picks:
        raise Refusal("unknown_name", name=name[:40])
    return explainer.picks[name](trace, pick.get("event") or {})


def answer(explainer: Explainer, body: str, language: str) -> Iterator[tuple[str, str | None]]:
    """Yields (answer, strip or None) as JSON text; never raises: what goes wrong becomes one sentence.

    Both bear the number of the request: two explainers share the strip, and the older answer may come last.
    """
    n = None
    try:
        request = json.loads(body)
        n = request.get("n")
        for part, values in stream(explainer, request, language):
            yield json.dumps({"n": n, "refusal": None, **part}), None if values is None else numbered(n, values)
    except Refusal as refusal:
        told = remarked(explainer, body, language)
        sentence = refusal_text(refusal, language, explainer.name)
        yield failure(n, sentence, body, language, told, on_its_way(refusal))
    except Exception as error:  # a bug: the log gets its trace without the sentence, the page one sentence
        log_bug(explainer.name, error)
        yield failure(n, words_for("refusals", language)("bug"), body, language)


def remarked(explainer: Explainer, body: str, language: str) -> list[dict[str, Any]]:
    """The remarks of a request that was refused: what they offer may be the remedy. None where it cannot be read."""
    try:
        request = json.loads(body)
        text = text_of(request.get("text"), request.get("special_tokens"))
        return remarks(explainer, text, values_of(explainer, request.get("controls"), text), language)
    except (ValueError, AttributeError, Refusal):
        return []


def failure(
    n: Any, sentence: str, body: str, language: str, told: Any = (), arriving: dict[str, Any] | None = None
) -> tuple[str, str]:
    """An answer that is a sentence, and its remarks; the strip then shows the text alone, not what it showed before.

    arriving: what is said of a model that is on its way; the strip has a shorter sentence for it.
    """
    try:
        text = text_of(json.loads(body).get("text"))
    except (ValueError, AttributeError, Refusal):
        text = ""
    answer = {"n": n, "done": True, "refusal": sentence, "remarks": list(told), "arriving": arriving}
    short = words_for("shell", language)("absent.strip", **arriving) if arriving else sentence
    return json.dumps(answer), numbered(n, {"text": text, "refusal": short})


def numbered(n: Any, values: dict[str, Any]) -> str:
    """The strip as JSON text with the number of the request that it answers."""
    return json.dumps({"n": n, "values": values})
