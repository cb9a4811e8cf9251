"""The data that the page's scripts start from: explainers and their controls, models and words, in one language."""

from __future__ import annotations

import dataclasses
from typing import Any

import models

from .. import ALL
from ..contract import Control, Explainer, Model
from ..words import words_for
from .pack import to_json

WORD_FILES = ("shell", "components", "strip", "refusals")


def control_json(control: Control) -> dict[str, Any]:
    """A control as data, with its kind."""
    facts = {f.name: to_json(getattr(control, f.name)) for f in dataclasses.fields(control)}
    return {"kind": type(control).__name__.lower(), **facts}


def explainer_json(explainer: Explainer, language: str) -> dict[str, Any]:
    """An explainer as the page needs it: controls, views, and the words that stand around them."""
    words = words_for(explainer.name, language)
    return {
        "name": explainer.name,
        "chapter": explainer.chapter,
        "title": words("title"),
        "controls": [control_json(c) for c in explainer.controls if not isinstance(c, Model)],
        "views": [
            {"name": name, "title": words(f"views.{name}.title"), "caption": words(f"views.{name}.caption")}
            for name in explainer.views
        ],
        "examples": list(words.raw("examples") or []),
    }


def default_model(language: str) -> str:
    """The bundled model that a page in this language opens with."""
    needs = frozenset({"causal"})
    own = [entry for entry in models.offered(needs) if entry.hub is None and language in entry.languages]
    return own[0].name if own else models.default(needs, "")


def model_choices(language: str) -> list[tuple[str, str]]:
    """(label, name) of the models that the picker offers, those of the page's language first."""
    entries = models.offered(frozenset({"causal"}))
    entries.sort(key=lambda entry: (entry.hub is not None, language not in entry.languages))
    return [(entry.name, entry.name) for entry in entries]


def boot(language: str) -> dict[str, Any]:
    """Everything that the scripts of one page know before the first answer."""
    return {
        "explainers": [explainer_json(explainer, language) for explainer in ALL],
        "model": default_model(language),
        "models": [name for _, name in model_choices(language)],
        "any": models.policy() == "any",
        "words": {name: dict(words_for(name, language).texts) for name in WORD_FILES},
    }
