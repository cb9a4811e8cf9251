"""The comparison against both models run by torch alone, one token and one shortened text at a time."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import models
from explainers import recurrence
from explainers.contract import Markdown, Refusal, Table
from explainers.recurrence_guesses import candidates
from explainers.recurrence_memory import by_distance, order
from explainers.shell.figure import drawn
from explainers.visible import first_visible
from explainers.words import words_for
from tests.explainers.conftest import WEIGHTS, read_plainly

TEXT = "the cat sat on the mat and 고양이는 the dog sat"
BUNDLED = {"stories-lstm": "stories-gpt", "ko-lstm": "ko-gpt"}
SENTENCES = {"stories-lstm": "Tom had a red ball. He lost the ball.", "ko-lstm": "작은 새가 나무 위에 앉아 있다."}


@pytest.fixture(scope="module")
def trace(tiny: str, tiny_rnn: str) -> recurrence.Trace:
    return recurrence.trace(TEXT, model=tiny, rnn=tiny_rnn)


@cache
def plainly(folder: str) -> Any:
    """A model read by transformers; models.lstm has told it what an LSTM is."""
    import models.lstm  # noqa: F401

    return read_plainly(folder)[0]


def shares(folder: str, ids: Any) -> np.ndarray:
    """The probabilities (T, V) after each token, in double precision from the model's own logits."""
    with torch.inference_mode():
        return torch.softmax(plainly(folder)(torch.tensor([list(ids)])).logits[0].double(), -1).numpy()


def both(trace: recurrence.Trace) -> list[tuple[recurrence.Side, np.ndarray]]:
    """Each side with its probabilities over the whole text, computed here."""
    return [(side, shares(side.model, trace.ids)) for side in (trace.recurrent, trace.transformer)]


def test_both_guesses_are_the_models_own(trace: recurrence.Trace) -> None:
    (rnn, p), (transformer, q) = both(trace)
    for side, own, other in ((rnn, p, q), (transformer, q, p)):
        assert abs(own.sum(-1) - 1).max() < 1e-9
        assert np.abs(side.shares - np.sort(own)[:, ::-1][:, : side.shares.shape[1]]).max() < 1e-5
        assert np.abs(side.others - np.take_along_axis(other, side.top, -1)).max() < 1e-5
    assert np.abs(trace.total_variation - np.abs(p - q).sum(-1) / 2).max() < 1e-5
    middle = (p + q) / 2
    expected = ((p * np.log2(p / middle)).sum(-1) + (q * np.log2(q / middle)).sum(-1)) / 2
    assert np.abs(trace.jensen_shannon - expected).max() < 1e-5


def test_surprise_and_rank_are_those_of_the_token_that_comes(trace: recurrence.Trace) -> None:
    for side, own in both(trace):
        for at, coming in enumerate(trace.ids[1:]):
            assert side.surprise[at] == pytest.approx(-math.log2(own[at, coming]), abs=1e-3)
            assert side.rank[at] == 1 + (own[at] > own[at, coming]).sum()
        assert math.isnan(side.surprise[-1]) and side.rank[-1] == 0


def test_states_are_those_of_torch_stepping_token_by_token(trace: recurrence.Trace) -> None:
    model = plainly(trace.rnn)
    carried, found = None, []
    with torch.inference_mode():
        for i in trace.ids:
            out, carried = model.layers(model.embedding(torch.tensor([[int(i)]])), carried)
            found.append(out[0, 0].numpy())
    assert np.abs(trace.states - np.stack(found)).max() < 1e-5
    for at in range(1, len(found)):
        moved = np.abs(found[at] - found[at - 1]).sum() / (np.abs(found[at]).sum() + np.abs(found[at - 1]).sum())
        assert trace.overwritten[at] == pytest.approx(moved, abs=1e-5)
    assert trace.overwritten[0] == pytest.approx(1)


def test_a_shortened_guess_is_the_model_run_on_the_shortened_text(trace: recurrence.Trace) -> None:
    assert trace.lengths == (1, 2, 4, 8, len(trace.words)) and len(trace.words) == len(TEXT.split())
    for side, whole in both(trace):
        for n, count in enumerate(trace.lengths):
            for at in range(len(trace.ids)):
                own = shares(side.model, trace.ids[first_visible(trace.words, at, count) : at + 1])[-1]
                assert side.near.distance[n, at] == pytest.approx(np.abs(own - whole[at]).sum() / 2, abs=1e-5)
                assert np.abs(side.near.shares[n, at] - own[side.near.top[n, at]]).max() < 1e-5
                assert own[side.near.top[n, at, 0]] == pytest.approx(own.max())
                if at + 1 < len(trace.ids):
                    assert side.near.surprise[n, at] == pytest.approx(-math.log2(own[trace.ids[at + 1]]), abs=1e-3)
        assert np.isnan(side.near.surprise[:, -1]).all()
        assert (side.near.distance[-1] == 0).all()


