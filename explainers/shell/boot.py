"""The data that the page's scripts start from: explainers and their controls, models and words, in one language."""

from __future__ import annotations

import dataclasses
from typing import Any

import models

from .. import ALL
from ..contract import SPECIAL_TOKENS, Control, Explainer, Model
from ..words import words_for
from .choices import choices
from .offer import default_model, first_model, model_json, model_names
from .pack import to_json

FOLDS = ("look", "try", "formula")  # the explanations below the pictures, closed at first
WORD_FILES = ("shell", "components", "strip", "refusals")


def control_json(control: Control, explainer: Explainer, language: str) -> dict[str, Any]:
    """A control as data, with its kind and what it does in words; a model's options are those that fit."""
    facts = {f.name: to_json(getattr(control, f.name)) for f in dataclasses.fields(control)}
    words = words_for(explainer.name, language)
    facts["info"] = words(f"controls.{control.name}.info")
    facts["label"] = words.raw(f"controls.{control.name}.label") or ""
    if facts.get("zero"):
        facts["zero_label"] = words(f"controls.{facts['zero']}.label")
    if isinstance(control, Model):
        facts |= model_json(control, language)
    return {"kind": type(control).__name__.lower(), "input": control in explainer.inputs, **facts}


def explainer_json(explainer: Explainer, language: str) -> dict[str, Any]:
    """An explainer as the page needs it: controls, views, picks, and the words that stand around them."""
    words = words_for(explainer.name, language)
    return {
        "name": explainer.name,
        "chapter": explainer.chapter,
        "title": words("title"),
        "caution": words.raw("caution") or "",
        "caution_large": words.raw("caution_large") or words.raw("caution") or "",
        "controls": [control_json(c, explainer, language) for c in explainer.controls if c is not SPECIAL_TOKENS],
        "views": [
            {"name": name, "title": words(f"views.{name}.title"), "caption": words(f"views.{name}.caption")}
            for name in explainer.views
        ],
        "picks": list(explainer.picks),
        "lasts": explainer.run is not None,
        "examples": list(words.raw("examples") or []),
    }


def boot(language: str) -> dict[str, Any]:
    """Everything that the scripts of one page know before the first answer."""
    return {
        "explainers": [explainer_json(explainer, language) for explainer in ALL],
        "folds": list(FOLDS),
        "model": first_model(language),
        "bundled": default_model(language),
        "choices": choices(language),
        "models": model_names(language),
        "real": [entry.name for entry in models.CATALOG if entry.hub],
        "any": models.policy() == "any",
        "words": {name: dict(words_for(name, language).texts) for name in WORD_FILES},
    }
