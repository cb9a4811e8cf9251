"""One run of one model from its shard, in a process of its own: it writes weights whenever it is stopped."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from . import calibration, causal, early, encoder, masked, seq2seq, shards
from .card import Reading
from .flat import split_long
from .plan import KINDS, Job, changed, larger, recipe_of, tokens_of
from .results import note, read_so_far, replaced
from .typed_texts import short_texts

FIRST, WEIGHTS, WORK = "first", "weights", "work"  # folders: of what first runs gave, of what is to be shipped
EVERY = 45.0  # seconds between two checkpoints


@dataclass(frozen=True)
class Settings:
    """What all runs have in common. shards, out: folders. deadline: when the time is over, as time.time() tells it;
    seconds: how much there was in all. times, length: how many times larger batches are, and runs longer, than the
    recipes say. threads: of the CPU, for each run."""

    shards: Path
    out: Path
    device: str = "cuda"
    seconds: float = 480.0
    deadline: float = float("inf")
    times: int = 1
    length: float = 1.0
    changes: tuple[str, ...] = ()
    threads: int = 1

    def left(self, job: Job) -> float:
        """Seconds until a run must end."""
        return self.deadline - (1 - job.until) * self.seconds - time.time()


def typed_guesses(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, language: str) -> dict[str, float]:
    """What a model that continues texts makes of the choosing half of the typed texts."""
    found = calibration.guess(model, tokenizer, short_texts(language, "choosing"))
    return {
        "bits_per_byte": round(found.bits_per_byte, 4),
        "best_temperature": found.best_temperature,
        "accuracy": round(found.accuracy, 4),
        "calibration_error": round(found.calibration_error, 4),
    }


class Work:
    """A job with its recipe, tokenizer and folders."""

    def __init__(self, job: Job, settings: Settings):
        self.job, self.settings = job, settings
        self.stop = threading.Event()
        self.shard = settings.shards / job.shard
        self.tokenizer = shards.tokenizer(self.shard)
        self.recipe = self.made(recipe_of(job))
        self.module: Any = KINDS[job.kind]
        self.tokenizer.model_max_length = getattr(self.recipe, "positions", self.tokenizer.model_max_length)
        self.target = settings.out / WEIGHTS / job.name
        self.first = settings.out / FIRST / job.name
        self.work = settings.out / WORK / job.key.replace(" ", "-")
        self.work.mkdir(parents=True, exist_ok=True)

    def made(self, recipe: Any) -> Any:
        """The recipe of this run."""
        recipe = changed(larger(self.job, recipe, self.settings.times), self.settings.changes)
        firsts = self.settings.out / FIRST
        if self.job.again:
            teachers = tuple(firsts / name for name in self.job.after)
            recipe = replace(recipe, begin=firsts / self.job.name, teachers=teachers)
        return replace(recipe, beside=self.settings.out / WEIGHTS) if self.job.kind == "encoder" else recipe

    def sources(self) -> list[Any]:
        """What the model reads."""
        kinds: dict[str, Callable[[Path], list[Any]]]
        kinds = {"masked": shards.flats, "seq2seq": shards.translations, "encoder": shards.questions}
        if self.job.kind in kinds:
            return kinds[self.job.kind](self.shard)
        return [split_long(flat, self.recipe.positions) for flat in shards.flats(self.shard)]

    def report(self) -> Callable[[Any], str]:
        """What is told of a model while it learns: on texts that are for choosing, or that training never shows."""
        tokenizer, language = self.tokenizer, self.recipe.language
        if self.job.kind == "causal":
            typed = short_texts(language, "choosing")
            return lambda model: f"{causal.bits_per_byte(model, tokenizer, typed):.4f} bits/byte on typed texts"
        if self.job.kind == "masked":
            recipe = replace(self.recipe, texts=self.recipe.texts[:1], later=(), times=1)
            rows = masked.Rows(recipe, tokenizer, [masked.encode(tokenizer, short_texts(language, "choosing"))])
            return lambda model: masked.told(masked.accuracy(model, rows, masked.REPORTED))
        if self.job.kind == "seq2seq":
            return seq2seq.reporting(tokenizer)
        if self.job.kind == "encoder":
            return encoder.reporting(self.recipe, tokenizer)
        return lambda model: early.told(model, len(tokenizer))

    def ship(self, model: Any, folder: Path, tokens: int) -> None:
        """Writes the weights of a model that has read so many tokens in this run."""
        read = Reading.of_run(tokens, self.recipe.begin, getattr(self.recipe, "teachers", ()))

        def write(beside: Path) -> None:
            self.module.ship(self.recipe, model, self.tokenizer, beside)
            read_so_far(folder.name, read, beside)

        replaced(write, folder)

    def keep(self, model: Any, tokens: int) -> None:
        """Writes the weights of a first run, for others to go on from and to be shipped."""
        for folder in (self.first, self.target):
            self.ship(model, folder, tokens)

    def learn(self) -> tuple[Any, int]:
        """Runs to the end, until the time is over or until it is stopped; returns the model and its tokens."""
        sources = self.sources()
        limits: dict[str, Any] = {
            "seconds": max(1.0, self.settings.left(self.job)),
            "save_every": 10**9,
            "save_seconds": EVERY,
            "stopped": self.stop.is_set,
        }
        tokens = tokens_of(self.job, self.recipe, self.settings.length)
        given = (self.recipe, self.tokenizer, sources, self.work, tokens)
        if self.job.kind == "early":
            model, steps = early.learn(*given, self.keep_twin, self.settings.device, **limits)
            return model, steps * self.recipe.rows * self.recipe.positions
        size = self.size(sources)
        if not self.job.again:
            limits["kept"] = lambda model, step: self.keep(model, step * size)
        model, read = self.module.learn(*given, self.report(), self.settings.device, **limits)
        return model, read.tokens

    def size(self, sources: list[Any]) -> int:
        """Tokens of a batch."""
        if self.job.kind in ("seq2seq", "encoder"):
            return int(self.module.per_step(self.recipe, sources))
        return (
            self.recipe.times * masked.BATCH if self.job.kind == "masked" else self.recipe.rows * self.recipe.positions
        )

    def keep_twin(self, model: Any, which: int) -> None:
        """Writes the twin as it is at one of its four steps."""
        tokens = self.settings.length * self.recipe.tokens
        steps = early.steps_for(self.recipe, tokens)
        size = self.recipe.rows * self.recipe.positions
        self.ship(model, early.folder_of(self.target, which), early.kept_at(steps)[which] * size)

    def finish(self, model: Any, tokens: int) -> dict[str, Any]:
        """Writes what a run has made, and measures it."""
        if self.job.kind == "early":
            self.ship(model, early.folder_of(self.target, len(early.KEPT) - 1), tokens)
        if self.job.kind != "causal":
            return {"told": self.report()(model)}
        found = self.compare(model, tokens) if self.job.again else {}
        return found | typed_guesses(model, self.tokenizer, self.recipe.language)

    def compare(self, model: Any, tokens: int) -> dict[str, Any]:
        """Ships a second run's weights where they guess the typed texts better than those that it began from."""
        typed = short_texts(self.recipe.language, "choosing")
        first = causal.shipped(self.recipe, self.first).to(self.settings.device)
        before, after = (causal.bits_per_byte(each, self.tokenizer, typed) for each in (first, model))
        if after < before:
            self.ship(model, self.target, tokens)
        return {"first": round(before, 4), "shipped": after < before}


def run(job: Job, settings: Settings) -> None:
    """Runs a job from what it left behind, if it was begun; SIGTERM and SIGINT end it with its weights written."""
    torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("high")
    work, began = Work(job, settings), time.time()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: work.stop.set())
    model, tokens = work.learn()
    facts = {"job": job.key, "tokens": tokens, "stopped": work.stop.is_set(), "seconds": round(time.time() - began)}
    note(settings.out, **facts, **work.finish(model, tokens))
