"""The measure of any model: on one whose guesses are known, and that nothing which trains can reach it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.laws.tree import python_files, read

ALLOWED = {"models/recipes/evaluate.py", "tests/models/test_measured.py"}


def test_nothing_that_trains_reads_what_a_measuring_model_says() -> None:
    name = re.compile(r"\bmeasured import|import measured\b|recipes\.measured")
    found = {file for file in python_files() if file != "models/recipes/measured.py" and name.search(read(file))}
    assert found == ALLOWED


@pytest.mark.weights
def test_every_row_is_there_for_a_folder_in_both_languages(make_model: Callable[..., Path]) -> None:
    from models.recipes import measured

    found = list(measured.rows(str(make_model("gpt", n_positions=512)), "choosing", 2))
    said = [row.what for row in found]
    for language, name in (("en", "stories-gpt"), ("ko", "ko-gpt")):
        assert sum(f"({language}, choosing)" in what for what in said) == 1
        assert f"2 openings ({language}), one of five words makes sense" in said
        assert f"bits per byte for what {name} writes, 2 texts" in said
        assert said.count(f"  {name}, the same texts") == 1
    bits = [float(row.figure) for row in found if row.what.startswith("bits per byte")]
    assert min(bits) > 4  # a byte of a text is worth about eight bits to a model that knows nothing


@pytest.mark.weights
def test_the_measure_is_the_one_of_the_bundled_models() -> None:
    """What a bundled model reaches is the same whether it is asked for as any model or as a shipped one."""
    from models.recipes import causal, measured, reported
    from models.recipes.calibration import ALONE, guess
    from models.recipes.loop import WEIGHTS
    from models.recipes.typed_texts import short_texts

    texts = short_texts("ko", "choosing")[:5]
    found = measured.guessed("ko-lstm", texts, ALONE)
    model, tokenizer = reported.load_shipped(causal.RECIPES["ko-lstm"], WEIGHTS / "ko-lstm")
    assert found.bits_per_byte == pytest.approx(guess(model, tokenizer, texts, ALONE).bits_per_byte, rel=1e-6)


@pytest.mark.weights
def test_what_a_bundled_model_writes_is_drawn_and_the_same_each_time() -> None:
    from models.recipes import measured

    begun = ["The little fox woke up", "The little fox woke up"]
    first, second = measured.written("stories-lstm", begun)
    assert first.startswith(begun[0]) and len(first) > len(begun[0]) + 60 and first != second
    assert measured.written("stories-lstm", begun[:1]) == [first]
    logits, chosen = np.log(np.array([0.1, 0.6, 0.3])), measured.drawing(3)
    counts = np.bincount([chosen(logits, step) for step in range(3000)], minlength=3) / 3000
    assert np.abs(counts - [0.1, 0.6, 0.3]).max() < 0.04


@pytest.mark.weights
def test_a_model_that_continues_nothing_is_a_sentence(tiny_bert: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from models.recipes import measured

    assert measured.tell([str(tiny_bert)], "choosing") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.weights
@pytest.mark.parametrize(
    ("text", "ended"), [(" dog", False), (" dog ran", True), (".", True), (" ", False), ("", False), (" \ufffd", False)]
)
def test_when_a_word_is_over(text: str, ended: bool) -> None:
    from models.recipes.next_words import ended as over

    assert over(text) == ended
