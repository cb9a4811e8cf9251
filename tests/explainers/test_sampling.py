"""Sampling: the rule is everybody's rule, the record is the model's, and a seed is a promise."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LogitsProcessorList, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from explainers import chance, sampling
from explainers.contract import Markdown, Refusal

RULES = st.fixed_dictionaries(
    {
        "temperature": st.floats(0.1, 3.0),
        "top_k": st.integers(0, 200),
        "top_p": st.floats(0.05, 1.0),
    }
)


def random_logits(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 4, size).astype(np.float32)


def warped(logits: np.ndarray, temperature: float, top_k: int, top_p: float) -> np.ndarray:
    """The same rule by transformers, in float64."""
    warpers = LogitsProcessorList([TemperatureLogitsWarper(temperature)])
    if top_k:
        warpers.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        warpers.append(TopPLogitsWarper(top_p))
    return torch.softmax(warpers(None, torch.tensor(logits, dtype=torch.float64)[None]), -1)[0].numpy()


@given(st.integers(0, 10_000), st.integers(1, 2000), RULES)
@settings(deadline=None)
def test_distribution_is_transformers(seed: int, size: int, rule: dict[str, Any]) -> None:
    logits = random_logits(seed, size)
    found = sampling.distribution(logits, **rule)
    np.testing.assert_allclose(found, warped(logits, **rule), atol=1e-6)
    assert found.dtype == np.float64 and abs(found.sum() - 1) < 1e-12


@given(st.integers(0, 10_000), st.floats(0.1, 3.0))
def test_with_temperature_alone_it_is_the_softmax(seed: int, temperature: float) -> None:
    logits = random_logits(seed, 500)
    wanted = torch.softmax(torch.tensor(logits, dtype=torch.float64) / temperature, -1).numpy()
    np.testing.assert_allclose(sampling.distribution(logits, temperature), wanted, atol=1e-12)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=1, max_size=30), st.integers(1, 30))
def test_ties_at_the_kth_stay(values: list[float], top_k: int) -> None:
    logits = np.array(values, dtype=np.float32)
    kept = sampling.distribution(logits, top_k=top_k) > 0
    least = sorted(values, reverse=True)[min(top_k, len(values)) - 1]
    assert kept.tolist() == [value >= least for value in values]


@given(st.integers(0, 1000), st.floats(0.05, 0.99))
def test_top_p_keeps_the_fewest_that_reach_it(seed: int, top_p: float) -> None:
    logits = random_logits(seed, 300)
    full = sampling.softmax(logits)
    kept = sampling.distribution(logits, top_p=top_p) > 0
    assert full[kept].sum() >= top_p - 1e-12
    assert full[kept].sum() - full[kept].min() < top_p
    assert full[kept].min() >= full[~kept].max(initial=0)


def test_top_p_takes_equals_by_id() -> None:
    assert sampling.distribution(np.zeros(4, np.float32), top_p=0.5).tolist() == [0.5, 0.5, 0, 0]


def test_greedy_is_the_first_of_the_largest() -> None:
    logits = np.array([0, 2, 2, 1], np.float32)
    assert sampling.distribution(logits, greedy=True, temperature=3.0, top_k=4).tolist() == [0, 1, 0, 0]


def test_large_logits_do_not_overflow() -> None:
    assert sampling.distribution(np.array([1e4, -1e4], np.float32), 0.1).tolist() == [1, 0]


# On a model ------------------------------------------------------------------------------------------------------


def plain_logits(model: Any, ids: list[int]) -> np.ndarray:
    """(T, V) from transformers alone."""
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].numpy()


def hold(trace: sampling.Trace, model: Any) -> None:
    """What a Trace promises, against a plain pass over all its ids."""
    ids = [*trace.prompt.tolist(), *trace.ids]
    logits = plain_logits(model, ids)
    np.testing.assert_allclose(trace.logits, logits[-1], atol=1e-5 * np.abs(logits).max())
    assert trace.logits.dtype == np.float32 and trace.logits.shape == (logits.shape[1],)
    assert [piece.id for piece in trace.pieces] == ids and len(trace.labels) == len(ids)
    assert [step.id for step in trace.record] == list(trace.ids)
    likeliest = trace.logits[[i for i, _ in trace.candidates]]
    assert likeliest[0] == trace.logits.max() and (np.diff(likeliest) <= 0).all()
    for place, step in enumerate(trace.record, start=len(trace.prompt)):
        full = torch.softmax(torch.tensor(logits[place - 1], dtype=torch.float64), -1)
        assert step.probability == pytest.approx(float(full[step.id]), abs=1e-5)
        assert step.rank == pytest.approx(int((full > full[step.id]).sum()) + 1, abs=1)
        assert step.label == trace.labels[place]


@pytest.mark.parametrize("write", [0, 12])
@pytest.mark.parametrize("ids", [(), (5, 17, 290)])
def test_logits_and_record_are_the_models(tiny: str, plain: tuple[Any, Any], ids: tuple[int, ...], write: int) -> None:
    trace = sampling.trace("the cat", model=tiny, ids=ids, write=write, seed=4)
    hold(trace, plain[0])
    assert trace.ids[: len(ids)] == ids
    assert all(np.isnan(step.chosen) for step in trace.record[: len(ids)])
    assert all(0 < step.chosen <= 1 for step in trace.record[len(ids) :])


@pytest.mark.weights
def test_logits_and_record_are_the_bundled_models(bundled: tuple[str, Any, Any]) -> None:
    name, model, _ = bundled
    hold(sampling.trace("옛날에 a cat", model=name, write=20, seed=2), model)


def test_greedy_equals_generate(tiny: str, plain: tuple[Any, Any]) -> None:
    same_as_generate(tiny, plain[0], "the cat sat")


@pytest.mark.weights
@pytest.mark.parametrize("text", ["Once upon a time", "옛날 옛날에"])
def test_greedy_equals_generate_on_bundled_models(bundled: tuple[str, Any, Any], text: str) -> None:
    same_as_generate(bundled[0], bundled[1], text)


def same_as_generate(name: str, model: Any, text: str) -> None:
    trace = sampling.trace(text, model=name, write=30, greedy=True)
    prompt = torch.tensor([trace.prompt.tolist()])
    wanted = model.generate(prompt, do_sample=False, max_new_tokens=30, pad_token_id=0)[0, prompt.shape[1] :]
    assert list(trace.ids) == wanted.tolist()


@pytest.mark.parametrize("rule", [{}, {"temperature": 2.0}, {"top_k": 5}, {"top_p": 0.5}, {"greedy": True}])
def test_drawing_one_at_a_time_equals_letting_it_run(tiny: str, rule: dict[str, Any]) -> None:
    """As the browser draws: from the Trace's logits, with the seed and the number of ids appended so far."""
    whole = sampling.trace("the cat", model=tiny, write=10, seed=3, **rule)
    ids: tuple[int, ...] = ()
    for _ in whole.ids:
        trace = sampling.trace("the cat", model=tiny, ids=ids)
        drawn = chance.draw(sampling.distribution(trace.logits, **rule), chance.u(3, len(ids)))
        ids = sampling.append(trace, {"id": drawn})["ids"]
    assert ids == whole.ids


