"""What lists of models say, what a page opens with, and who answers where two models must cut texts alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import models
from explainers import recurrence
from explainers.shell import boot, choices, offer
from explainers.shell.answer import answer
from explainers.words import LANGUAGES, words_for
from models import catalog

REAL = "gemma-3-270m"
ENTRIES = tuple(
    catalog.Entry(name, catalog.GPT, languages, parameters, size, licence, hub=hub)
    for name, languages, parameters, size, licence, hub in (
        ("en-gpt", ("en",), 4_000_000, 8_000_000, "CC-BY-SA-4.0", None),
        ("ko-gpt", ("ko",), 4_000_000, 8_000_000, "CC-BY-SA-4.0", None),
        (REAL, ("en", "ko"), 268_098_176, 1_072_463_440, "Gemma", "owner/gemma"),
        ("owner/english", ("en",), 124_000_000, 548_000_000, "mit", "owner/english"),
    )
)


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "CATALOG", ENTRIES)
    monkeypatch.setenv("GLASSBOX_MODELS", "catalogue")
    monkeypatch.delenv("GLASSBOX_FIRST", raising=False)


def install(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(models, "is_here", lambda entry: entry.hub is None or entry.name in names)
    monkeypatch.setattr(models, "is_installed", lambda entry: entry.name in names)


def test_groups_stand_together_and_what_is_here_comes_first(catalogue: None, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "owner/english")
    assert offer.model_names("ko") == ["ko-gpt", "en-gpt", "owner/english", REAL]
    found = choices.choices("en")
    assert [one["group"] for one in found.values()] == ["bundled", "bundled", "real", "real"]
    assert [name for name, one in found.items() if one["small"]] == ["en-gpt", "ko-gpt"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_says_what_is_known(catalogue: None, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    words, about = words_for("shell", language), words_for("about", language)
    for here in ((), (REAL,)):
        install(monkeypatch, *here)
        parts = choices.choices(language)[REAL]["line"].split(" · ")
        assert parts[0] == words("picker.parameters", count="268M") and parts[3] == "Gemma"
        assert parts[1] == ", ".join(about(f"models.languages.{code}") for code in ("en", "ko"))
        assert parts[2] == words.raw("picker.read")[REAL]
        assert parts[4] == words(f"picker.{'here' if here else 'fetched'}", size="1.1 GB")


@pytest.mark.parametrize(
    ("installed", "first", "opened"),
    [
        ((), "real", ["en-gpt", "ko-gpt"]),
        ((REAL,), "real", [REAL, REAL]),
        (("owner/english",), "real", ["owner/english", "ko-gpt"]),
        ((REAL,), "bundled", ["en-gpt", "ko-gpt"]),
    ],
)
def test_a_page_opens_with_an_installed_real_model_of_its_language(
    catalogue: None, monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], first: str, opened: list[str]
) -> None:
    install(monkeypatch, *installed)
    monkeypatch.setenv("GLASSBOX_FIRST", first)
    assert [offer.first_model(language) for language in ("en", "ko")] == opened
    assert [offer.default_model(language) for language in ("en", "ko")] == ["en-gpt", "ko-gpt"]


@pytest.mark.weights
def test_the_page_knows_both_what_it_opens_with_and_what_links_leave_out() -> None:
    page = boot.boot("ko")
    assert page["model"] == page["bundled"] == "ko-gpt" and set(page["choices"]) == set(page["models"])


@pytest.mark.weights
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bundled_pair_answers_where_a_model_has_no_twin(
    tall: str, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    name = Path(tall).name
    monkeypatch.setenv("GLASSBOX_FOLDER", tall)
    text, own = ("The cat sat.", "stories-gpt") if language == "en" else ("새가 울었다.", "ko-gpt")

    def ask(rnn: str) -> dict[str, object]:
        asked = {"n": 1, "text": text, "model": name, "controls": {"model": name, "rnn": rnn}}
        *_, (last, _) = answer(recurrence.EXPLAINER, json.dumps(asked), language)
        return dict(json.loads(last))

    found = ask("")
    assert found["refusal"] is None and found["instead"] == own and not found["controls"]
    chosen = ask("stories-lstm")  # who asks for two that cannot be compared is told so
    assert chosen["refusal"] and "instead" not in chosen
    assert models.host_entry() is not None and choices.choices(language)[name]["group"] == "own"
