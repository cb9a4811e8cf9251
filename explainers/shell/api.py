"""Each explainer as an endpoint of the same name, registered once: its controls in, its Trace as JSON out.

Also the Blocks that hold pages and endpoints, which let nothing in that could make gradio fetch or open a file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr

from .. import ALL
from ..contract import Choice, Control, Explainer, Model, Number, Toggle, Tokens
from ..words import LANGUAGES, words_for
from .tool import DETAILS, Failure, ask, default

# One line for all that runs a model, pages and endpoints alike: on a small host one at a time is fastest for everyone.
LINE: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1}


class Site(gr.Blocks):
    """Blocks whose events take plain values alone, and whose endpoints need not be given all of them.

    gradio fetches the address, or opens the path, in any object that says it is a file, wherever it stands among the
    values and whatever the event does with it; and it answers a call with fewer values than an event has parameters
    with an error that says nothing. Both are mended here, where gradio looks at the values first.
    """

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """What was left out becomes None, which means its default.

        Raises gr.Error for an object among the values, and for an event that is the browser's own affair.
        """
        inputs.extend([None] * (len(block_fn.inputs) - len(inputs)))
        if holds_object(inputs) or block_fn.fn is None:
            language = next((value for value in inputs[-1:] if value in LANGUAGES), LANGUAGES[0])
            raise gr.Error(words_for("refusals", language)("plain_values"), print_exception=False)


def holds_object(value: Any) -> bool:
    """Whether there is a JSON object anywhere in it."""
    rest = [value]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            return True
        if isinstance(item, list):
            rest.extend(item)
    return False


def endpoints() -> None:
    """Registers all explainers inside the current Blocks."""
    for explainer in ALL:
        gr.api(endpoint(explainer), api_name=explainer.name, **LINE)


def endpoint(explainer: Explainer) -> Callable[..., dict[str, Any]]:
    """A function with trace's documentation that takes text, every control, `detail` and, last, `lang`."""
    names = ("text", *(control.name for control in explainer.controls))

    def call(*given: Any) -> dict[str, Any]:
        *values, detail, language = given
        try:
            answer = ask(explainer, dict(zip(names, values, strict=True)), detail or DETAILS[1], language)
        except Failure as failure:
            raise gr.Error(str(failure), print_exception=False) from None
        return {"summary": answer} if isinstance(answer, str) else answer

    parameters = [parameter("text", str), *(parameter(c.name, hint(c), default(c)) for c in explainer.controls)]
    parameters += [parameter("detail", str, DETAILS[1]), parameter("lang", str, LANGUAGES[0])]
    call.__name__ = explainer.name
    call.__doc__ = explainer.trace.__doc__
    call.__signature__ = inspect.Signature(parameters, return_annotation=dict)  # type: ignore[attr-defined]
    call.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": dict}
    return call


def hint(control: Control) -> Any:
    """The Python type of a control's value in JSON."""
    if isinstance(control, Number):
        return int if control.whole else float
    if isinstance(control, Toggle):
        return bool
    if isinstance(control, Tokens):
        return list[int]
    assert isinstance(control, Choice | Model), f"no type for {control}"
    return str


def parameter(name: str, kind: Any, value: Any = inspect.Parameter.empty) -> inspect.Parameter:
    """A parameter of the endpoint."""
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value, annotation=kind)
