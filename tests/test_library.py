"""What a person in a notebook hands to an explainer, in whatever form, and what comes back to be printed or sent on."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import models
from explainers import ALL, attention, sampling, tokens
from explainers.contract import Explainer, Refusal, Toggle, Tokens, unquoted
from models import catalog

IDS = (12, 7, 300)
ROWS: list[Any] = [
    list(IDS),
    np.array(IDS),
    np.array(IDS, dtype=np.int32),
    [np.int64(i) for i in IDS],
    torch.tensor(IDS),
    torch.tensor([IDS]),
    [torch.tensor(i) for i in IDS],
    [list(IDS)],
    (i for i in IDS),
    "[12, 7, 300]",
    "12, 7, 300",
]
NO_ROWS: list[Any] = [
    [1.5],
    [True],
    np.array([1.0]),
    torch.tensor([True]),
    "a",
    ["1"],
    [[1, 2], [3]],
    {1: 2},
    [None],
    1.5,
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(type(row).__name__))
def test_ids_come_in_any_row_of_whole_numbers(row: Any) -> None:
    assert Tokens("ids").check(row) == IDS


@pytest.mark.parametrize("row", NO_ROWS, ids=str)
def test_what_is_no_row_of_whole_numbers_is_refused(row: Any) -> None:
    with pytest.raises(Refusal) as refused:
        Tokens("ids").check(row)
    assert refused.value.key == "not_tokens"


@pytest.mark.parametrize(
    ("said", "meant"), [("true", True), ("False", False), (' "true"', "true"), ("null", None), ("x", "x"), (3, 3)]
)
def test_what_stands_in_quotes(said: Any, meant: Any) -> None:
    assert unquoted(said) == meant
    if isinstance(meant, bool):
        assert Toggle("greedy").check(said) is meant


@pytest.mark.weights
def test_a_traces_ids_go_in_as_they_came_out() -> None:
    ids = tokens.trace(" upon a").ids
    want = sampling.trace("Once", ids=ids.tolist())
    given: Any
    for given in (ids, torch.tensor(ids), list(ids)):
        found = sampling.trace("Once", ids=given)
        assert found.ids == want.ids and np.array_equal(found.logits, want.logits)
        assert np.array_equal(
            models.forward("stories-gpt", given).logits, models.forward("stories-gpt", ids.tolist()).logits
        )
        (first, *_) = models.write("stories-gpt", given, lambda logits, step: int(logits.argmax()), 1)
        assert first[0] == int(models.last_logits("stories-gpt", [given])[0].argmax())


@pytest.mark.weights
def test_a_relative_folder_is_meant_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out" / "ck"
    shutil.copytree(catalog.WEIGHTS / "stories-twin-0", folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    want = attention.trace("The cat", model="stories-twin-0").weights
    for name in (Path("out/ck"), "out/ck", "./out/ck", "out/ck/", "~/out/ck", folder, str(folder)):
        assert np.array_equal(attention.trace("The cat", model=name).weights, want), name
    shutil.copytree(folder, tmp_path / "stories-gpt")
    assert np.array_equal(attention.trace("The cat", model=Path("stories-gpt")).weights, want)
    assert not np.array_equal(attention.trace("The cat", model="stories-gpt").weights.shape, want.shape)
    monkeypatch.setenv("GLASSBOX_MODELS", "any")
    catalog.check_offered("some/other")
    with pytest.raises(Refusal):  # a visitor names models, and no folder of this machine
        catalog.check_offered("out/ck")


@pytest.mark.weights
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_two_halves_are_one_character(explainer: Explainer) -> None:
    halves, whole = (last(explainer, text) for text in ("a\ud83d\ude42 b c", "a🙂 b c"))
    assert halves.text == whole.text == "a🙂 b c"
    assert repr(halves) == repr(whole) and halves.labels == whole.labels if hasattr(whole, "labels") else True
    assert last(explainer, "a \ud83d b").text == "a \ufffd b"


@pytest.mark.weights
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_a_trace_is_short_to_print_and_can_be_sent_on(explainer: Explainer) -> None:
    trace = last(explainer, "가나다라 마바사 " * 6)
    again = pickle.loads(pickle.dumps(trace))
    for value in (trace, again, *getattr(trace, "others", ()), *getattr(trace, "record", ())):
        assert len(repr(value)) < 250
    for name, view in explainer.views.items():
        made = view(again)
        assert len(repr(made)) < 250 and type(pickle.loads(pickle.dumps(made))) is type(made), name


def last(explainer: Explainer, text: str) -> Any:
    made = explainer.trace(text)
    return list(made)[-1] if hasattr(made, "__next__") else made
