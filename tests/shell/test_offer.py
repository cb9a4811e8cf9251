"""Which model a page offers, and which one answers where the chosen one cannot."""

from __future__ import annotations

import pytest

import models
from explainers.contract import Model, Refusal
from explainers.sentence import fitting
from explainers.shell import checks, draw, offer
from models import catalog
from tests.lab.pair import EXPLAINER, RNN

ENTRIES = tuple(
    catalog.Entry(name, can, languages, 1, 1, "", hub=name if "/" in name else None)
    for name, can, languages in (
        ("en-gpt", catalog.GPT, ("en",)),
        ("ko-gpt", catalog.GPT, ("ko",)),
        ("en-lstm", catalog.LSTM, ("en",)),
        ("ko-lstm", catalog.LSTM, ("ko",)),
        ("en-bert", catalog.BERT, ("en",)),
        ("hub/both", catalog.GPT, ("en", "ko")),
    )
)


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "CATALOG", ENTRIES)
    monkeypatch.setenv("GLASSBOX_MODELS", "catalogue")


def test_the_pages_language_comes_first_and_downloads_last() -> None:
    assert offer.model_names("en") == ["en-gpt", "en-lstm", "en-bert", "ko-gpt", "ko-lstm", "hub/both"]
    assert offer.model_names("ko") == ["ko-gpt", "ko-lstm", "en-gpt", "en-lstm", "en-bert", "hub/both"]
    assert offer.model_names("ko", RNN) == ["ko-lstm", "en-lstm"]


def test_a_page_begins_with_a_model_of_its_language_that_the_strip_can_show() -> None:
    assert [offer.default_model(language) for language in ("en", "ko")] == ["en-gpt", "ko-gpt"]
    assert offer.default_model("ko", frozenset({"masked"})) == "en-bert"  # there is no Korean one
    assert offer.default_model("ko", frozenset({"no such thing"})) == ""


@pytest.mark.parametrize(
    ("chosen", "needs", "other"),
    [
        ("en-gpt", {"causal", "attention"}, None),
        ("en-bert", {"attention"}, None),
        ("en-bert", {"causal"}, ("en-gpt", "causal")),
        ("en-lstm", {"causal", "attention"}, ("en-gpt", "attention")),
        ("ko-gpt", {"masked"}, ("en-bert", "masked")),
        ("ko-lstm", {"attention"}, ("ko-gpt", "attention")),
        ("hub/both", {"causal", "recurrent"}, ("ko-lstm", "recurrent")),
        ("ko-gpt", {"no such thing"}, None),
        ("of/nobody", {"causal"}, None),
    ],
)
def test_who_answers_instead(chosen: str, needs: set[str], other: tuple[str, str] | None) -> None:
    assert offer.instead(chosen, frozenset(needs), "ko") == other


def test_a_model_without_a_head_does_not_fill_gaps_either(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = catalog.Entry("vectors", frozenset({"attention"}), ("en",), 1, 1, "")
    monkeypatch.setattr(catalog, "CATALOG", (*ENTRIES, bare))
    assert offer.instead("vectors", frozenset({"causal"}), "en") == ("en-gpt", "head")
    assert offer.instead("vectors", frozenset({"attention"}), "en") is None


def test_every_lack_is_said_in_every_language() -> None:
    from explainers.words import LANGUAGES, words_for

    lacks = {ability for entry in ENTRIES for ability in entry.can}
    assert lacks == set(offer.ABILITIES)
    for language in LANGUAGES:
        assert set(words_for("shell", language).raw("instead")) == lacks | {"head"}


@pytest.mark.parametrize(
    ("beside", "text", "fits"),
    [
        ("ko-gpt", "English", "ko-lstm"),
        ("en-gpt", "한국어", "en-lstm"),
        ("hub/both", "한국어", "ko-lstm"),
        ("/a", "a", "en-lstm"),
    ],
)
def test_the_second_model_goes_by_the_first_and_then_by_the_text(beside: str, text: str, fits: str) -> None:
    assert fitting(RNN, beside, text) == fits


def test_values_hold_every_model_by_name() -> None:
    def models_of(given: dict[str, str], text: str) -> dict[str, str]:
        found = checks.values_of(EXPLAINER, given, text)
        assert found.pop("special_tokens") is False
        return found

    assert models_of({}, "한국어") == {"model": "ko-gpt", "rnn": "ko-lstm"}
    assert models_of({"model": "ko-gpt", "rnn": ""}, "text") == {"model": "ko-gpt", "rnn": "ko-lstm"}
    assert models_of({"rnn": "en-lstm"}, "한국어") == {"model": "ko-gpt", "rnn": "en-lstm"}
    with pytest.raises(Refusal) as refused:
        checks.values_of(EXPLAINER, {"rnn": "en-gpt"}, "text")
    assert refused.value.key == "wrong_kind"


def test_only_the_one_called_model_follows_the_pages_picker() -> None:
    assert Model().shared and not Model("rnn").shared
    facts = offer.model_json(Model("rnn", needs=RNN), "en")
    assert facts["default"] == "" and facts["options"] == ["en-lstm", "ko-lstm"]


@pytest.mark.parametrize("path", ["../weights", "/etc", "./owner/model", "no-such-model"])
def test_the_strip_opens_nothing_that_is_not_offered(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw.strip, "trace", lambda *_, **__: pytest.fail("the strip read a model that nobody offers"))
    said = draw.strip_json("text", path, "en")
    assert said["text"] == "text" and said["refusal"]
    assert models.policy() == "catalogue"
