"""Word vectors: words that stand in the same places lie near one another; particles come off; analogies are counted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.weights, pytest.mark.slow]  # none are loaded, but some are trained
WORDS = 330_000  # to read: some ten passes
ANIMALS, FOODS = ("cat", "dog", "hen", "cow"), ("bread", "soup", "rice", "cake")


@pytest.fixture(scope="module")
def vectors() -> Any:
    """The recipe's module, which imports torch: not before a test wants it."""
    from models.recipes import vectors

    return vectors


@pytest.fixture(scope="module")
def shipped(vectors: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vectors of a small text in which animals run and foods are eaten."""
    from models.recipes.corpus import Text, by_blank_line

    folder = tmp_path_factory.mktemp("texts")
    chance = np.random.default_rng(1)
    lines = [
        f"The {chance.choice(ANIMALS)} ran over the green field. She ate warm {chance.choice(FOODS)} for lunch."
        for _ in range(3000)
    ]
    (folder / "text.txt").write_text("\n\n".join(lines), encoding="utf-8")
    text = Text("text.txt", 1.0, by_blank_line, "Text", "CC0")
    recipe = vectors.Recipe("sample", "en", (text,), words=100, width=16, sample=0)
    vectors.train(recipe, folder, folder / "out", folder / "work", WORDS)
    vectors.train(recipe, folder, folder / "again", folder / "work", WORDS)
    return folder


def test_words_of_the_same_places_are_near(vectors: Any, shipped: Path) -> None:
    words, table = vectors.shipped(shipped / "out")
    place = {word: i for i, word in enumerate(words)}
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same = [cosine[place[a], place[b]] for group in (ANIMALS, FOODS) for a in group for b in group if a != b]
    other = [cosine[place[a], place[b]] for a in ANIMALS for b in FOODS]
    assert min(same) > max(other)


def test_a_run_is_repeatable(vectors: Any, shipped: Path) -> None:
    once, again = (vectors.shipped(shipped / name) for name in ("out", "again"))
    assert once[0] == again[0] and np.array_equal(once[1], again[1])


def test_particles_come_off_only_where_the_texts_show_a_stem(vectors: Any) -> None:
    from models.recipes.grammar.lexicon import load

    particles = load("ko", "particles")["particles"]
    stems = vectors.Stems(
        ["고양이가", "고양이는", "고양이를", "고양이의", "고양이", "나이", "아기가"], particles, many=4
    )
    assert stems("고양이에게") == "고양이" and stems("고양이") == "고양이"
    assert stems("나이") == "나이" and stems("아기가") == "아기가"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_there_are_200_analogies_and_they_are_solved_by_a_grid(vectors: Any, language: str) -> None:
    asked = list(vectors.analogies(language))
    assert len(set(asked)) == len(asked) >= 200
    family = [pair.split() for pair in vectors.load(language, "analogies")["family"]]
    chance = np.random.default_rng(0)
    step = chance.normal(size=40)
    words, rows = [], []
    for first, second in family:
        where = chance.normal(size=40)
        words += [first, second]
        rows += [where, where + step]
    share, count = vectors.solved(words, np.array(rows), language)
    assert share == 1 and count == len(family) * (len(family) - 1)
    turned = np.array(rows)[chance.permutation(len(rows))]
    assert vectors.solved(words, turned, language)[0] < 0.2 and not math.isnan(share)


@pytest.mark.parametrize("name", ["en-words", "ko-words"])
def test_shipped_vectors_are_as_good_as_their_card_says(vectors: Any, name: str) -> None:
    from models.recipes.loop import WEIGHTS

    recipe = vectors.RECIPES[name]
    words, table = vectors.shipped(WEIGHTS / name)
    assert len(words) == len(set(words)) == len(table) > 6000
    card = " ".join((WEIGHTS / name / "CARD.md").read_text(encoding="utf-8").split())
    assert all(figure in card for figure in vectors.figures(words, table, recipe.language))
    assert (
        min(
            each[1]
            for each in (vectors.solved(words, table, recipe.language), vectors.nearer(words, table, recipe.language))
        )
        >= 200
    )


def test_words_of_a_kind_are_compared_with_others(vectors: Any) -> None:
    for language in ("en", "ko"):
        kinds = vectors.load(language, "similar")
        asked = list(vectors.alike(language))
        assert len(asked) >= 200 and asked == list(vectors.alike(language))
        for a, b, c in asked:
            assert any(a in kind and b in kind and c not in kind for kind in kinds.values())
    table = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    assert vectors.nearest(["a", "b", "c"], table, "a", 2) == ["b", "c"]


def test_of_two_words_the_nearer_one_is_told(vectors: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "alike", lambda language: [("a", "b", "c"), ("c", "a", "b"), ("a", "z", "c")])
    table = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    assert vectors.nearer(["a", "b", "c"], table, "en") == (0.5, 2)  # c is nearer to b than to a; z is not known
