"""Which runs make all models, which of them wait for which, and what a run may change of its recipe."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from types import ModuleType
from typing import Any

from . import causal, early, encoder, masked, seq2seq

FIRST = 0.55  # share of the time until which first runs end that others wait for
BERTS = 0.75  # the same of the BERTs, beside which the encoders learn
LAST = 0.96  # the same of all others: to measure a model and to write it takes some seconds
AGAIN = 10e6  # tokens of a second run
# Of a long run on a GPU one is enough where a CPU takes a first and a second one.
TOKENS = {"stories-bert": 17e6, "ko-bert": 17e6, "en-ko-t5": 20e6}
PAIRS = tuple((gpt.name, lstm.name) for gpt, lstm in zip(causal.GPTS, causal.LSTMS, strict=True))


@dataclass(frozen=True)
class Job:
    """One run of a model. kind: its recipe's module. shard: the folder of what it reads. again: a second run, from the
    weights of a first one. after: the runs that it waits for. until: the share of the time by which it ends."""

    name: str
    kind: str
    shard: str
    until: float = LAST
    again: bool = False
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What others wait for."""
        return f"{self.name} again" if self.again else self.name


KINDS: dict[str, ModuleType] = {
    "causal": causal,
    "early": early,
    "encoder": encoder,
    "masked": masked,
    "seq2seq": seq2seq,
}


def recipe_of(job: Job) -> Any:
    """The recipe of a job's model."""
    return early.TWIN if job.kind == "early" else KINDS[job.kind].RECIPES[job.name]


def jobs() -> list[Job]:
    """All runs, what others wait for first."""
    gpts = {name: pair[0] for pair in PAIRS for name in pair}
    return [
        *(Job(name, "causal", shard, FIRST) for name, shard in gpts.items()),
        *(Job(name, "masked", name, BERTS) for name in masked.RECIPES),
        *(Job(name, "seq2seq", name) for name in seq2seq.RECIPES),
        Job(early.TWIN.name, "early", early.TWIN.twin),
        *(Job(name, "encoder", name, after=(recipe.base,)) for name, recipe in encoder.RECIPES.items()),
        *(Job(name, "causal", pair[0], again=True, after=pair) for pair in PAIRS for name in pair),
    ]


def chosen(names: Sequence[str] = (), once: bool = False) -> list[Job]:
    """The runs of the models that are named, all where none is, with those that they wait for; once: no second ones.

    What nobody waits for has all the time.
    """
    found = [job for job in jobs() if not (once and job.again)]
    wanted = {job.key for job in found if not names or job.name in names}
    for job in reversed(found):
        wanted |= set(job.after) if job.key in wanted else set()
    awaited = {key for job in found if job.key in wanted for key in job.after}
    return [job if job.key in awaited else replace(job, until=LAST) for job in found if job.key in wanted]


def tokens_of(job: Job, recipe: Any, times: float) -> float:
    """How many tokens a run reads."""
    usual = AGAIN if job.again else TOKENS.get(job.name, recipe.tokens)
    return float(usual * times)


def larger(job: Job, recipe: Any, times: int) -> Any:
    """A recipe with batches that many times as large; the twin's and the encoders' stay as they are: what is kept of
    the one, and what the others learn from, hangs on it."""
    sizes = {"causal": "rows", "masked": "times", "seq2seq": "pairs"}
    size = sizes.get(job.kind)
    return replace(recipe, **{size: times * getattr(recipe, size)}) if size else recipe


def changed(recipe: Any, changes: Sequence[str]) -> Any:
    """A recipe with what `[NAME.]FIELD=VALUE` says, where it is meant and has such a field.

    Raises ValueError for what is not of this form.
    """
    known = {field.name for field in fields(recipe)}
    for change in changes:
        path, sign, value = change.partition("=")
        name, _, field = path.rpartition(".")
        if not sign or not field:
            raise ValueError(f"not [NAME.]FIELD=VALUE: {change}")
        if field in known and name in ("", recipe.name):
            recipe = replace(recipe, **{field: ast.literal_eval(value)})
    return recipe
