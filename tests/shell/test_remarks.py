"""What is said of a text as it was typed, and that special tokens are read as such only where that is asked for."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest

import models
from explainers import ALL, attention, sampling, tokens
from explainers.contract import Explainer
from explainers.shell.answer import answer
from explainers.shell.tool import Failure, ask, schema
from explainers.words import LANGUAGES
from models import Marked
from tests.browser.plain import Plain

pytestmark = pytest.mark.weights
HANGUL = re.compile("[가-힣]")


@pytest.fixture(autouse=True)
def offers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")


def page(explainer: Explainer, text: str, model: str, language: str = "en", special: bool = False) -> dict[str, Any]:
    """The answer to a page, which never raises."""
    asked = {"n": 1, "text": text, "special_tokens": special, "model": model, "controls": {"model": model}}
    *_, (last, _) = answer(explainer, json.dumps(asked), language)
    return dict(json.loads(last))


def keys(found: dict[str, Any]) -> list[str]:
    return [remark["key"] for remark in found["remarks"]]


@pytest.mark.parametrize(
    ("model", "text", "name"),
    [
        ("stories-bert", "The [MASK] sat.", "[MASK]"),
        ("ko-bert", "나는 [MASK] 먹었다.", "[MASK]"),
        ("stories-bert", "One.[SEP]Two.", "[SEP]"),
        ("stories-gpt", "The end.<|endoftext|>", "<|endoftext|>"),
        ("en-ko-t5", "a</s> b<pad>", "</s>"),
    ],
)
def test_a_special_tokens_name_is_text_unless_it_is_asked_for(model: str, text: str, name: str) -> None:
    (special,) = [piece.id for piece in models.special_tokens(model) if piece.token == name]
    marks = models.encode(model, "")  # those that the tokenizer puts around any text
    assert models.encode(model, text).count(special) == marks.count(special)
    assert models.encode(model, Marked(text)).count(special) == marks.count(special) + 1
    pieces = models.pieces(model, models.encode(model, Marked(text)))
    assert [(piece.token, piece.special) for piece in pieces if piece.id == special][-1] == (name, True)
    found = page(tokens.EXPLAINER, text, model)
    assert found["refusal"] is None and keys(found) == ["unread"]
    (remark,) = found["remarks"]
    assert name in remark["text"] and remark["set"] == {"special_tokens": True} and remark["press"]
    found = page(tokens.EXPLAINER, text, model, special=True)
    shown = found["views"]["chips"]["props"]["groups"]
    assert keys(found) == [] and any(group["text"] == name and not group["lost"] for group in shown)


def test_with_the_switch_the_ids_are_transformers_own() -> None:
    text = "The [MASK] sat. [SEP] It slept."
    from transformers import AutoTokenizer

    from models.catalog import WEIGHTS

    plain = AutoTokenizer.from_pretrained(WEIGHTS / "stories-bert")(text)["input_ids"]
    assert attention.trace(Marked(text), model="stories-bert").ids.tolist() == plain
    ended = "The end.<|endoftext|>"
    assert sampling.trace(Marked(ended)).prompt.tolist() == Plain("stories-gpt").ids(ended)


@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_every_explainer_takes_the_switch(explainer: Explainer) -> None:
    given = {"text": "The end.<|endoftext|> Then", "model": "stories-gpt"}
    plain, marked = (ask(explainer, given | more, "full", "en") for more in ({}, {"special_tokens": True}))
    assert plain != marked  # and neither is the other one's answer, kept
    assert plain == ask(explainer, given | {"special_tokens": False}, "full", "en")
    assert schema(explainer)["properties"]["special_tokens"]["type"] == "boolean"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_read_as_special_is_said(language: str) -> None:
    found = page(attention.EXPLAINER, "The [mask] sat. <mask>", "stories-bert", language)
    assert keys(found) == ["misspelt", "foreign"]
    assert found["remarks"][0]["set"] == {"special_tokens": True, "text": "The [MASK] sat. <mask>"}
    found = page(sampling.EXPLAINER, "The [MASK] sat", "stories-gpt", language, special=True)
    assert keys(found) == ["foreign"] and "[MASK]" in found["remarks"][0]["text"]
    assert all(bool(HANGUL.search(remark["text"])) == (language == "ko") for remark in found["remarks"])
    told = ask(attention.EXPLAINER, {"text": "The [MASK] sat.", "model": "stories-bert"}, "summary", language)
    assert "[MASK]" in str(told).splitlines()[1]
    with pytest.raises(Failure) as failure:
        ask(attention.EXPLAINER, {"text": "a", "special_tokens": "maybe"}, "summary", language)
    assert "maybe" in str(failure.value) and bool(HANGUL.search(str(failure.value))) == (language == "ko")


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_in_parts_are_said_with_the_models_own_counts(language: str) -> None:
    whole = "나는 배를 먹었다."
    text = unicodedata.normalize("NFD", whole)
    found = page(attention.EXPLAINER, text, "ko-gpt", language)
    (remark,) = found["remarks"]
    for count in (len(models.encode("ko-gpt", text)), len(models.encode("ko-gpt", whole))):
        assert str(count) in remark["text"]
    assert remark["set"] == {"text": whole} and "U+1102 U+1161" in remark["text"]
    assert found["views"]["heads"]["props"]["text"] == text, "it stays the reader's"
    long = page(attention.EXPLAINER, text * 20, "ko-gpt", language)  # so many parts that it is refused
    assert long["refusal"] and keys(long) == ["parts"]
    rows = tokens.EXPLAINER.views["characters"](tokens.trace(text, model="ko-gpt")).rows
    assert rows[0] == ("나", "U+1102 U+1161", 6, 1, "U+B098", 3) or rows[0][1:] == ("U+1102 U+1161", 6, 1, "U+B098", 3)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("given", [{"temperature": 0}, {"top_p": 0.0}, {"temperature": 1e-9}, {"top_p": "0"}])
def test_zero_names_greedy(given: dict[str, Any], language: str) -> None:
    named = {"en": "Greedy", "ko": "탐욕 선택"}[language]
    with pytest.raises(Failure) as failure:
        ask(sampling.EXPLAINER, {"text": "a", **given}, "summary", language)
    assert named in str(failure.value)
    asked = {"n": 1, "text": "a", "model": "stories-gpt", "controls": given}
    *_, (last, _) = answer(sampling.EXPLAINER, json.dumps(asked), language)
    assert named in json.loads(last)["refusal"]
    with pytest.raises(Failure) as failure:
        ask(sampling.EXPLAINER, {"text": "a", "temperature": -1}, "summary", language)
    assert named not in str(failure.value)


def test_a_long_text_is_not_sent_five_times() -> None:
    text = ("The little girl knitted a raincoat for her puppy. " * 400)[:19_990]
    found = page(tokens.EXPLAINER, text, "stories-gpt")
    every = models.encode("stories-gpt", text)
    shown = found["views"]["chips"]["props"]["groups"]
    assert [piece["id"] for group in shown for piece in group["pieces"]] == list(every)
    for row in found["views"]["beside"]["props"]["rows"]:
        count = len(models.encode(row["name"].split(", ")[0], text))
        drawn = sum(len(group["pieces"]) for group in row["groups"])
        assert row["count"] == count == drawn + row["more"] and drawn < 1000
    assert len(json.dumps(found)) < 2_000_000
