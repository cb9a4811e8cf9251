"""The cache of traces: bounded in bytes whatever is asked, computed once for many who wait, arrays named by content."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from explainers.contract import Component, Explainer, Number, Table
from explainers.shell import answer, draw, pack
from explainers.shell.kept import KEPT, Kept, of_run, size_of

LIMIT = 1_000_000


@dataclass(frozen=True)
class Trace:
    numbers: np.ndarray
    more: dict[str, Any]


def numbers(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(size)


def alive(kept: Kept) -> int:
    """Bytes of the distinct buffers and of the texts that a cache keeps alive, counted by hand."""
    buffers: dict[int, int] = {}
    texts = sum(len(text) for entry in kept._by_inputs.values() for text in entry.drawn.values())

    def add(array: np.ndarray) -> None:
        base = array if array.base is None else array.base
        buffers[id(base)] = base.nbytes

    for entry in kept._by_inputs.values():
        add(entry.trace.numbers)
        for array in [*entry.arrays.values(), *entry.trace.more.values()]:
            add(array)
    return texts + sum(buffers.values())


def test_memory_stays_under_the_bound_under_many_different_requests() -> None:
    kept, choose = Kept(LIMIT), random.Random(0)
    for i in range(600):
        entry = kept.keep(("asked", choose.randrange(100)), Trace(numbers(choose.randrange(1, 40_000)), {}))
        for knob in range(choose.randrange(4)):  # views, each redrawn with other knobs
            kept.attach(entry, "view", numbers(choose.randrange(1, 40_000), seed=knob))
            kept.note(entry, ("view", knob), "x" * choose.randrange(100_000))
        assert alive(kept) <= kept.size <= LIMIT, i
        assert kept.size == sum(e.size for e in kept._by_inputs.values())
        assert kept._by_key.keys() == {e.key for e in kept._by_inputs.values()}


def test_one_sentence_with_ever_new_knobs_stays_under_the_bound() -> None:
    kept = Kept(LIMIT)
    entry = kept.keep("one", Trace(numbers(10_000), {}))
    for knob in range(200):
        name = kept.attach(entry, "view", numbers(20_000, seed=knob))
        kept.note(entry, ("view", knob), name * 100)
        assert alive(kept) <= kept.size <= LIMIT
        assert kept.array(entry.key, name) is not None  # the newest is there to be fetched


def test_what_is_larger_than_the_bound_is_kept_alone() -> None:
    kept = Kept(LIMIT)
    kept.keep("small", Trace(numbers(10), {}))
    large = kept.keep("large", Trace(numbers(LIMIT), {}))
    assert kept.find("large") is large and kept.find("small") is None
    kept.keep("next", Trace(numbers(10), {}))
    assert kept.find("large") is None and kept.size <= LIMIT


def test_a_slice_counts_as_all_that_it_keeps_alive_and_once() -> None:
    whole = numbers(50_000)
    trace = Trace(whole[:2], {"again": whole[2:], "all": whole})
    counted = size_of(trace, set())
    assert whole.nbytes < counted < whole.nbytes + 1000
    kept = Kept(LIMIT)
    entry = kept.keep("x", trace)
    before = kept.size
    kept.attach(entry, "view", whole)  # the trace's own array: nothing new
    assert kept.size == before


def test_an_array_is_named_by_its_content() -> None:
    kept = Kept(LIMIT)
    entry = kept.keep("x", Trace(numbers(3), {}))
    one, other = kept.attach(entry, "view", numbers(5, 1)), kept.attach(entry, "view", numbers(5, 2))
    assert one != other and one == kept.attach(entry, "view", numbers(5, 1))
    np.testing.assert_array_equal(kept.array(entry.key, one), numbers(5, 1))
    np.testing.assert_array_equal(kept.array(entry.key, other), numbers(5, 2))


def test_an_entry_that_was_dropped_meanwhile_comes_back_with_its_arrays() -> None:
    kept = Kept(LIMIT)
    entry = kept.keep("x", Trace(numbers(3), {}))
    kept.keep("large", Trace(numbers(LIMIT), {}))
    name = kept.attach(entry, "view", numbers(20_000))
    assert kept.array(entry.key, name) is not None and kept.size <= LIMIT


def test_forgotten_is_gone() -> None:
    kept = Kept(LIMIT)
    entry = kept.keep(of_run("x", "id"), Trace(numbers(20_000), {}))
    name = kept.attach(entry, "view", numbers(20_000, 1))
    kept.forget(of_run("x", "id"))
    kept.forget(of_run("x", "another"))
    assert kept.size == 0 and kept.array(entry.key, name) is None and not kept._by_key


@pytest.fixture
def counting() -> Iterator[tuple[Explainer, list[str]]]:
    """An explainer without a model that writes down each computation; its traces leave the cache at the end."""
    made: list[str] = []

    def trace(text: str, *, size: int = 3) -> Trace:
        made.append(text)
        time.sleep(0.2)
        return Trace(numbers(size), {})

    def view(trace: Trace, words: Any) -> Component:
        return Component("view", {"numbers": trace.numbers})

    explainer = Explainer("tokens", "x", trace, {"chips": view}, inputs=(Number("size", default=3, low=1, high=1e6),))
    yield explainer, made
    for text in set(made):
        for size in (3, 20_000):
            KEPT.forget(answer.inputs_key(explainer, text, {"size": size}))


def test_many_who_ask_for_the_same_wait_for_one_computation(counting: tuple[Explainer, list[str]]) -> None:
    explainer, made = counting
    got: list[Any] = []

    def ask(text: str) -> None:
        *_, (trace, _) = answer.run(explainer, text, {"size": 3})
        got.append(trace)

    crowd = [threading.Thread(target=ask, args=(text,)) for text in ["one"] * 12 + ["two"] * 12]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert sorted(made) == ["one", "two"] and len({id(trace) for trace in got}) == 2
    assert not KEPT._at_work


def test_a_computation_that_fails_or_is_left_lets_the_next_one_in(counting: tuple[Explainer, list[str]]) -> None:
    explainer, made = counting

    def fails(text: str, *, size: int = 3) -> Trace:
        raise RuntimeError("on purpose")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            list(answer.run(Explainer("tokens", "x", fails, {}, inputs=explainer.inputs), "one", {"size": 3}))
    left = answer.run(explainer, "one", {"size": 3})
    next(left)
    left.close()
    assert not KEPT._at_work and made == ["one"]


def test_a_view_is_drawn_once_for_all_who_ask_with_the_same_knobs(counting: tuple[Explainer, list[str]]) -> None:
    explainer, _ = counting
    drawn: list[int] = []

    def view(trace: Trace, words: Any, top: int = 1) -> Table:
        drawn.append(top)
        return Table(("a",), ((top,),))

    explainer = replace(explainer, views={"chips": view}, knobs=(Number("top", default=1, low=1, high=9),))
    *_, (_, entry) = answer.run(explainer, "one", {"size": 3})
    assert entry is not None
    for language, top in [("en", 1), ("en", 1), ("ko", 1), ("en", 2), ("en", 1), ("en", 2)]:
        json = draw.views_json(explainer, entry, {"size": 3, "top": top}, language)
        assert json["chips"]["rows"] == [[top]]
    assert drawn == [1, 1, 2]


def test_a_large_array_travels_by_an_address_that_gives_it_back(counting: tuple[Explainer, list[str]]) -> None:
    explainer, _ = counting
    *_, (trace, entry) = answer.run(explainer, "large", {"size": 20_000})
    assert entry is not None
    packed = pack.to_json({"numbers": trace.numbers}, entry, "chips")["numbers"]
    _, key, name = packed["url"].split("/")
    np.testing.assert_array_equal(KEPT.array(key, name), trace.numbers)
