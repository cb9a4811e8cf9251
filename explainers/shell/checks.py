"""What a page or an endpoint may ask: each value checked, each missing one at its default. Raises Refusal alone."""

from __future__ import annotations

import inspect
from typing import Any

import models

from ..contract import Action, Control, Explainer, Model, Refusal
from ..words import words_for

MOST_SHOWN = 40  # characters of a wrong value that a refusal repeats


def text_of(text: Any) -> str:
    """The sentence as text. Lone surrogates, which no encoding can carry, become U+FFFD."""
    if not isinstance(text, str):
        raise Refusal("empty_text")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def model_of(control: Model, name: Any, text: str) -> str:
    """A model that the host offers and that can do what is needed; where none is named, the text's language decides."""
    asked = control.check(name) or models.default(control.needs, text)
    models.check_offered(asked, control.needs)
    return asked


def values_of(explainer: Explainer, given: Any, text: str) -> dict[str, Any]:
    """The value of each control, models included."""
    given = given if isinstance(given, dict) else {}
    named = {control.name: control for control in explainer.controls}
    unknown = sorted(str(name) for name in set(given) - set(named))
    if unknown:
        raise Refusal("unknown_name", name=unknown[0][:MOST_SHOWN])
    return {name: value_of(control, given.get(name), text) for name, control in named.items()}


def value_of(control: Control, value: Any, text: str) -> Any:
    """One control's value, checked; None means its default."""
    if isinstance(control, Model):
        return model_of(control, value, text)
    return control.check(control.default if value is None else value)


def arguments(explainer: Explainer, values: dict[str, Any]) -> dict[str, Any]:
    """The values that the explainer's trace takes as parameters."""
    takes = inspect.signature(explainer.trace).parameters
    return {name: value for name, value in values.items() if name in takes}


def resting(explainer: Explainer) -> dict[str, Any]:
    """Every action at rest."""
    return {control.name: control.default for control in explainer.controls if isinstance(control, Action)}


def refusal_text(refusal: Refusal, language: str, explainer: str = "") -> str:
    """The sentence that says why, in a page's language; a control is named as its label names it."""
    facts = dict(refusal.facts)
    if facts.get("control") and explainer:
        facts["control"] = words_for(explainer, language)(f"controls.{facts['control']}.label")
    if refusal.key == "model_too_large":
        facts |= {name: f"{facts[name] / 1e9:.1f} GB" for name in ("bytes", "limit") if name in facts}
    return words_for("refusals", language)(refusal.key, **facts)
