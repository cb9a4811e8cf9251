"""Special tokens: what a tokenizer puts around a text is no part of it, and no list of words begins with a marker."""

from __future__ import annotations

import numpy as np
import pytest

import models
from explainers import attention, sampling, strip, tokens
from explainers.markers import is_marker
from explainers.sampling import softmax
from explainers.words import words_for
from tests.tiny import MARK, marked_tokenizer

TEXT = "the small bird"


@pytest.fixture(scope="module")
def mark() -> int:
    return int(marked_tokenizer().convert_tokens_to_ids(MARK))


def test_what_the_tokenizer_puts_before_a_text_is_not_in_the_sentence(tall: str) -> None:
    trace = sampling.trace(TEXT, model=tall, ids=(models.encode(tall, "a", special=False)[0],))
    parts = sampling.sentence(trace)
    assert trace.added == (0,) and trace.pieces[0].token == "<s>"
    assert "".join(part["text"] for part in parts) == TEXT + "a"
    assert [part["special"] for part in parts] == [False] * len(parts)


def test_a_special_token_that_a_person_asks_for_or_appends_is_drawn_as_one(tall: str, mark: int) -> None:
    trace = sampling.trace(models.Marked(f"{TEXT}<unused3>"), model=tall, ids=(mark,))
    parts = [(part["text"], part["appended"], part["special"]) for part in sampling.sentence(trace)]
    assert parts[-2:] == [("<unused3>", False, True), (MARK, True, True)]
    assert sampling.candidates(trace).props["record"][0]["special"] is True


def test_a_name_that_is_typed_is_text_though_the_file_calls_it_no_special_token(tall: str, mark: int) -> None:
    assert mark not in models.encode(tall, MARK) and mark in models.encode(tall, models.Marked(MARK))
    assert models.decode(tall, models.encode(tall, f"a {MARK}", special=False)) == f"a {MARK}"


def test_the_list_leaves_markers_out_and_keeps_their_ranks_and_what_ends_a_text(tall: str, mark: int) -> None:
    trace = sampling.trace(TEXT, model=tall)
    order = np.argsort(-trace.logits, kind="stable").tolist()
    assert order[0] == mark  # else this test says nothing
    words = words_for("sampling", "en")
    without, whole = sampling.numbers(trace, words), sampling.numbers(trace, words, markers=True)
    end = models.pieces(tall, trace.ends)[0]
    left_out = {piece.id for piece in models.special_tokens(tall)} - {end.id}
    assert [row[2] for row in whole.rows] == order[:50]
    assert [row[2] for row in without.rows] == [i for i in order if i not in left_out][:50]
    assert [row[0] for row in without.rows] == [order.index(row[2]) + 1 for row in without.rows]
    assert end.special and not is_marker(len(order), trace.special, trace.ends)[end.id]


def test_the_strip_says_words_and_how_much_the_others_hold(tall: str, mark: int) -> None:
    shown = strip.trace(TEXT, model=tall)
    probabilities = softmax(sampling.trace(TEXT, model=tall).logits)
    special = [piece.id for piece in models.special_tokens(tall) if piece.id not in models.ending_ids(tall)]
    assert MARK not in [label for label, _ in shown.next] and probabilities[mark] > 0.5
    np.testing.assert_allclose(shown.special, probabilities[special].sum(), atol=1e-6)
    assert shown.specials == (True, *[False] * (len(shown.ids) - 1))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_there_and_back_is_of_the_text_alone(tall: str, language: str) -> None:
    trace = tokens.trace(TEXT, model=tall)
    words = words_for("tokens", language)
    rows = dict(tokens.round_trip(trace, words).rows)
    assert trace.round_trip and trace.decoded == TEXT
    assert rows[words("views.round_trip.rows.added")] == f"<s> {trace.ids[0]}"
    assert rows[words("views.round_trip.rows.same")] == words("views.round_trip.yes")


def test_a_long_row_of_unused_tokens_is_one_line(tall: str) -> None:
    rows = tokens.specials(tokens.trace(TEXT, model=tall)).rows
    assert [name for name, _ in rows] == ["<|endoftext|>", "<s>", "</s>", "<unused0> … <unused19>", MARK]


def test_the_last_logits_alone_are_those_of_a_whole_pass(tall: str, tiny: str, tiny_bert: str) -> None:
    for name in (tall, tiny, tiny_bert):
        ids = models.encode(name, TEXT)
        whole = models.forward(name, ids).logits
        for last in (1, 3):
            found = models.forward(name, ids, last=last).logits
            assert found.shape == (last, whole.shape[1])
            np.testing.assert_allclose(found, whole[-last:], atol=1e-5)


def test_all_maps_of_a_tall_model_are_there(tall: str) -> None:
    trace = attention.trace(TEXT, model=tall)
    assert trace.weights.shape[:2] == (18, 4) and trace.layers == tuple(range(1, 19))
