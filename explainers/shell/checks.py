"""What a page or an endpoint may ask: each value checked, each missing one at its default. Raises Refusal alone."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import models

from ..contract import SPECIAL_TOKENS, Action, Control, Explainer, Model, Refusal
from ..sentence import fitting, whole
from ..words import words_for

NOTHING = ("null", "None")
MOST_SHOWN = 40  # characters of a wrong value that a refusal repeats


def text_of(text: Any, special_tokens: Any = None) -> str:
    """The sentence as text; a number or a yes, which a program may make of "2024" or "true", as JSON writes it.

    Lone surrogates, which no encoding can carry, become U+FFFD. special_tokens: whether the names of special tokens in
    it are read as those; None is no.
    """
    if isinstance(text, bool | int | float):
        text = json.dumps(text)
    if text is None:
        raise Refusal("empty_text")
    if not isinstance(text, str):
        raise Refusal("not_text")
    marked = special_tokens is not None and SPECIAL_TOKENS.check(special_tokens)
    return models.Marked(whole(text)) if marked else whole(text)


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
    beside = value_of(shared[0], given.get(shared[0].name), text) if shared else None
    return {name: value_of(control, given.get(name), text, beside) for name, control in named.items()}


def paired(explainer: Explainer, values: dict[str, Any], given: Any, text: str) -> tuple[dict[str, Any], str | None]:
    """The values, with a bundled pair where two models must cut texts alike and none that was left to fit does.

    Then also the first of that pair, else None.
    """
    given = given if isinstance(given, dict) else {}
    for control in explainer.controls:
        if not isinstance(control, Model) or not control.twin or given.get(control.twin) not in (None, "", *NOTHING):
            continue
        if not models.same_tokens(values[control.name], values[control.twin]):
            other = explainer.control(control.twin)
            assert isinstance(other, Model)
            own = models.default(control.needs, text)
            return values | {control.name: own, other.name: fitting(other.needs, own, text)}, own
    return values, None


def value_of(control: Control, value: Any, text: str, beside: str | None = None) -> Any:
    """One control's value, checked; None means its default, as "null" does, which some programs send for it."""
    value = None if value in NOTHING else value
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


def label_of(control: str, explainer: str, language: str) -> str:
    """What a page calls a control of an explainer, or one of its own."""
    if control == SPECIAL_TOKENS.name:
        return words_for("shell", language)(control)
    return words_for(explainer, language)(f"controls.{control}.label")


def refusal_text(refusal: Refusal, language: str, explainer: str = "") -> str:
    """The sentence that says why, in a page's language; a control is named as its label names it."""
    named = [fact for fact in ("control", "zero") if refusal.facts.get(fact) and explainer]
    labels = {fact: label_of(str(refusal.facts[fact]), explainer, language) for fact in named}
    return refusal.sentence(language, **labels)
