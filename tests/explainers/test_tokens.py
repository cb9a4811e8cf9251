"""Tokens: the ids are the tokenizer's own, nothing is lost, and what is drawn is whole."""

from typing import Any

import pytest

import models
from explainers import tokens
from explainers.contract import Refusal
from explainers.sentence import MOST_CHARACTERS

TEXTS = [
    "The cat sat on the mat.",
    "  two  spaces\tand\n\na tab",
    "옛날에 고양이가 살았어요. 꿹뷁",
    "naïve e\u0301 👩‍👩‍👧 🇰🇷 <|endoftext|> \x00 \u200b",
    " ",
]


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_the_tokenizers(tiny: str, plain: tuple[Any, Any], text: str) -> None:
    trace = tokens.trace(text, model=tiny)
    if "<|" not in text:  # typed by a person it is text, which plain transformers takes for the token itself
        assert trace.ids.tolist() == plain[1](text)["input_ids"]
    assert trace.round_trip and trace.decoded == text
    assert b"".join(piece.data for piece in trace.pieces).decode() == text


@pytest.mark.weights
@pytest.mark.parametrize("text", TEXTS[:3])
def test_bundled_ids_are_the_tokenizers(bundled: tuple[str, Any, Any], text: str) -> None:
    name, _, tokenizer = bundled
    assert tokens.trace(text, model=name).ids.tolist() == tokenizer(text)["input_ids"]


@pytest.mark.parametrize("text", TEXTS)
def test_groups_cover_every_piece_in_order(tiny: str, text: str) -> None:
    trace = tokens.trace(text, model=tiny)
    places = [0, *(group.stop for group in trace.groups)]
    assert [group.start for group in trace.groups] == places[:-1]
    assert places[-1] == len(trace.ids) == len(trace.pieces)
    assert "".join(group.text for group in trace.groups) == text


def test_a_cut_syllable_is_one_chip(tiny: str) -> None:
    chips = tokens.chips(tokens.trace("꿹", model=tiny)).props["groups"]
    assert [(chip["text"], len(chip["pieces"])) for chip in chips] == [("꿹", 3)]
    assert " ".join(piece["hex"] for piece in chips[0]["pieces"]) == "EA BF B9"


@pytest.mark.weights
def test_every_bundled_tokenizer_stands_beside() -> None:
    trace = tokens.trace("고양이가 앉았다")
    assert trace.model == trace.others[0].model == "ko-gpt"
    assert {cut.model for cut in trace.others} == {entry.name for entry in models.CATALOG if entry.hub is None}
    for cut in trace.others:
        assert cut.count == len(models.encode(cut.model, trace.text))
        assert b"".join(piece.data for piece in cut.pieces).decode() == trace.text


@pytest.mark.weights
def test_the_default_follows_the_texts_language() -> None:
    assert [tokens.trace(text).model for text in ("The cat", "고양이")] == ["stories-gpt", "ko-gpt"]


def test_special_tokens_are_listed(tiny: str) -> None:
    assert tokens.specials(tokens.trace("a", model=tiny)).rows == (("<|endoftext|>", 0),)


def test_what_is_no_sentence_is_refused(tiny: str) -> None:
    for text, key in (("", "empty_text"), ("a" * (MOST_CHARACTERS + 1), "text_too_long")):
        with pytest.raises(Refusal) as refused:
            tokens.trace(text, model=tiny)
        assert refused.value.key == key
    assert tokens.trace("a " * (MOST_CHARACTERS // 2), model=tiny).round_trip


def test_repr_is_short(tiny: str) -> None:
    assert repr(tokens.trace("a b", model=tiny)).endswith("ids (3,), round_trip=True)")