def test_without_a_word_is_the_model_run_without_it(trace: recurrence.Trace) -> None:
    assert trace.gone == tuple(range(len(trace.words) - 1))
    for side, whole in both(trace):
        for row, word in enumerate(trace.words[place] for place in trace.gone):
            less = shares(side.model, [*trace.ids[: word.start], *trace.ids[word.stop :]])
            expected = np.abs(less[word.start :] - whole[word.stop :]).sum(-1) / 2
            assert np.isnan(side.without.guess[row, : word.stop]).all()
            assert np.abs(side.without.guess[row, word.stop :] - expected).max() < 1e-5
    assert trace.transformer.without.state is None


def test_a_word_that_is_gone_is_gone_from_the_state(trace: recurrence.Trace) -> None:
    model, left = plainly(trace.rnn), trace.recurrent.without.state
    assert left is not None
    with torch.inference_mode():
        for row, word in enumerate(trace.words[place] for place in trace.gone):
            ids = [*trace.ids[: word.start].tolist(), *trace.ids[word.stop :].tolist()]
            less = model.layers(model.embedding(torch.tensor([ids])))[0][0].numpy()
            for at in range(word.stop, len(trace.ids)):
                there, gone = trace.states[at], less[at - word.stop + word.start]
                share = np.abs(there - gone).sum() / (np.abs(there).sum() + np.abs(gone).sum())
                assert left[row, at] == pytest.approx(share, abs=1e-5)


def test_what_is_guessed_is_shown_with_both_probabilities(trace: recurrence.Trace) -> None:
    (_, p), (_, q) = both(trace)
    for at in range(len(trace.ids)):
        rows = candidates(trace, at)
        assert {int(p[at].argmax()), int(q[at].argmax())} <= {i for i, *_ in rows}
        assert at + 1 == len(trace.ids) or int(trace.ids[at + 1]) in {i for i, *_ in rows}
        for i, rnn, transformer in rows:
            assert [rnn, transformer] == pytest.approx([p[at, i], q[at, i]], abs=1e-5)
            assert i in trace.names


def test_units_come_in_the_order_in_which_they_are_written() -> None:
    states = np.array([[0.0, 0.9, 0.1], [0.8, 0.9, 0.1], [0.8, 0.9, -0.5]], dtype=np.float32)
    assert order(states).tolist() == [1, 0, 2]


def test_means_by_distance_take_every_pair(trace: recurrence.Trace) -> None:
    values = trace.transformer.without.guess
    far = by_distance(trace, values)
    assert set(far) == set(range(1, len(trace.words)))
    assert far[max(far)] == pytest.approx(np.nanmean(values[0, trace.words[-1].start :]))


def test_views_draw_the_chosen_place(trace: recurrence.Trace) -> None:
    words = words_for("recurrence", "en")
    for position in (1, 5, len(trace.ids), 0, 999):
        for name in ("beside", "surprise", "state", "fading", "shorter"):
            drawn = recurrence.EXPLAINER.views[name](trace, words, position=position)
            if isinstance(drawn, Markdown):
                assert (name, position) == ("fading", 1)
                continue
            assert "{" not in drawn.layout.meta["text"] and not drawn.layout.meta["text"].startswith("views.")
            assert all(
                data.customdata is None or set(np.ravel(data.customdata)) <= {*range(1, len(trace.ids) + 1)}
                for data in drawn.data
            )
        table = recurrence.EXPLAINER.views["guesses"](trace, words, position=position)
        at = min(position or 999, len(trace.ids)) - 1
        assert isinstance(table, Table) and table.rows[0][2] == trace.recurrent.shares[at, 0]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("text", [TEXT, "a"])