def test_running_on_equals_running_through(tiny: str) -> None:
    whole = sampling.trace("the cat", model=tiny, write=10, seed=8)
    half = sampling.trace("the cat", model=tiny, write=5, seed=8)
    assert sampling.trace("the cat", model=tiny, ids=half.ids, write=5, seed=8).ids == whole.ids


def test_the_seed_decides(tiny: str) -> None:
    runs = [sampling.trace("the cat", model=tiny, write=10, seed=seed).ids for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_steps_come_one_by_one_and_then_the_trace(tiny: str) -> None:
    *steps, trace = sampling.steps("the cat", model=tiny, write=6)
    assert isinstance(trace, sampling.Trace)
    assert [(s.id, s.chosen) for s in steps if isinstance(s, sampling.Step)] == [(s.id, s.chosen) for s in trace.record]
    assert len(steps) == len(trace.ids)


def test_a_syllable_cut_by_hand_keeps_its_ids(tiny: str, plain: tuple[Any, Any]) -> None:
    """Two of the three bytes of a syllable: decoded and encoded again they would be U+FFFD."""
    first, second, third = plain[1]("꿹")["input_ids"]
    trace = sampling.trace("a", model=tiny, ids=(first, second))
    assert trace.ids == (first, second) and trace.groups[-1].text == "\ufffd"
    whole = sampling.trace("a", model=tiny, **sampling.append(trace, {"id": third}))
    assert whole.ids == (first, second, third) and whole.groups[-1].text == "꿹"
    hold(whole, plain[0])


def test_writing_stops_where_the_window_ends(tiny: str) -> None:
    trace = sampling.trace(" a" * 30, model=tiny, write=60, top_k=1)
    assert len(trace.prompt) + len(trace.ids) <= 64
    with pytest.raises(Refusal):
        sampling.trace(" a" * 30, model=tiny, ids=(1,) * 40)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"temperature": 0.0}, "not_zero"),
        ({"temperature": float("nan")}, "out_of_range"),
        ({"temperature": "warm"}, "not_a_number"),
        ({"top_k": 1.5}, "not_whole"),
        ({"top_k": 201}, "out_of_range"),
        ({"top_p": 0}, "not_zero"),
        ({"greedy": 1}, "not_an_option"),
        ({"seed": -1}, "out_of_range"),
        ({"write": 61}, "out_of_range"),
        ({"ids": [-1]}, "not_tokens"),
        ({"ids": [True]}, "not_tokens"),
        ({"ids": [320]}, "unknown_token"),
        ({"ids": [10**30]}, "unknown_token"),
        ({"ids": [320], "write": 3}, "unknown_token"),
    ],
)
def test_values_out_of_range_are_refused(tiny: str, given: dict[str, Any], key: str) -> None:
    with pytest.raises(Refusal) as refused:
        sampling.trace("the cat", model=tiny, **given)
    assert refused.value.key == key


