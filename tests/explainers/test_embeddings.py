"""Embeddings: the rows are the table's own, nearness is a cosine in all of their numbers, the projection is PCA."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import models
from explainers import analogies, dots, embeddings
from explainers.contract import Refusal
from explainers.neighbours import NEAREST, EmbeddingTable, Neighbours, cosines
from explainers.words import LANGUAGES, words_for
from models.space import FILE, Projection, digest, pca, save, shipped

TEXTS = ["The cat sat on the cat", "옛날에 고양이가 살았어요", " "]
WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights"


def plain_table(model: Any) -> Any:
    return model.get_input_embeddings().weight.detach().float()


def hold(trace: embeddings.Trace, table: np.ndarray) -> None:
    """What a Trace promises."""
    import torch

    tensor = torch.tensor(table - table.mean(0, dtype=np.float64)).float()  # as seen from the mean row
    np.testing.assert_array_equal(trace.rows, table[trace.ids])
    expected = torch.nn.functional.cosine_similarity(tensor[trace.ids][:, None], tensor[None], dim=-1).numpy()  # (T, V)
    np.testing.assert_allclose(trace.cosines, expected[:, trace.ids], atol=1e-5)
    assert trace.size == len(table)
    for row, token, one in zip(expected, trace.ids, trace.neighbours, strict=True):
        hold_nearest(one, int(token), row)
    hold_nearest(trace.chosen, trace.chosen.id, expected_of(tensor, trace.chosen.id))
    inside = (expected_of(tensor, trace.chosen.id) >= trace.band[0]) & (
        expected_of(tensor, trace.chosen.id) <= trace.band[1]
    )
    assert inside.mean() == pytest.approx(0.9, abs=0.01)
    turned = np.degrees(np.arccos(np.clip(expected_of(tensor, trace.chosen.id), -1, 1)))
    np.testing.assert_allclose(far(trace.around), turned[: len(trace.around)], atol=0.05)
    np.testing.assert_allclose(far(trace.turned), turned[trace.ids], atol=0.05)
    np.testing.assert_allclose(far(trace.near_turned), turned[[trace.chosen.id, *trace.chosen.ids]], atol=0.05)
    assert not trace.near_turned[0].any()
    assert len(trace.vocabulary) == len(trace.vocabulary_labels) == len(trace.around)
    np.testing.assert_allclose(trace.points, trace.vocabulary[trace.ids], atol=1e-4)
    np.testing.assert_allclose(trace.near, trace.vocabulary[[trace.chosen.id, *trace.chosen.ids]], atol=1e-4)


def far(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points, axis=1)


def expected_of(tensor: Any, token: int) -> np.ndarray:
    import torch

    return torch.nn.functional.cosine_similarity(tensor[token][None], tensor, dim=-1).numpy()


def hold_nearest(one: Neighbours, token: int, row: np.ndarray) -> None:
    others = np.delete(row, token)
    assert one.id == token and token not in one.ids and len(set(one.ids.tolist())) == NEAREST
    np.testing.assert_allclose(one.cosines, np.sort(others)[::-1][:NEAREST], atol=1e-5)
    np.testing.assert_allclose(one.cosines, row[one.ids], atol=1e-5)


@pytest.mark.parametrize("text", TEXTS)
def test_rows_and_neighbours_are_the_models(tiny: str, plain: tuple[Any, Any], text: str) -> None:
    trace = embeddings.trace(text, model=tiny)
    hold(trace, plain_table(plain[0]).numpy())
    assert trace.chosen.id in trace.ids


@pytest.mark.weights
@pytest.mark.parametrize("text", TEXTS)
def test_rows_and_neighbours_are_the_bundled_models(bundled: tuple[str, Any, Any], text: str) -> None:
    name, model, tokenizer = bundled
    trace = embeddings.trace(text, model=name)
    assert trace.ids.tolist() == tokenizer(text)["input_ids"]
    hold(trace, plain_table(model).numpy())


@pytest.mark.weights
@pytest.mark.parametrize(("text", "token", "others"), [(" cat", " cat", " dog"), (" 한국", " 한국", " 중국")])
def test_what_is_used_alike_lies_near(text: str, token: str, others: str) -> None:
    trace = embeddings.trace(text)
    (near,) = models.encode(trace.model, others)
    assert near in trace.chosen.ids[:3]


def test_a_token_of_the_vocabulary_can_be_chosen(tiny: str, plain: tuple[Any, Any]) -> None:
    table = plain_table(plain[0]).numpy()
    trace = embeddings.trace(TEXTS[0], model=tiny, token=7)
    hold(trace, table)
    assert trace.chosen.id == 7
    with pytest.raises(Refusal) as refused:
        embeddings.trace(TEXTS[0], model=tiny, token=len(table))
    assert refused.value.key == "unknown_token"


def test_a_text_too_long_is_refused(tiny: str) -> None:
    with pytest.raises(Refusal) as refused:
        embeddings.trace(" a" * 300, model=tiny)
    assert refused.value.facts["tokens"] > refused.value.facts["limit"] == 256


def test_a_click_on_a_token_chooses_it_and_any_other_does_nothing(tiny: str) -> None:
    trace = embeddings.trace(TEXTS[0], model=tiny)
    assert embeddings.point(trace, {"data": 5}) == {"token": 5}
    for event in ({}, {"data": None}, {"data": "5"}, {"data": [5]}):
        assert embeddings.point(trace, event) == {}


# The projection --------------------------------------------------------------------------------------------------


def by_svd(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and shares by numpy's singular values, which the code does not use."""
    centred = table.astype(np.float64) - table.astype(np.float64).mean(0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    return (left * values)[:, :4], (values**2 / (values**2).sum())[:4]


def hold_projection(made: Projection, table: np.ndarray) -> None:
    points, share = by_svd(table)
    np.testing.assert_allclose(np.abs(made.points), np.abs(points), atol=2e-4 * np.abs(points).max())
    np.testing.assert_allclose(made.share, share, atol=1e-5)
    np.testing.assert_allclose(made.axes @ made.axes.T, np.eye(len(made.axes)), atol=1e-5)
    assert (made.axes[np.arange(len(made.axes)), np.abs(made.axes).argmax(1)] > 0).all()
    np.testing.assert_allclose(made.project(table), made.points, atol=1e-4)


def test_pca_is_that_of_the_singular_values() -> None:
    table = np.random.default_rng(1).standard_normal((200, 24)).astype(np.float32) * np.linspace(3, 1, 24, dtype="f4")
    hold_projection(pca(table), table)


def test_pca_of_rows_that_are_all_alike_divides_by_nothing() -> None:
    made = pca(np.ones((10, 8), np.float32))
    assert np.isfinite(made.axes).all() and not made.points.any() and not made.share.any()


@pytest.mark.weights
@pytest.mark.parametrize("name", [entry.name for entry in models.CATALOG if entry.hub is None])
def test_the_shipped_projection_is_that_of_its_table(name: str) -> None:
    table = models.table(name)
    found = shipped(WEIGHTS / name, table)
    assert found, f"python -m models.recipes.projection {name}"
    hold_projection(found, table[: len(found.points)])
    np.testing.assert_array_equal(models.projection(name).points, found.points)


def test_a_projection_of_another_table_is_not_taken(tmp_path: Path) -> None:
    table = np.random.default_rng(2).standard_normal((50, 8)).astype(np.float32)
    save(tmp_path, table)
    np.testing.assert_array_equal(shipped(tmp_path, table).points, pca(table).points)  # type: ignore[union-attr]
    assert shipped(tmp_path, table + 1) is None
    (tmp_path / FILE).write_bytes(b"no such file")
    assert shipped(tmp_path, table) is None
    assert digest(table) != digest(table + 1)


# What is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("projection", ["plane", "space"])
def test_dots_are_the_points_along_the_axes_named(tiny: str, projection: str, first: bool) -> None:
    trace = embeddings.trace(TEXTS[0], model=tiny)
    figure = embeddings.picture(trace, projection=projection, first=first)
    used = [axis + (not first) for axis in range(3 if projection == "space" else 2)]
    drawn = {part.name: part for part in figure.data}
    for letter, axis in zip("xyz", used, strict=False):
        np.testing.assert_allclose(drawn["vocabulary"][letter], trace.vocabulary[:, axis], atol=1e-6)
    assert drawn["vocabulary"].customdata == tuple(range(len(trace.vocabulary)))
    assert set(drawn["sentence"].customdata) == set(trace.ids.tolist())
    assert set(drawn["neighbours"].customdata) == set(trace.chosen.ids.tolist()) - set(trace.ids.tolist())


def test_the_distance_from_the_middle_is_the_angle(tiny: str) -> None:
    trace = embeddings.trace(TEXTS[0], model=tiny, token=9)
    drawn = {part.name: part for part in embeddings.picture(trace, projection="angle").data}
    table = EmbeddingTable.of(tiny)
    alike = cosines(table.from_mean([9]), table)[0]
    away = np.hypot(drawn["vocabulary"].x, drawn["vocabulary"].y)
    np.testing.assert_allclose(np.cos(np.radians(away)), alike, atol=1e-3)
    assert (drawn["chosen"].x[0], drawn["chosen"].y[0]) == (0, 0)


def test_what_stands_beside_the_picture(tiny: str) -> None:
    trace = embeddings.trace("<b>the cat", model=tiny)
    meta = json.loads(embeddings.picture(trace).to_json())["layout"]["meta"]
    assert [place["data"] for place in meta["places"]] == trace.ids.tolist()
    assert [row["data"] for row in meta["near"]["rows"]] == trace.chosen.ids.tolist()
    assert meta["chosen"] == trace.chosen.id and meta["fly"]["key"].endswith(f" {trace.chosen.id}")


def test_a_name_covers_no_other() -> None:
    """Dots on a line, a name apart: each name finds a side of its own."""
    at = np.array([[100.0 + 50 * n, 40.0] for n in range(3)])
    sides = dots.beside(at, ["parrot"] * 3, np.zeros(2), [dots.box(np.array([100.0, 40.0]), "bird", "middle right")])
    boxes = [dots.box(place, "parrot", side) for place, side in zip(at, sides, strict=True)]
    assert not any(dots.shared(one, other) for n, one in enumerate(boxes) for other in boxes[:n])
    assert sides[0] != "middle right" and len(set(sides)) > 1
    alone = dots.beside(at[:1], ["parrot"], np.zeros(2), [])
    assert alone == ["middle right"]
    wide, narrow = (np.subtract(*dots.box(at[0], text, "top center")[[1, 0]]) for text in ("앵무새", "abc"))
    assert wide == 2 * narrow


def test_labels_point_away_from_the_middle() -> None:
    ways = ([2, 1], [-2, 1], [0.1, 1], [0.1, -1])
    assert [dots.away(np.array(way)).split()[-1] for way in ways] == ["right", "left", "center", "center"]


def test_tables_have_the_numbers_of_the_trace(tiny: str) -> None:
    trace = embeddings.trace(TEXTS[0], model=tiny)
    for row, ids, values in zip(embeddings.lookup(trace).rows, trace.ids, trace.rows, strict=True):
        assert row[2] == ids and list(row[3:8]) == values[:5].tolist() and row[9] == values[-1]
        assert row[10] == pytest.approx(np.sqrt((values.astype(np.float64) ** 2).sum()))
    pairs = embeddings.pairs(trace).rows
    assert [row[2] for row in pairs] == sorted((row[2] for row in pairs), reverse=True)
    for row in pairs:
        assert np.cos(np.radians(row[3])) == pytest.approx(row[2], abs=1e-4)
    first = embeddings.neighbours(trace).rows[0]
    assert (first[1], first[3]) == (trace.chosen.id, float(trace.chosen.cosines[0]))


@pytest.mark.weights
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_opens_on_a_token_of_its_sentence(language: str) -> None:
    examples = [example for example in words_for("embeddings", language).raw("examples") if "controls" in example]
    assert len(examples) >= 2
    for example in examples:
        trace = embeddings.trace(example["text"], token=example["controls"]["token"])
        assert trace.chosen.id in trace.ids and trace.chosen.cosines[0] > trace.band[1]


# Word arithmetic --------------------------------------------------------------------------------------------------


@pytest.mark.weights
@pytest.mark.parametrize(
    ("model", "sum_", "wanted"),
    [("stories-gpt", ("go", "went", "see"), " saw"), ("ko-gpt", ("아들", "아버지", "딸"), " 어머니")],
)
def test_arithmetic_is_plain_arithmetic(model: str, sum_: tuple[str, str, str], wanted: str) -> None:
    """Every rank by a loop of the test's own; these two the models get right, and better than without the step."""
    (row,) = analogies.answers(model, models.stamp(model), ((*sum_, wanted.strip()),))
    table = models.table(model).astype(np.float64)
    table -= table.mean(0)
    a, b, c, goal = (models.encode(model, f" {text.strip()}")[0] for text in (*sum_, wanted))
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    ranks = []
    for target in (table[b] - table[a] + table[c], table[c]):
        better = [i for i in range(len(table)) if unit[i] @ target > unit[goal] @ target and i not in (a, b, c)]
        ranks.append(1 + len(better))
    assert row[6] == ranks[0] == 1 < ranks[1]
    assert row[1] == models.vocabulary_labels(model, [goal])[0]


@pytest.mark.weights
def test_the_texts_own_words_come_first_in_the_sums() -> None:
    words = words_for("embeddings", "en")
    trace = embeddings.trace("big small happy")
    rows = embeddings.arithmetic(trace, words).rows
    assert rows[0][0] == "small − big + happy" and len(rows) == 1 + len(words.raw("sums"))
    again = embeddings.arithmetic(embeddings.trace("I my he"), words).rows
    assert again[0][0] == "my − I + he" and again[0][5] == "his" and len(again) == len(words.raw("sums"))
    assert len(embeddings.arithmetic(embeddings.trace("Supercalifragilistic I my"), words).rows) == len(rows) - 1


@pytest.mark.weights
@pytest.mark.parametrize(("language", "model"), [("en", "stories-gpt"), ("ko", "ko-gpt")])
def test_every_sum_of_the_words_file_can_be_worked_out(language: str, model: str) -> None:
    for one in words_for("embeddings", language).raw("sums"):
        sum_ = tuple(one[part] for part in analogies.PARTS)
        (row,) = analogies.answers(model, models.stamp(model), (sum_,))
        assert row[6] is not None