def test_every_text_of_every_view_is_there(text: str, language: str, tiny: str, tiny_rnn: str) -> None:
    """A text that is missing would show as its key, one that lacks a fact with braces."""
    trace, words = recurrence.trace(text, model=tiny, rnn=tiny_rnn), words_for("recurrence", language)
    for name, view in recurrence.EXPLAINER.views.items():
        drawn = view(trace, words)
        shown = drawn.to_json() if hasattr(drawn, "to_json") else repr(drawn)
        missing = re.findall(r"views\.\w+|sides\.\w+|too_short|after_known|(?<!%)[{]\w+[}]", shown)
        assert not missing, name


def test_a_click_on_a_column_chooses_its_place(trace: recurrence.Trace) -> None:
    assert recurrence.point(trace, {"data": 3}) == {"position": 3}
    for nonsense in (None, "3", 0, -1, len(trace.ids) + 1, 2.5, [1]):
        assert recurrence.point(trace, {"data": nonsense}) == {}
    assert recurrence.point(trace, {}) == {}


def test_models_that_cut_texts_differently_are_refused(tiny: str, tiny_rnn: str) -> None:
    with pytest.raises(Refusal) as refused:
        recurrence.trace("the cat", model="stories-gpt", rnn=tiny_rnn)
    assert refused.value.key == "different_tokens"
    with pytest.raises(Refusal) as refused:
        recurrence.trace("the cat", model=tiny, rnn=tiny)
    assert refused.value.key == "wrong_kind"
    with pytest.raises(Refusal) as refused:
        recurrence.trace("the cat", model=tiny_rnn, rnn=tiny_rnn)
    assert refused.value.key == "wrong_kind"


def test_a_long_text_is_refused(tiny: str, tiny_rnn: str) -> None:
    with pytest.raises(Refusal) as refused:
        recurrence.trace("a " * 200, model=tiny, rnn=tiny_rnn)
    assert refused.value.key == "too_many_tokens" and refused.value.facts["limit"] == recurrence.MOST_TOKENS


@pytest.mark.weights
@pytest.mark.parametrize("rnn", BUNDLED)
def test_the_bundled_two_are_alike_in_size_and_tokens(rnn: str) -> None:
    """All parameters, tied embeddings counted once in both, within a tenth."""
    counts = [sum(p.numel() for p in models.load(name).model.parameters()) for name in (rnn, BUNDLED[rnn])]
    assert abs(counts[0] / counts[1] - 1) < 0.1
    assert counts == [next(e.parameters for e in models.CATALOG if e.name == name) for name in (rnn, BUNDLED[rnn])]
    assert models.same_tokens(rnn, BUNDLED[rnn])


@pytest.mark.weights
@pytest.mark.parametrize("rnn", BUNDLED)
def test_by_default_the_bundled_two_of_the_texts_language(rnn: str) -> None:
    trace = recurrence.trace(SENTENCES[rnn])
    assert (trace.rnn, trace.model) == (rnn, BUNDLED[rnn])
    assert recurrence.trace("a 가", model=BUNDLED[rnn]).rnn == rnn
    for side in (trace.recurrent, trace.transformer):
        expected = shares(str(Path(WEIGHTS) / side.model), trace.ids)
        assert np.abs(side.shares[:, 0] - expected.max(-1)).max() < 1e-4


@pytest.mark.weights
@pytest.mark.parametrize("rnn", BUNDLED)
def test_the_bundled_models_guess_worse_with_one_word(rnn: str) -> None:
    """What the page says of the pictures holds for the models that it ships, on these sentences at least."""
    trace = recurrence.trace(SENTENCES[rnn])
    for side in (trace.recurrent, trace.transformer):
        means = side.near.surprise[:, :-1].mean(-1)
        assert means[0] > means[-1]
    left = trace.recurrent.without.state
    assert left is not None
    far = by_distance(trace, left)
    assert far[1] > far[max(far)]


@pytest.mark.weights
def test_no_tick_stands_above_one() -> None:
    sure = recurrence.trace("Jamie has a kitten, and its name is Fluffy. What is the kitten called? It is called")
    assert recurrence.beside(sure).layout.xaxis.tickvals[-1] == 1 < recurrence.beside(sure).layout.xaxis.range[1]
    said = "\n".join(drawn(recurrence.beside(sure), words_for("recurrence", "en")))  # the same as text, for tools
    assert "Fluffy" in said and "| 0.99" in said
    unsure = recurrence.beside(recurrence.trace("She opened the box and saw a")).layout.xaxis
    assert unsure.tickvals is None and unsure.range[1] < 1