def test_picks_are_pure(tiny: str) -> None:
    trace = sampling.trace("the cat", model=tiny, ids=(5, 6))
    picks = sampling.EXPLAINER.picks
    for _ in range(2):
        assert picks["append"](trace, {"id": 7}) == {"ids": (5, 6, 7)}
        assert picks["undo"](trace, {}) == {"ids": (5,)}
        assert picks["clear"](trace, {}) == {"ids": ()}
    assert trace.ids == (5, 6)
    with pytest.raises(Refusal):
        sampling.trace("the cat", model=tiny, **picks["append"](trace, {"nothing": 1}))


def test_a_run_leaves_its_ids_and_stops(tiny: str) -> None:
    trace = sampling.trace("the cat", model=tiny, write=3)
    assert sampling.EXPLAINER.after is not None
    assert sampling.EXPLAINER.after(trace) == {"ids": trace.ids, "write": 0}


def test_the_table_shows_both_probabilities(tiny: str) -> None:
    trace = sampling.trace("the cat", model=tiny)
    rows = sampling.numbers(trace, temperature=0.5, top_k=3).rows
    rule = sampling.distribution(trace.logits, 0.5, 3)
    assert [row[0] for row in rows] == list(range(1, 51))
    for _, _, i, logit, probability, under in rows:
        assert (logit, under) == (trace.logits[i], rule[i])
        assert probability == sampling.softmax(trace.logits)[i]
    assert sum(row[5] > 0 for row in rows) == 3


def test_the_record_tells_how_likely_a_draw_was_and_nothing_of_a_given_id(tiny: str) -> None:
    figure: Any = sampling.record(sampling.trace("the cat", model=tiny, ids=(5,), write=1))
    first, second = figure.data[0].hovertext
    assert "chosen" not in first and "chosen" in second
    assert sampling.record(sampling.trace("the cat", model=tiny)) == Markdown("empty")
