"""The encoder's recipe: what it is scored on is asked nowhere else, and a short run brings right passages nearer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.weights
TOKENS = 60_000


@pytest.fixture(scope="module")
def encoder() -> Any:
    """The recipe's module, which imports torch: not before a test wants it."""
    from models.recipes import encoder

    return encoder


def test_no_training_question_asks_for_what_is_scored(encoder: Any) -> None:
    scored = {each["passage"] for each in encoder.scored("en")}
    assert len(scored) == len(encoder.scored("ko")) == encoder.ASKED
    assert {each["passage"] for each in encoder.scored("ko")} == scored
    subjects = {f"{kind} {about.key}" for kind, about, _ in encoder.subjects()}
    shelf = {each["id"] for each in encoder.passages("en")["passages"]}
    assert len(subjects) > 100 and not subjects & scored and subjects | scored == shelf


@pytest.mark.parametrize("language", ["en", "ko"])
def test_training_questions_are_as_many_as_asked_and_vary(encoder: Any, language: str) -> None:
    pairs = list(encoder.asking(300, language))
    assert len(pairs) > 270 and len({pair.second for pair in pairs}) > 250
    assert pairs == list(encoder.asking(300, language))
    kept = {each["text"] for each in encoder.scored(language)}
    assert not kept & {pair.first for pair in pairs}


def test_halves_of_a_text(encoder: Any) -> None:
    assert list(encoder.halves(["One here. Two here. Three here. Four here. Five here."])) == [
        ("One here. Two here.", "Three here. Four here.", "Three here. Four here.")
    ]
    assert list(encoder.halves(["Why not?\nBecause I say so.", "Alone."])) == [
        ("Why not?", "Because I say so.", "Because I say so.")
    ]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny BERT that knows the grammar's words, its weights random."""
    import torch
    from transformers import BertConfig, BertModel

    from models.recipes.generate import documents
    from models.recipes.tokenizer import train_wordpiece

    folder = tmp_path_factory.mktemp("base")
    tokenizer = train_wordpiece([each.text("en") for each in documents(300)], 1500, 100, True, 128)
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=1, num_attention_heads=4, intermediate_size=96
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def recipe(encoder: Any, base: Path) -> Any:
    from models.recipes.corpus import Text, by_blank_line

    texts = (encoder.ASKING, Text("text.txt", 0.1, by_blank_line, "Text", "CC0"))
    return encoder.Recipe("sample", "en", base.name, texts, pairs=16, made=400)


def test_vectors_are_means_of_each_text_alone(encoder: Any, base: Path) -> None:
    import torch

    model, tokenizer = encoder.bert(base)
    model.eval()
    texts = ["The frog eats insects.", "Who repairs pipes and stops leaks, and where?"]
    with torch.inference_mode():
        both = encoder.vectors(model, tokenizer, texts)
        for row, text in zip(both, texts, strict=True):
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
            mean = states.mean(0)
            torch.testing.assert_close(row, mean / mean.norm(), rtol=1e-4, atol=1e-5)


def test_no_two_pairs_of_a_batch_are_about_the_same(encoder: Any, base: Path) -> None:
    found = [[encoder.Pair(f"question {i}", f"passage {i}", f"{i % 20}") for i in range(90)]]
    found.append([encoder.Pair("a", "b", "c")])
    rows = encoder.Rows(recipe(encoder, base), found)
    for step in range(12):
        batch = rows.batch(step)
        assert batch == rows.batch(step)
        about = [pair.about for pair in batch]
        assert len(set(about)) == len(about) and (about == ["c"] or len(batch) >= 12)


def test_nothing_else_may_stand_under_what_was_learnt(encoder: Any, base: Path, tmp_path: Path) -> None:
    other = replace(recipe(encoder, base), begin=base)
    with pytest.raises(ValueError, match="begins from nothing else"):
        encoder.train(other, tmp_path, tmp_path / "out", tmp_path / "work", 1000)


def test_a_short_run_learns_and_a_stopped_one_ends_the_same(
    encoder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the shipped BERT: what has random weights has nothing to say of which passages are alike."""
    import torch
    from safetensors.torch import load_file

    from models import adapt
    from models.recipes.loop import Run

    (tmp_path / "text.txt").write_text("\n\n".join(f"It is {i}. So it is. Yes. No {i}." for i in range(60)))
    beside = replace(recipe(encoder, encoder.WEIGHTS / "stories-bert"), texts=(encoder.ASKING,), made=300)
    plain, tokenizer = encoder.bert(encoder.WEIGHTS / "stories-bert")
    before = encoder.score(plain, tokenizer, "en")

    def train(out: str, work: str) -> float:
        figure: float = encoder.train(beside, tmp_path, tmp_path / out, tmp_path / work, TOKENS, save_every=30)
        return figure

    after = train("out", "work")
    assert after > before + 0.07
    assert f"{after:.0%} of 100 questions" in " ".join((tmp_path / "out/CARD.md").read_text("utf-8").split())
    assert encoder.score(*encoder.shipped(tmp_path / "out"), "en") == pytest.approx(after)
    plain.train()
    shown = [list(encoder.answers(plain, tokenizer, "en")) for _ in range(2)]
    assert plain.training and shown[0] == shown[1]  # without dropout

    update = Run.update

    def killed(self: Any, step: int, pairs: Any) -> float:
        if step == self.steps - 8:
            raise KeyboardInterrupt
        return update(self, step, pairs)

    monkeypatch.setattr(Run, "update", killed)
    with pytest.raises(KeyboardInterrupt):
        train("again", "stopped")
    monkeypatch.setattr(Run, "update", update)
    assert train("again", "stopped") == pytest.approx(after, abs=0.03)
    assert adapt.read(tmp_path / "out") == adapt.read(tmp_path / "again")
    first, second = (load_file(tmp_path / name / adapt.WEIGHTS) for name in ("out", "again"))
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=0.05, atol=5e-3)


def test_words_in_common_find_some(encoder: Any) -> None:
    shares = [encoder.by_words(language) for language in ("en", "ko")]
    assert all(0.2 < share < 1 for share in shares), shares
    assert encoder.first_right(np.array([[0.1, 0.9], [0.4, 0.2]]), [1, 1]) == 0.5
