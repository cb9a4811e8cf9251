"""What a picker offers works on its page: every bundled model, in both languages, asked as the page asks."""

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

    Where the page's model cannot serve, it asks for another one: `controlsOf` in assets/page/state.js.
    """
    page = boot(language)
    controls = next(one for one in page["explainers"] if one["name"] == explainer.name)["controls"]
    kinds = [control for control in controls if control["kind"] == "model"]
    found = []
    for model in page["models"]:
        chosen = {c["name"]: c["instead"].get(model, [model])[0] if c["shared"] else "" for c in kinds}
        pickers = [c for c in kinds if not (c["shared"] or c["inside"])]
        found.append((model, chosen))
        found += [(model, chosen | {picker["name"]: other}) for picker in pickers for other in picker["options"]]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_every_model_that_a_page_offers_works_on_it(explainer: Explainer, language: str) -> None:
    wrong: dict[str, Any] = {}
    for model, controls in offered(explainer, language):
        request = {"n": 1, "text": TEXTS[language], "model": model, "controls": controls}
        *_, (last, strip) = answer(explainer, json.dumps(request), language)
        refused = [json.loads(last)["refusal"], json.loads(strip or '{"values": {}}')["values"].get("refusal")]
        if any(refused):
            wrong[f"{model} {controls}"] = refused
    assert not wrong
