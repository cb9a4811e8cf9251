"""Tokens: the ids are the tokenizer's own, nothing is lost, and what is drawn is whole."""

from typing import Any

import pytest

import models
from explainers import tokens
from explainers.contract import Refusal
from explainers.sentence import MOST_CHARACTERS
from explainers.words import words_for
from tests.explainers.conftest import WEIGHTS

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
    """Each tokenizer once, with all models that have it: what they make of the text is the same."""
    trace = tokens.trace("고양이가 Cat을 보았다 🐶")
    assert trace.model == trace.others[0].names[0] == "ko-gpt"
    named = [name for cut in trace.others for name in cut.names]
    assert sorted(named) == sorted(entry.name for entry in models.CATALOG if entry.hub is None)
    for cut in trace.others:
        for name in cut.names:
            assert tuple(piece.id for piece in cut.pieces) == models.encode(name, trace.text)
        if cut.kind == "BPE":
            assert b"".join(piece.data for piece in cut.pieces).decode() == trace.text
            assert not any(cut.lost) and not cut.lowers
    files = {name: (WEIGHTS / name / "tokenizer.json").read_bytes() for name in named}
    assert len(trace.others) == len(set(files.values()))


def test_what_is_not_in_the_vocabulary_is_shown_and_said_to_be_lost(tiny_bert: str) -> None:
    trace = tokens.trace("The bear 뷁뷁 saw 🎂!", model=tiny_bert)
    cut = trace.others[0]
    assert [(piece.token, text) for piece, text in zip(cut.pieces, cut.lost, strict=True) if text][:2] == [
        ("[UNK]", "뷁뷁"),
        ("[UNK]", "🎂"),
    ]
    chips = tokens.chips(trace).props["groups"]
    assert [chip["lost"] for chip in chips if chip["lost"]] == [text for text in cut.lost if text]
    assert all(chip["text"] == "[UNK]" for chip in chips if chip["lost"])
    assert [row[1] for row in tokens.numbers(trace).rows] == list(cut.written)
    assert cut.written[0] == cut.written[-1] == ""


@pytest.mark.parametrize(("text", "lowers"), [("The bear", True), ("the bear", False)])
def test_a_tokenizer_that_lower_cases_says_so(tiny_bert: str, text: str, lowers: bool) -> None:
    trace = tokens.trace(text, model=tiny_bert)
    row = tokens.beside(trace, words_for("tokens", "en")).props["rows"][0]
    assert trace.others[0].lowers == lowers == ("small letters" in row["note"])
    assert "WordPiece" in row["note"]


def test_pieces_that_continue_a_word_bear_their_mark(tiny_bert: str) -> None:
    chips = tokens.chips(tokens.trace("birds", model=tiny_bert)).props["groups"]
    assert [chip["text"] for chip in chips] == [piece["token"] for chip in chips for piece in chip["pieces"]]
    assert any(chip["text"].startswith("##") for chip in chips)


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
