"""Views as JSON for the page: components with their props packed, figures, tables, texts; and the strip."""

from __future__ import annotations

import inspect
import json
from typing import Any

from .. import strip
from ..contract import Component, Explainer, Html, Markdown, Refusal, Table
from ..words import words_for
from .checks import refusal_text
from .kept import KEPT, Entry
from .pack import to_json


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


def views_json(explainer: Explainer, entry: Entry, values: dict[str, Any], language: str) -> dict[str, Any]:
    """All views of a trace as JSON, in their order, each with the knobs that it takes."""
    words = words_for(explainer.name, language)
    drawn = {}
    for name, view in explainer.views.items():
        takes = inspect.signature(view).parameters
        knobs = {knob: value for knob, value in values.items() if knob in takes}
        drawn[name] = view_json(view(entry.trace, words, **knobs), entry, name)
    return drawn


def strip_json(text: str, model: str, language: str) -> str:
    """The strip's values for a sentence as JSON text; what the strip cannot show is no reason to show nothing else."""
    inputs = ("strip", text, model)
    try:
        entry = KEPT.find(inputs) or KEPT.keep(inputs, strip.trace(text, model=model))
    except Refusal as refusal:
        return json.dumps({"text": text, "refusal": refusal_text(refusal, language)})
    return json.dumps(to_json(strip.view(entry.trace, words_for("strip", language))))
