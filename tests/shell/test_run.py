"""The handle on what lasts, without a page: bounds, pauses, changes, replay; and the thread that the shell gives it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainers.contract import Budget, Change, Refusal, Run
from explainers.shell import runs
from tests.lab import descent

SHELL = replace(descent.EXPLAINER, name="tokens")  # under a name that has words in the shipped folder
RATES = st.floats(0, 0.9, allow_nan=False)


def followed(run: Run, hand: dict[int, list[Change]]) -> list[float]:
    """The losses of a descent under a run, while a hand changes the rate before some of its steps."""
    losses = []
    for change in hand.get(0, ()):
        run.change(*change[1:])
    for made in descent.descend("quick: a text", run):
        if isinstance(made, descent.Step):
            losses.append(made.loss)
            for change in hand.get(len(losses), ()):
                run.change(*change[1:])
    return losses


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 29), RATES), max_size=12), st.integers(0, 30))
def test_the_record_replays_to_the_same(changes: list[tuple[int, float]], steps: int) -> None:
    hand: dict[int, list[Change]] = {}
    for step, rate in changes:
        hand.setdefault(step, []).append((step, "rate", rate))
    first = Run({"rate": 0.1}, Budget(steps=steps))
    losses = followed(first, hand)
    again = Run({"rate": 0.1}, Budget(steps=first.step), record=first.record)
    assert followed(again, {}) == losses and again.record == first.record
    last = {step: rate for step, rate in changes}  # of several before one step, the last one holds
    assert first.record == [(step, "rate", last[step]) for step in sorted(last) if step < steps]


def test_a_change_holds_from_the_next_step_and_not_within_one() -> None:
    run = Run({"rate": 1.0}, Budget(steps=3))
    seen = []
    for step in run.steps():
        before = run["rate"]
        run.change("rate", float(step + 10))
        assert run["rate"] == before
        seen.append(before)
    assert seen == [1.0, 10.0, 11.0] and run.record == [(1, "rate", 10.0), (2, "rate", 11.0)]


def test_a_run_takes_no_control_that_it_does_not_have() -> None:
    with pytest.raises(KeyError):
        Run({"rate": 1.0}).change("seed", 1)


@pytest.mark.parametrize(("budget", "end"), [(Budget(steps=5), "steps"), (Budget(10**9, seconds=0.2), "seconds")])
def test_a_budget_ends_it(budget: Budget, end: str) -> None:
    run = Run({}, budget)
    began = time.monotonic()
    count = sum(1 for _ in run.steps())
    assert run.end == end and run.step == count and time.monotonic() - began < 5
    assert [*run.steps()] == [] and run.end == end  # what has ended does not begin again


def test_the_work_may_end_it() -> None:
    run = Run({}, Budget(steps=5))
    for step in run.steps():
        if step == 2:
            break
    assert run.step == 2 and run.end == "finished"


def test_stop_wakes_a_run_that_is_paused() -> None:
    run = Run({}, Budget(10**9, 60))
    run.pause()
    thread = threading.Thread(target=lambda: [*run.steps()])
    thread.start()
    time.sleep(0.1)
    assert run.step == 0 and thread.is_alive()
    run.stop()
    thread.join(5)
    assert not thread.is_alive() and run.end == "stopped"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(runs, "MOST", 2)
    monkeypatch.setattr(runs, "BUDGET", Budget(10**6, 20.0))
    yield
    for one in [*runs.RUNS.values()]:
        one.run.stop()
        one.thread.join(5)


def begun(text: str, owner: str) -> runs.Lasting:
    return runs.start(SHELL, text, {"rate": 0.1, "digits": 3}, owner)


def test_a_host_takes_only_so_many_and_each_owner_one(few: None) -> None:
    one, other = begun("a", "one"), begun("b", "other")
    with pytest.raises(Refusal) as refused:
        begun("c", "third")
    assert refused.value.key == "runs_busy" and refused.value.facts == {"most": 2}
    again = begun("d", "one")  # in place of the one before
    one.thread.join(5)
    assert one.run.end == "stopped" and again.run.end is None and other.run.end is None
    other.run.stop()
    other.thread.join(5)
    begun("c", "third")


def test_the_thread_has_less_priority(few: None) -> None:
    import os

    lasting = begun("a", "one")
    time.sleep(0.2)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, lasting.thread.native_id or 0) == min(19, own + runs.NICE)


def answers(stream: Iterator[str]) -> Iterator[dict[str, Any]]:
    import json

    return (json.loads(one) for one in stream)


def test_who_stops_listening_ends_it(few: None) -> None:
    stream = runs.stream(SHELL, '{"n": 1, "text": "a"}', "en", "one")
    heard = answers(stream)
    next(heard)
    (lasting,) = runs.RUNS.values()
    next(heard)
    stream.close()  # what gradio does once the page is gone
    lasting.thread.join(5)
    assert not lasting.thread.is_alive() and not runs.RUNS and lasting.run.end == "stopped"


def test_steps_are_told_in_order_and_the_last_answer_has_them_all(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "BUDGET", Budget(40, 20.0))
    told: dict[int, float] = {}
    for part in answers(runs.stream(SHELL, '{"n": 7, "text": "abc"}', "ko", "one")):
        assert part["n"] == 7 and part["refusal"] is None
        for number, step in enumerate(part.get("steps", ()), part.get("at", 0)):
            assert told.setdefault(number, step["loss"]) == step["loss"]
    assert sorted(told) == [*range(40)] and part["done"] and part["run"]["end"] == "steps"
    drawn = part["views"]["curve"]["props"]["figure"]["data"][0]["y"]
    np.testing.assert_allclose(drawn, [told[i] for i in range(40)])
