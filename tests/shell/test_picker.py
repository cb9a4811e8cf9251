"""What a picker offers for a page works on that page: every bundled model, in both languages, asked as the page asks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from explainers import ALL
from explainers.contract import Explainer
from explainers.shell.answer import answer
from explainers.shell.boot import boot
from explainers.words import LANGUAGES

pytestmark = pytest.mark.weights
TEXTS = {"en": "The cat sat.", "ko": "새가 울었다."}


@pytest.fixture(autouse=True)
def bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")


def offered(explainer: Explainer, language: str) -> list[tuple[str, dict[str, str]]]:
    """(the page's model, the models of an explainer's controls) for each choice that the page's pickers let one make.

    Where a chosen model cannot serve, the page asks for another one: `controlsOf` in assets/page/state.js.
    """
    page = boot(language)
    controls = next(one for one in page["explainers"] if one["name"] == explainer.name)["controls"]
    first, *others = (control for control in controls if control["kind"] == "model")
    found = []
    for model in page["models"]:
        able = first["instead"].get(model, [model])[0]
        found.append((model, {first["name"]: able} | {other["name"]: "" for other in others}))
        for other in others:
            for choice in other["options"]:
                beside = other["beside"][choice].get(able, able)
                found.append((model, {first["name"]: beside, other["name"]: choice}))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_every_model_that_a_page_offers_works_on_it(explainer: Explainer, language: str) -> None:
    wrong: dict[str, Any] = {}
    for model, controls in offered(explainer, language):
        request = {"n": 1, "text": TEXTS[language], "model": model, "controls": controls}
        *_, (last, strip) = answer(explainer, json.dumps(request), language)
        refused = [json.loads(last)["refusal"], json.loads(strip or "{}").get("refusal")]
        if any(refused):
            wrong[f"{model} {controls}"] = refused
    assert not wrong
