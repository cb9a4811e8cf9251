"""Any explainer as something that programs ask: what it takes, as a JSON schema; what it answers, short or whole.

The HTTP endpoint and the MCP tool are both `ask`; they differ in what they take for granted: the endpoint answers with
the whole Trace, the tool with the summary.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import models

from ..contract import SPECIAL_TOKENS, Choice, Control, Explainer, Model, Number, Refusal, Toggle, Tokens
from ..words import LANGUAGES, words_for
from .absent import await_models, on_its_way
from .answer import log_bug, run
from .checks import cleaned, refusal_text, text_of, values_of
from .kept import size_of
from .offer import model_names
from .pack import to_json
from .remarks import remarks
from .summary import summary

DETAILS = ("summary", "full")
MOST = 32_000_000  # bytes of a whole answer
PARAMETER = re.compile(r"^(\w+(?:, \w+)*): ")


class Failure(Exception):
    """What went wrong, as one sentence for a person; its only argument."""


def ask(explainer: Explainer, given: Mapping[str, Any], detail: Any, language: Any) -> dict[str, Any] | str:
    """The Trace as JSON ("full") or as a text ("summary"). Raises nothing but Failure.

    given: "text", and the value of any control; None is its default.
    """
    language = language if language in LANGUAGES else LANGUAGES[0]
    try:
        return answered(explainer, cleaned(dict(given)), detail, language)
    except Refusal as refusal:
        later = f" {words_for('tools', language)('ask_again')}" if on_its_way(refusal) else ""
        raise Failure(refusal_text(refusal, language, explainer.name) + later) from None
    except Exception as error:
        log_bug(explainer.name, error)
        raise Failure(words_for("refusals", language)("bug")) from None


def answered(explainer: Explainer, given: dict[str, Any], detail: Any, language: str) -> dict[str, Any] | str:
    """Checks as a page's request is checked, runs, and says it. Steps on the way are left out. Raises Refusal."""
    if detail not in DETAILS:
        raise Refusal("unknown_name", name=str(detail)[:40])
    text = text_of(given.pop("text", None), given.get(SPECIAL_TOKENS.name))
    values = values_of(explainer, given, text)
    await_models(explainer, values)
    *_, (trace, _) = run(explainer, text, values)
    if detail == "summary":
        said = [one["text"] for one in remarks(explainer, text, values, language)]
        return summary(explainer, trace, values | (explainer.after(trace) if explainer.after else {}), language, said)
    size = size_of(trace)
    if size > MOST:
        raise Refusal("answer_too_large", size=megabytes(size), limit=megabytes(MOST))
    return to_json(trace)


def megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


# What it takes ---------------------------------------------------------------------------------------------------


def schema(explainer: Explainer) -> dict[str, Any]:
    """A JSON schema of the tool's arguments, each with its range or choices and what it is, in English."""
    words = words_for("tools", LANGUAGES[0])
    detail = {"type": "string", "enum": list(DETAILS), "default": DETAILS[0], "description": words("detail")}
    lang = {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0], "description": words("lang")}
    return {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": words("text")},
            **{control.name: described(control, explainer) for control in explainer.controls},
            "detail": detail,
            "lang": lang,
        },
        "required": ["text"],
        "additionalProperties": False,
    }


def described(control: Control, explainer: Explainer) -> dict[str, Any]:
    """A control's schema: its type, its default where there is a fixed one, and its help."""
    help_ = words_for(explainer.name, LANGUAGES[0]).raw(f"controls.{control.name}.info")
    shared = words_for("tools", LANGUAGES[0]).raw(control.name)
    told = help_ or documented(explainer).get(control.name) or shared or ""
    facts = {"description": told, **kind(control)}
    return facts if isinstance(control, Model) else facts | {"default": default(control)}


def kind(control: Control) -> dict[str, Any]:
    """The JSON type of a control and what it may be."""
    if isinstance(control, Number):
        return {"type": "integer" if control.whole else "number", "minimum": control.low, "maximum": control.high}
    if isinstance(control, Choice):
        return {"type": "string", "enum": list(control.options)}
    if isinstance(control, Toggle):
        return {"type": "boolean"}
    if isinstance(control, Tokens):
        return {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": control.most}
    if isinstance(control, Model):
        names = model_names(LANGUAGES[0], control.needs)
        return {"type": "string", **({"examples": names} if models.policy() == "any" else {"enum": names})}
    return {}


def default(control: Control) -> Any:
    """The default as JSON has it; an empty name stands for the model that fits the text's language."""
    if isinstance(control, Model):
        return ""
    return list(control.default) if isinstance(control, Tokens) else control.default


def documented(explainer: Explainer) -> dict[str, str]:
    """Parameter -> what trace's docstring says of it: lines such as `seed: the same one draws the same tokens.`"""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in (inspect.getdoc(explainer.trace) or "").splitlines():
        if match := PARAMETER.match(line):
            names = match[1].split(", ")
            line = line[match.end() :]
        elif not line.startswith(" "):
            names = []
        for name in names:
            found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return found


def description(explainer: Explainer) -> str:
    """What the tool does: the question that it answers, what trace says of itself, and what to beware of."""
    words = words_for(explainer.name, LANGUAGES[0])
    about = (inspect.getdoc(explainer.trace) or "").partition("\n\n")[0].replace("\n", " ")
    return " ".join(part for part in (words("question"), about, words.raw("caution")) if part)
