"""The encoder's recipe: what it is scored on is asked nowhere else, and a short run brings right passages nearer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.stopped import left_behind

pytestmark = pytest.mark.weights
TOKENS = 36_000


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


def test_half_of_the_passages_tell_what_is_not_true(encoder: Any) -> None:
    true = {about.key: {fact.en for fact in facts} for _, about, facts in encoder.subjects()}
    held = {
        fact.en
        for each in encoder.scored("en")
        if (kind := each["passage"].split()[0]) in encoder.PLOTS
        for fact in encoder.facts(kind, each["passage"].split(" ", 1)[1])
    } - {fact for facts in true.values() for fact in facts}
    assert len(held) > 100
    for kind in encoder.PLOTS:
        assert len(encoder.known(kind)) > 60 and not held & {fact.en for fact in encoder.known(kind)}
    countries = {about.key for kind, about, _ in encoder.subjects() if kind == "country"}
    asked = {pair.about.split(" ", 1)[1] for pair in encoder.asking(300, "en") if pair.about.startswith("country")}
    assert asked & countries and asked - countries


def test_halves_of_a_text(encoder: Any) -> None:
    assert list(encoder.halves(["Why not?\nBecause I say so.", "Alone."])) == [
        ("Why not?", "Because I say so.", "Because I say so.")
    ]


def test_words_searched_for_stand_in_the_passage_or_just_beside_it(encoder: Any) -> None:
    """Each letter is a word, so that where a word comes from can be told."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    text = " ".join(" ".join(letters[i : i + 6]) + "." for i in range(0, 48, 6))
    pairs = [pair for seed in range(40) for pair in encoder.searches([text, "Alone here.", ""], seed)]
    assert pairs == [pair for seed in range(40) for pair in encoder.searches([text, "Alone here.", ""], seed)]
    assert len(pairs) == 80
    counts = {3: 0, 4: 0}
    for pair in pairs:
        said = encoder.sentences(pair.second)
        assert set(encoder.sentences(text)) >= set(said)
        counts[len(said)] += 1
        assert (pair.first in pair.second) == (len(said) == 4)
        assert pair.first in text and 3 <= len(pair.first.split()) <= 6
    assert min(counts.values()) > 20


def test_a_short_text_is_halved_and_a_long_one_searched(encoder: Any, base: Path) -> None:
    text = recipe(encoder, base).texts[1]
    found = ["One is here. Two is there. Three is gone. Four is back."]
    assert list(encoder.cut(text, found)) == list(encoder.searches(found))
    assert list(encoder.cut(replace(text, short=True), found)) == list(encoder.halves(found))


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
            states = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states
            long = [[state[0, i] / state[0, i].norm() for i in range(state.shape[1])] for state in states]
            mean = torch.stack([*long[0], *long[-1]]).mean(0)
            torch.testing.assert_close(row, mean / mean.norm(), rtol=1e-4, atol=1e-5)


def test_no_two_pairs_of_a_batch_are_about_the_same(encoder: Any, base: Path) -> None:
    found = [[encoder.Pair(f"question {i}", f"passage {i}", f"{i % 20}") for i in range(90)]]
    found.append([encoder.Pair("a", "b", "c")])
    _, tokenizer = encoder.bert(base)
    rows = encoder.Rows(recipe(encoder, base), 0, [encoder.encode(tokenizer, pairs) for pairs in found])
    for step in range(12):
        which, chosen = rows.chosen(step)
        batch = [found[which][i] for i in chosen]
        first, second = rows.batch(step)
        assert first.equal(rows.batch(step)[0]) and len(first) == len(second) == len(batch)
        assert tokenizer.decode(first[-1], skip_special_tokens=True) == batch[-1].first
        about = [pair.about for pair in batch]
        assert len(set(about)) == len(about) and (about == ["c"] or len(batch) >= 12)


def test_nothing_else_may_stand_under_what_was_learnt(encoder: Any, base: Path, tmp_path: Path) -> None:
    other = replace(recipe(encoder, base), begin=base)
    with pytest.raises(ValueError, match="begins from nothing else"):
        encoder.train(other, tmp_path, tmp_path / "out", tmp_path / "work", 1000)


@pytest.mark.slow
def test_a_short_run_learns_and_a_stopped_one_ends_the_same(encoder: Any, tmp_path: Path) -> None:
    """Beside the shipped BERT: what has random weights has nothing to say of which passages are alike."""
    import torch
    from safetensors.torch import load_file

    from models import adapt

    (tmp_path / "text.txt").write_text("\n\n".join(f"It is {i}. So it is. Yes. No {i}." for i in range(60)))
    beside = replace(recipe(encoder, encoder.WEIGHTS / "stories-bert"), texts=(encoder.ASKING,), made=300)
    plain, tokenizer = encoder.bert(encoder.WEIGHTS / "stories-bert")
    before = encoder.score(plain, tokenizer, "en")

    def train(out: str, work: str) -> float:
        figure: float = encoder.train(beside, tmp_path, tmp_path / out, tmp_path / work, TOKENS, save_every=20)
        return figure

    with left_behind(tmp_path / "work", tmp_path / "stopped", 8):
        after = train("out", "work")
    assert after > before + 0.05, (before, after)
    assert f"{after:.0%} of 100 questions" in " ".join((tmp_path / "out/CARD.md").read_text("utf-8").split())
    assert encoder.score(*encoder.shipped(tmp_path / "out"), "en") == pytest.approx(after)
    plain.train()
    shown = [list(encoder.answers(plain, tokenizer, "en")) for _ in range(2)]
    assert plain.training and shown[0] == shown[1]  # without dropout

    assert train("again", "stopped") == pytest.approx(after, abs=0.03)
    assert adapt.read(tmp_path / "out") == adapt.read(tmp_path / "again")
    first, second = (load_file(tmp_path / name / adapt.WEIGHTS) for name in ("out", "again"))
    for name, tensor in first.items():
        torch.testing.assert_close(second[name], tensor, rtol=0.05, atol=5e-3)


def test_words_in_common_find_some(encoder: Any) -> None:
    shares = [encoder.by_words(language) for language in ("en", "ko")]
    assert all(0.2 < share < 1 for share in shares), shares
    assert encoder.first_right(np.array([[0.1, 0.9], [0.4, 0.2]]), [1, 1]) == 0.5
