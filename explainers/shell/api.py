"""Each explainer as an endpoint of the same name, registered once: what trace takes in, the Trace as JSON out."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import gradio as gr

from .. import ALL
from ..contract import Control, Explainer, Model, Refusal, Tokens
from ..words import LANGUAGES, words_for
from .answer import log_bug, run
from .checks import refusal_text, text_of, values_of
from .pack import to_json

# One line for all that runs a model, pages and endpoints alike: on a small host one at a time is fastest for everyone.
LINE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}


def endpoints() -> None:
    """Registers all explainers inside the current Blocks."""
    for explainer in ALL:
        gr.api(endpoint(explainer), api_name=explainer.name, **LINE)


def endpoint(explainer: Explainer) -> Callable[..., dict[str, Any]]:
    """A function with trace's own parameters and documentation, `lang` last, that answers with the Trace as JSON."""
    takes = inspect.signature(explainer.trace).parameters
    controls = [c for c in explainer.controls if c.name in takes]

    def call(*given: Any) -> dict[str, Any]:
        text, *values, language = given
        language = language if language in LANGUAGES else LANGUAGES[0]
        try:
            return to_json(last(explainer, text, dict(zip((c.name for c in controls), values, strict=True))))
        except Refusal as refusal:
            raise gr.Error(refusal_text(refusal, language, explainer.name), print_exception=False) from None
        except Exception as error:
            log_bug(explainer.name, error)
            raise gr.Error(words_for("refusals", language)("bug"), print_exception=False) from None

    hints = get_type_hints(explainer.trace)
    parameters = [parameter("text", str), *(parameter(c.name, hint(c, hints), default(c)) for c in controls)]
    parameters.append(parameter("lang", str, LANGUAGES[0]))
    call.__name__ = explainer.name
    call.__doc__ = explainer.trace.__doc__
    call.__signature__ = inspect.Signature(parameters, return_annotation=dict)  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": dict}
    return call


def last(explainer: Explainer, text: Any, named: dict[str, Any]) -> Any:
    """The Trace of one call, its inputs checked as a page's are."""
    text = text_of(text)
    *_, (trace, _) = run(explainer, text, values_of(explainer, named, text))
    return trace


def default(control: Control) -> Any:
    """The default as JSON has it."""
    if isinstance(control, Model):
        return ""
    return list(control.default) if isinstance(control, Tokens) else control.default


def hint(control: Control, hints: dict[str, Any]) -> Any:
    """The type that the endpoint's schema shows."""
    if isinstance(control, Model):
        return str
    return list[int] if isinstance(control, Tokens) else hints.get(control.name, str)


def parameter(name: str, kind: Any, value: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """A parameter of the endpoint."""
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value, annotation=kind)
