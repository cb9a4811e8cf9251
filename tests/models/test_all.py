"""The runs that make all models at once: from shards, stopped and resumed, in an order, with other recipes."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

pytestmark = pytest.mark.weights
WORDS = ("the", "a", "cat", "dog", "sun", "moon", "sees", "likes", "has", "old", "new", "red", "ball", "tree", "so")
SIZES: dict[str, Any] = {
    "width": 32,
    "layers": 1,
    "heads": 2,
    "positions": 32,
    "state": 32,
    "rows": 2,
    "tokens": 64 * 60,
}


def recipe(**changes: Any) -> Any:
    """A small recipe that is called as a bundled model."""
    from models.recipes.causal import Recipe
    from models.recipes.corpus import Text, by_blank_line

    text = Text("text.txt", 1.0, by_blank_line, "Text", "CC0")
    return replace(Recipe("stories-gpt", "en", 300, (text,), **SIZES), **changes)


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one shard, of a small text."""
    from models.recipes import causal, shards

    folder = tmp_path_factory.mktemp("shards")
    chance = random.Random(1)
    made = (" ".join(chance.choices(WORDS, k=chance.randint(5, 30))) + "." for _ in range(300))
    (folder / "text.txt").write_text("\n\n".join(made), encoding="utf-8")
    found = shards.tokenized(causal, recipe(), {}, folder, folder / "stories-gpt")
    shards.write(folder / "stories-gpt", found)
    return folder


