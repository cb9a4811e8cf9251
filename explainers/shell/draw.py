"""Views as JSON for the page: components with their props packed, figures, tables, texts; and the strip."""

from __future__ import annotations

import inspect
import json
from collections.abc import Container
from typing import Any

import models

from .. import strip
from ..contract import Choice, Component, Explainer, Html, Markdown, Refusal, Table
from ..words import Words, words_for
from .checks import refusal_text
from .kept import KEPT, Entry
from .offer import STRIP, instead
from .pack import to_json


def view_json(view: Any, entry: Entry | None, name: str) -> dict[str, Any]:
    """One view as JSON, with what kind it is; without an entry, all arrays travel inside."""
    if isinstance(view, Component):
        return {"kind": "component", "component": view.name, "props": to_json(view.props, entry, name, page=True)}
    if isinstance(view, Table):
        data = range(len(view.columns)) if view.data is None else view.data
        return {"kind": "table", "columns": list(view.columns), "rows": to_json(view.rows), "data": list(data)}
    if isinstance(view, Markdown):
        return {"kind": "markdown", "text": view.text}
    return {"kind": "component", "component": "figure", "props": {"figure": json.loads(view.to_json())}}


def frame_json(view: Html, entry: Entry, name: str) -> dict[str, Any]:
    """A frame as its address: what is in it is made once a browser asks for it."""
    entry.frames[name] = view.source
    return {"kind": "html", "url": f"frames/{entry.key}/{name}", "height": view.height}


def choices(explainer: Explainer, knobs: dict[str, Any], words: Words) -> list[dict[str, Any]]:
    """The choices that stand in a frame's own card, since no component draws them: name, label, value, options."""
    return [
        {
            "name": control.name,
            "label": words(f"controls.{control.name}.label"),
            "value": knobs[control.name],
            "options": [[option, words(f"controls.{control.name}.options.{option}")] for option in control.options],
        }
        for control in explainer.knobs
        if isinstance(control, Choice) and control.inside and control.name in knobs
    ]


def views_json(
    explainer: Explainer, entry: Entry, values: dict[str, Any], language: str, wanted: Container[Any] | None = None
) -> dict[str, Any]:
    """Views of a trace as JSON, in their order, each with its "knobs"; drawn once for all who ask.

    wanted: the names of those in sight; None: all of them.
    """
    drawn = {}
    for name, view in explainer.views.items():
        if wanted is not None and name not in wanted:
            continue
        takes = inspect.signature(view).parameters
        knobs = {knob: value for knob, value in values.items() if knob in takes}
        drawing = (name, language, *knobs.values())
        text = entry.drawn.get(drawing)
        if text is None:
            text = json.dumps(drawn_json(explainer, entry, name, knobs, language) | {"knobs": to_json(knobs)})
            KEPT.note(entry, drawing, text)
        drawn[name] = json.loads(text)
    return drawn


def drawn_json(explainer: Explainer, entry: Entry, name: str, knobs: dict[str, Any], language: str) -> dict[str, Any]:
    """One view of a trace, drawn with these knobs."""
    words = words_for(explainer.name, language)
    made = explainer.views[name](entry.trace, words, **knobs)
    if not isinstance(made, Html):
        return view_json(made, entry, name)
    named = ".".join((name, language, *(str(value) for value in knobs.values())))
    return frame_json(made, entry, named) | {"choices": choices(explainer, knobs, words)}


def strip_json(text: str, chosen: str, language: str) -> dict[str, Any]:
    """The strip's values for a sentence as JSON; what the strip cannot show is no reason to show nothing else.

    chosen: the page's model; where that has no attention or no next word, another one answers and the strip names it.
    """
    try:
        model = strip_model(chosen, language)
        inputs = ("strip", text, type(text), model, models.stamp(model))
        entry = KEPT.find(inputs) or KEPT.keep(inputs, strip.trace(text, model=model))
    except Refusal as refusal:
        return {"text": text, "refusal": refusal_text(refusal, language)}
    view = strip.view(entry.trace, words_for("strip", language))
    shown: dict[str, Any] = to_json({**view, "instead": model != chosen})
    return shown


def strip_model(chosen: str, language: str) -> str:
    """The model that the strip shows: the chosen one where it can."""
    models.check_offered(chosen)
    other = instead(chosen, STRIP, language)
    return other[0] if other else chosen
