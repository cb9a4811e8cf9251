"""The table of what the shipped models can do: it asks what it says it asks, and tells of a card that differs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = pytest.mark.weights
DISTANCES = (10, 40, 160)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Any:
    from models.recipes import evaluate

    monkeypatch.setattr(evaluate, "ASKED", 5)
    monkeypatch.setattr(evaluate, "DISTANCES", DISTANCES)
    return evaluate


@pytest.mark.parametrize(("name", "language"), [("stories-gpt", "en"), ("ko-gpt", "ko")])
def test_what_is_to_be_recalled_was_told_that_far_before(few: Any, name: str, language: str) -> None:
    from models.recipes.causal import RECIPES, kind_of

    _, tokenizer = few.shipped(name, kind_of(RECIPES[name]))
    for distance, asked in few.questions(tokenizer, language).items():
        assert len(asked) == 5
        for text, answer in asked:
            at, text = text.lower().rindex(answer.lower()), text.rstrip()
            assert abs(len(tokenizer(text[at:])["input_ids"]) - distance) <= few.NEAR * distance
            assert len(tokenizer(text)["input_ids"]) < 512


class Copies:
    """Says as likeliest next token the one that stands one place later in what it is given, or always token 7."""

    def __init__(self, right: bool):
        self.right = right

    def __call__(self, input_ids: Any) -> Any:
        import torch

        wanted = torch.roll(input_ids, -1, 1) if self.right else torch.full_like(input_ids, 7)
        return SimpleNamespace(logits=torch.nn.functional.one_hot(wanted, 5000).float())


def test_recall_counts_answers_whose_tokens_are_all_likeliest(few: Any) -> None:
    from models.recipes.causal import RECIPES, kind_of

    _, tokenizer = few.shipped("stories-gpt", kind_of(RECIPES["stories-gpt"]))
    asked = [("Tom has a red kite. What does Tom have? A red", " kite"), ("The name of the cat is", " Biscuit")]
    assert few.recalled(Copies(right=True), tokenizer, asked) == 1
    assert few.recalled(Copies(right=False), tokenizer, asked) == 0


def test_a_figure_that_is_not_on_the_card_is_told(few: Any) -> None:
    assert few.differs(few.Row("stories-gpt", "bits per byte", "0.1", "0.1234 bits per byte"))
    assert not few.differs(few.Row("stories-gpt", "parameters", "4,077,056", "4,077,056 parameters"))
    assert not few.differs(few.Row("stories-gpt", "of which no card speaks", "1"))


def test_a_model_that_is_not_shipped_is_told(few: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("models.recipes.table.WEIGHTS", tmp_path)
    (tmp_path / "en_stories.txt").write_text("Once.<|endoftext|>Twice.")
    later = (few.translations, few.passages, few.learning)
    rows = [row for part, recipes in few.PARTS if part in later for of in recipes for row in part(tmp_path, of)]
    assert len(rows) >= len(later) and all(row.what == few.MISSING and not few.differs(row) for row in rows)


def test_the_table_holds_the_word_vectors(few: Any, tmp_path: Any) -> None:
    words = next(part for part, (told, _) in enumerate(few.PARTS) if told is few.words)
    rows = [row for which in range(2) for row in few.rows(words, which, tmp_path)]
    assert {row.model for row in rows} == {"en-words", "ko-words"} and len(rows) == 4
    assert all(row.figure.endswith("%") and not few.differs(row) for row in rows)