@pytest.fixture
def run(shard: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A function that runs a job in this very process and returns the model: run(out, stop=…, average=…)."""
    from models.recipes import job as jobs
    from models.recipes.loop import Run
    from models.recipes.plan import Job

    monkeypatch.setattr(
        jobs, "short_texts", lambda language, half: ["the cat sees the dog.", "a red ball has the sun."]
    )
    update = Run.update

    def go(out: Path, stop: int = 0, again: bool = False, **changes: Any) -> Any:
        monkeypatch.setattr(jobs, "recipe_of", lambda job: recipe(**changes))
        out.mkdir(exist_ok=True)
        job = Job("stories-gpt", "causal", "stories-gpt", again=again, after=("stories-gpt",) * again)
        work = jobs.Work(job, jobs.Settings(shard, out, "cpu"))

        def counted(self: Any, step: int, pairs: Any) -> Any:
            if stop and step == stop - 1:
                work.stop.set()
            return update(self, step, pairs)

        monkeypatch.setattr(Run, "update", counted)
        model, tokens = work.learn()
        jobs.note(out, tokens=tokens, **work.finish(model, tokens))
        return model

    return go


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return load_file(folder / "weights/stories-gpt/model.safetensors")


def results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("average", [0.0, 0.3])
def test_a_stopped_run_leaves_weights_and_goes_on_as_if_it_had_not_been_stopped(
    run: Callable[..., Any], tmp_path: Path, average: float
) -> None:
    import models

    run(tmp_path / "whole", average=average)
    run(tmp_path / "stopped", stop=25, average=average)
    early = weights(tmp_path / "stopped")
    assert len(models.forward(tmp_path / "stopped/weights/stories-gpt", [5, 6, 7]).logits) == 3
    assert "1,600 training tokens" in (tmp_path / "stopped/weights/stories-gpt/CARD.md").read_text()
    run(tmp_path / "stopped", average=average)
    whole, resumed = weights(tmp_path / "whole"), weights(tmp_path / "stopped")
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
    assert any(not np.array_equal(early[name], whole[name]) for name in whole)
    assert [each["tokens"] for each in results(tmp_path / "stopped")] == [1600, 64 * 60]
    assert results(tmp_path / "whole")[0]["bits_per_byte"] == results(tmp_path / "stopped")[1]["bits_per_byte"]


def test_a_second_run_is_shipped_only_where_it_guesses_better(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.recipes import plan

    monkeypatch.setattr(plan, "AGAIN", 64 * 8)
    run(tmp_path, dropout=0.0)
    first = weights(tmp_path)
    run(tmp_path, again=True, peaks=(3.0, 3.0))  # it forgets everything
    worse = results(tmp_path)[-1]
    assert not worse["shipped"] and worse["bits_per_byte"] > worse["first"]
    assert all(np.array_equal(first[name], array) for name, array in weights(tmp_path).items())


def test_an_average_covers_the_last_part_of_a_run() -> None:
    import torch

    from models.recipes.average import Average

    model = torch.nn.Linear(1, 1, bias=False)
    mean = Average(model, 0.1)
    for step in range(1, 1001):
        model.weight.data.fill_(step)
        mean.take(step)
    assert 880 < mean.tensors[0].item() < 930
    with mean.shown():
        assert model.weight.item() == mean.tensors[0].item()
    assert model.weight.item() == 1000
    assert Average(model, 0.0).tensors == []


def test_a_run_that_has_no_more_time_ends_and_its_rate_has_fallen(
    shard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.recipes import causal, shards
    from models.recipes.loop import Run

    rates = []
    update = Run.update

    def watched(self: Any, step: int, pairs: Any) -> Any:
        loss = update(self, step, pairs)
        rates.append((self.progress.at(step), pairs[0][0].param_groups[0]["lr"] / pairs[0][1]))
        return loss

    monkeypatch.setattr(Run, "update", watched)
    folder = shard / "stories-gpt"
    given = (recipe(), shards.tokenizer(folder), shards.flats(folder), tmp_path, 1e9)
    began = time.monotonic()
    causal.learn(*given, lambda model: "", seconds=1.5)
    assert time.monotonic() - began < 20
    assert rates[-1][1] < 0.2 and rates[len(rates) // 10][1] > 0.9 and rates[-1][0] > 0.9


def test_a_shard_holds_what_was_put_into_it(tmp_path: Path) -> None:
    from models.recipes import encoder, seq2seq, shards
    from models.recipes.flat import flatten

    one, other = flatten([[1, 2], [60_000]]), flatten([[3], [4, 5, 6]])
    asked = [encoder.Sides(one, other, np.array([0, 70_000])), encoder.Sides(other, one, np.array([1, 1]))]
    kinds: tuple[tuple[list[Any], Any], ...] = (
        ([one, other, one], shards.flats),
        ([seq2seq.Sides(one, other)], shards.translations),
        (asked, shards.questions),
    )
    for number, (sources, read) in enumerate(kinds):
        shards.write(tmp_path / str(number), sources)
        found = read(tmp_path / str(number))
        pairs = [(a, b) for given, kept in zip(sources, found, strict=True) for a, b in both(given, kept)]
        assert pairs and all(np.array_equal(a, b) for a, b in pairs)
        assert all(next(iter(shards.arrays(each))).dtype == np.uint16 for each in found)


def both(given: Any, kept: Any) -> Any:
    from models.recipes import shards

    return zip(shards.arrays(given), shards.arrays(kept), strict=True)


def test_shards_hold_a_texts_share_and_no_more_than_is_allowed(shard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from models.recipes import causal, shards

    tokenizer = shards.tokenizer(shard / "stories-gpt")
    half = replace(recipe().texts[0], share=0.5)
    (whole,), (some,) = (
        causal.tokenize(recipe(texts=(half,)), tokenizer, shard, room) for room in (float("inf"), 2000)
    )
    assert 1000 <= len(some.ids) < 1040 < len(whole.ids)
    monkeypatch.setattr(shards, "makers", lambda: [("stories-gpt", lambda texts, folder: [])])
    shards.make(shard, shard)  # it is there
    monkeypatch.setattr(shards, "MOST", 1000)
    with pytest.raises(ValueError, match="allowed"):
        shards.make(shard, shard)


def test_the_grammars_texts_in_shards_are_fewer_and_hold_all_that_is_planted() -> None:
    from models.recipes import shards
    from models.recipes.causal import GPTS
    from models.recipes.grammar.planted import needed

    assert needed() <= shards.GRAMMAR
    counts = [text.made.args[1] for text in shards.small(GPTS[0]).texts if text.made]
    assert counts and max(counts) <= shards.GRAMMAR


def test_what_waits_for_others_comes_after_them_and_has_the_time_that_is_left() -> None:
    from models.recipes import plan

    found = plan.chosen()
    assert len({job.key for job in found}) == len(found)
    for place, job in enumerate(found):
        before = {each.key: each for each in found[:place]}
        assert set(job.after) <= set(before) and all(before[key].until < job.until for key in job.after)
        assert plan.recipe_of(job).name == job.name
    assert {job.name for job in found} >= {
        "stories-gpt",
        "ko-lstm",
        "ko-bert",
        "en-ko-t5",
        "stories-twin",
        "ko-encoder",
    }
    assert [job.key for job in plan.chosen(["ko-encoder"])] == ["ko-bert", "ko-encoder"]
    (alone,) = plan.chosen(["stories-gpt"], once=True)
    assert alone.until == plan.LAST
    assert {job.key for job in plan.chosen(["ko-gpt"])} == {"ko-gpt", "ko-lstm", "ko-gpt again"}


def test_what_of_a_recipe_is_to_be_otherwise() -> None:
    from models.recipes import plan

    gpt = recipe()
    changes = ["decay=0.3", "ko-gpt.decay=0.9", "peaks=(0.03, 0.004)", "rank=3"]
    other = plan.changed(gpt, changes)
    assert (other.decay, other.peaks) == (0.3, (0.03, 0.004)) and replace(other, decay=0.1, peaks=gpt.peaks) == gpt
    with pytest.raises(ValueError, match="FIELD=VALUE"):
        plan.changed(gpt, ["decay"])
    job = plan.Job("stories-gpt", "causal", "stories-gpt")
    assert plan.larger(job, gpt, 3).rows == 6


class Process:
    """A process that ends when it is asked whether it lives for the second time, or when it is stopped."""

    begun: ClassVar[list[str]] = []
    failing: tuple[str, ...] = ()

    def __init__(self, target: Any, args: Any, name: str):
        self.name, self.asked, self.stopped = name, 0, False

    def start(self) -> None:
        self.begun.append(self.name)

    def is_alive(self) -> bool:
        self.asked += 1
        return self.asked < 3 and not self.stopped

    def join(self) -> None: ...

    def terminate(self) -> None:
        self.stopped = True

    @property
    def exitcode(self) -> int:
        return int(self.name in self.failing)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A function that makes Runs of stand-in processes."""
    from models.recipes import all as every
    from models.recipes import plan
    from models.recipes.job import Settings

    class Context:
        Process = Process

    monkeypatch.setattr(every.multiprocessing, "get_context", lambda kind: Context)
    monkeypatch.setattr(every.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(Process, "begun", [])
    settings = Settings(tmp_path, tmp_path, "cpu", 1000.0, time.time() + 1000)
    return lambda at_once=8, **more: every.Runs(plan.chosen(), replace(settings, **more), at_once)


def test_all_runs_are_begun_in_turn_and_none_after_one_that_failed(
    runs: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.recipes import plan

    every = {job.key for job in plan.chosen()}
    assert runs(at_once=3).go() and set(Process.begun) == every and len(Process.begun) == len(every)
    Process.begun.clear()
    monkeypatch.setattr(Process, "failing", ("ko-bert", "ko-lstm"))
    assert not runs().go()
    assert every - set(Process.begun) == {"ko-encoder", "ko-gpt again", "ko-lstm again"}


def test_nothing_is_begun_when_the_time_is_over_or_somebody_stops_it(runs: Callable[..., Any]) -> None:
    assert not runs(deadline=time.time() + 1).go() and not Process.begun
    late = runs()
    late.begin()
    late.stop()
    assert not late.go() and set(Process.begun) < {job.key for job in late.todo} | set(Process.begun)
    assert all(late.ended[key] for key in Process.begun) and "ko-encoder" not in Process.begun


def test_bfloat16_is_for_what_is_faster_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from models.recipes import device

    lstm, other = (torch.nn.Sequential(each) for each in (torch.nn.LSTM(2, 2), torch.nn.Linear(2, 2)))

    def asked(model: Any, kind: str) -> bool:
        kept: dict[str, bool] = {}
        monkeypatch.setattr(model, "parameters", lambda: iter([SimpleNamespace(device=torch.device(kind))]))
        monkeypatch.setattr(torch, "autocast", lambda kind, dtype, enabled: kept.update(enabled=enabled))
        device.mixed(model)
        return kept["enabled"]

    assert [asked(model, "cuda") for model in (lstm, other)] == [False, True]
    for able in (False, True):
        monkeypatch.setattr(device, "computes_bfloat16", lambda kind, able=able: able)
        assert [asked(model, "cpu") for model in (lstm, other)] == [able, able]


def test_without_muon_a_recipe_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from models.recipes import optim

    monkeypatch.delattr(torch.optim, "Muon")
    with pytest.raises(RuntimeError, match=r"came with torch 2\.9"):
        optim.muon([], 0.02)
