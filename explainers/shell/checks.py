"""What a page or an endpoint may ask: each value checked, each missing one at its default. Raises Refusal alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import models

from ..contract import Action, Control, Explainer, Model, Refusal
from ..sentence import fitting
from ..words import words_for

MOST_SHOWN = 40  # characters of a wrong value that a refusal repeats


def text_of(text: Any) -> str:
    """The sentence as text. Lone surrogates, which no encoding can carry, become U+FFFD."""
    if not isinstance(text, str):
        raise Refusal("empty_text")
    return whole(text)


def whole(text: str) -> str:
    """Text that any encoding can carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cleaned(value: Any) -> Any:
    """A JSON value with all its texts whole: a refusal may repeat them."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(str(name)): cleaned(part) for name, part in value.items()}
    return [cleaned(part) for part in value] if isinstance(value, list) else value


def model_of(control: Model, name: Any, text: str, beside: Any = None) -> str:
    """A model that the host offers and that can do what is needed; where none is named, one that fits.

    beside: the page's model, which decides its language; without one the text does.
    """
    asked = control.check(name)
    asked = asked or (fitting(control.needs, beside, text) if beside else models.default(control.needs, text))
    models.check_offered(asked, control.needs)
    return asked


def values_of(explainer: Explainer, given: Any, text: str) -> dict[str, Any]:
    """The value of each control, models included; what the page's picker sets first, for another may go by it."""
    given = given if isinstance(given, dict) else {}
    named = {control.name: control for control in explainer.controls}
    unknown = sorted(str(name) for name in set(given) - set(named))
    if unknown:
        raise Refusal("unknown_name", name=unknown[0][:MOST_SHOWN])
    shared = [c for c in named.values() if isinstance(c, Model) and c.shared]
    beside = model_of(shared[0], given.get(shared[0].name), text) if shared else None
    return {name: value_of(control, given.get(name), text, beside) for name, control in named.items()}


def value_of(control: Control, value: Any, text: str, beside: str | None = None) -> Any:
    """One control's value, checked; None means its default."""
    if isinstance(control, Model):
        return model_of(control, value, text, None if control.shared else beside)
    return control.check(control.default if value is None else value)


def arguments(explainer: Explainer, values: dict[str, Any], work: Callable[..., Any] | None = None) -> dict[str, Any]:
    """The values that the explainer's trace takes as parameters, or its run if that is the work."""
    takes = inspect.signature(work or explainer.trace).parameters
    return {name: value for name, value in values.items() if name in takes}


def resting(explainer: Explainer) -> dict[str, Any]:
    """Every action at rest."""
    return {control.name: control.default for control in explainer.controls if isinstance(control, Action)}


def room(size: float) -> str:
    """Bytes as a refusal says them; two sizes that differ must not read the same because both are small."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def refusal_text(refusal: Refusal, language: str, explainer: str = "") -> str:
    """The sentence that says why, in a page's language; a control is named as its label names it."""
    facts = dict(refusal.facts)
    if facts.get("control") and explainer:
        facts["control"] = words_for(explainer, language)(f"controls.{facts['control']}.label")
    if refusal.key == "model_too_large":
        facts |= {name: room(facts[name]) for name in ("bytes", "limit") if name in facts}
    return words_for("refusals", language)(refusal.key, **facts)
