"""Choosing words: a model gives every token of its vocabulary a probability; a rule picks one; and again.

logits -> divided by the temperature, softmax -> only the k most likely -> only the fewest that reach p -> one drawn.
Top-p is from Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

import models
from explainers import chance, contract, figures
from explainers.contract import Action, Component, Explainer, Markdown, Model, Number, Table, Toggle, Tokens, brief
from explainers.markers import is_marker, named
from explainers.sentence import Sentence, read
from explainers.words import NO_WORDS, Words

CAUSAL = frozenset({"causal"})  # a guess at the next token is what only such a model was trained for


@dataclass(frozen=True)
class Step(contract.Step):
    """One token that was appended to the sentence."""

    id: int
    label: str
    probability: float  # under the softmax over the whole vocabulary at temperature 1, given all before it
    rank: int  # 1 for the most likely
    chosen: float  # its probability under the rule that this run drew it by; NaN if it was given as an id


@dataclass(frozen=True, repr=False)
class Trace:
    """A sentence, what was appended to it, and what may come next."""

    text: str
    model: str
    prompt: np.ndarray  # (T,) int64, the ids of the text
    ids: tuple[int, ...]  # N appended, picked or drawn
    pieces: tuple[models.Piece, ...]  # T + N
    groups: tuple[models.Group, ...]  # runs of pieces that cover 0..T + N in order, each one whole grapheme or more
    labels: tuple[str, ...]  # T + N
    added: tuple[int, ...]  # which pieces, from 0, the tokenizer put around the text: nobody typed them
    lost: tuple[tuple[int, str], ...]  # of the text, what no token stands for, and before which of them it was
    logits: np.ndarray  # (V,) float32, of the token after the last
    candidates: tuple[tuple[int, str], ...]  # id and label of the most likely, the likeliest first
    special: tuple[tuple[int, int], ...]  # runs of ids, from the first to before the last, that stand for no text
    ends: tuple[int, ...]  # those of them with which the model ends a text
    record: tuple[Step, ...]  # N

    def __repr__(self) -> str:
        appended = "".join(group.text for group in self.groups if group.stop > len(self.prompt))
        return f"sampling.Trace({brief(self.text)!r} + {brief(appended)!r}, {self.model!r}, logits {self.logits.shape})"


# The rule --------------------------------------------------------------------------------------------------------


@np.errstate(under="ignore")  # a notebook may have made an error of it
def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """exp(logits / temperature) / their sum, in float64; (V,) -> (V,), sums to 1.

    The largest is subtracted first, which changes nothing but keeps exp from overflowing.
    """
    hot = logits.astype(np.float64) / temperature
    return scaled(np.exp(hot - hot.max()))


def scaled(parts: np.ndarray) -> np.ndarray:
    """Divided by their sum, which is taken in id order, as the browser takes it: (V,) -> (V,), sums to 1."""
    return parts / np.cumsum(parts)[-1]


def distribution(
    logits: np.ndarray, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, greedy: bool = False
) -> np.ndarray:
    """The probability of each token under the rule: (V,) float64, sums to 1.

    temperature: below 1 sharpens, above 1 flattens. top_k: how many of the most likely stay (0: all; those as likely
    as the last one stay too). top_p: then, the fewest of the most likely whose sum reaches it stay, the first always.
    greedy: the first of the largest alone, whatever the rest says.

    >>> distribution(np.log([0.5, 0.25, 0.25]), top_p=0.6).round(2)
    array([0.67, 0.33, 0.  ])
    """
    if greedy:
        return np.eye(1, len(logits), int(logits.argmax()))[0]
    probabilities = softmax(logits, temperature)
    if 0 < top_k < len(logits):
        probabilities = scaled(np.where(logits < np.partition(logits, -top_k)[-top_k], 0.0, probabilities))
    if top_p < 1:
        order = np.argsort(-probabilities, kind="stable")  # most likely first, equals by id
        ahead = np.cumsum(probabilities[order])[:-1]  # what those more likely than the second, third, … sum to
        probabilities[order[1:][ahead >= top_p]] = 0.0
        probabilities = scaled(probabilities)
    return probabilities


def choose(logits: np.ndarray, position: int, *, seed: int = 1, **rule: Any) -> int:
    """The id that the rule draws as the token at `position`, counted from 0 at the first one appended."""
    return chance.draw(distribution(logits, **rule), chance.u(seed, position))


# The run ---------------------------------------------------------------------------------------------------------


def trace(text: str, **inputs: Any) -> Trace:
    """Appends to a text and returns the Trace. Takes what `steps` takes; the last that it yields."""
    *_, last = steps(text, **inputs)
    assert isinstance(last, Trace)
    return last


def steps(
    text: str,
    *,
    model: str | os.PathLike[str] | None = None,
    ids: Sequence[int] = (),
    write: int = 0,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    greedy: bool = False,
    seed: int = 1,
) -> Iterator[Step | Trace]:
    """Lets a model go on with a text, token by token: yields a Step for each one that it writes, and then the Trace.

    text: where to begin.
    model: which model; by default the bundled one for the text's language.
    ids: tokens that have been appended to the text already, by id.
    write: how many tokens to draw and append, at most 60; fewer if the text ends or the model's window is full.
    temperature, top_k, top_p, greedy: the rule to draw with; the whole distribution at 1, 0, 1, false.
    seed: the same one draws the same tokens.
    """
    model = model if model is None else models.name_of(model)
    given = {"ids": ids, "write": write, "temperature": temperature, "top_k": top_k, "top_p": top_p}
    good = checked(given | {"model": model, "greedy": greedy, "seed": seed})
    sentence = read(text, good["model"])
    drawn = []
    for step in written(sentence, **{name: value for name, value in good.items() if name != "model"}):
        drawn.append(step)
        yield step
    yield recorded(sentence, good["ids"], drawn)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The values in their controls' own types, or the control's Refusal."""
    return {name: EXPLAINER.control(name).check(value) for name, value in given.items()}


def written(sentence: Sentence, ids: tuple[int, ...], write: int, seed: int, **rule: Any) -> Iterator[Step]:
    """The tokens that the rule draws after the sentence and the ids, as they come."""

    def draw(logits: np.ndarray, step: int) -> int:
        return choose(logits, len(ids) + step, seed=seed, **rule)

    so_far = [*sentence.ids, *ids]
    for found, logits in models.write(sentence.model, tuple(so_far), draw, write) if write else ():
        so_far.append(found)
        label = models.labels(models.pieces(sentence.model, tuple(so_far)))[-1]
        yield step_of(found, label, logits, chosen=float(distribution(logits, **rule)[found]))


def step_of(found: int, label: str, logits: np.ndarray, chosen: float) -> Step:
    """A token's Step, from the logits (V,) that it was chosen from."""
    ahead = (logits > logits[found]).sum() + (logits[:found] == logits[found]).sum()
    return Step(found, label, float(softmax(logits)[found]), int(ahead) + 1, chosen)


def recorded(sentence: Sentence, ids: tuple[int, ...], drawn: Sequence[Step]) -> Trace:
    """The Trace, from one pass over the sentence, the ids that were given, and those that were drawn after them."""
    appended = (*ids, *(step.id for step in drawn))
    chosen = [float("nan")] * len(ids) + [step.chosen for step in drawn]
    run = models.forward(sentence.model, sentence.ids + appended, needs=CAUSAL, last=len(appended) + 1)
    logits = run.logits  # (N + 1, V)
    pieces = models.pieces(sentence.model, sentence.ids + appended)
    labels = models.labels(pieces)
    special, ends = models.special_spans(sentence.model), tuple(sorted(models.ending_ids(sentence.model)))
    best = named(logits[-1], special, ends)
    return Trace(
        text=sentence.text,
        model=sentence.model,
        prompt=np.array(sentence.ids, dtype=np.int64),
        ids=appended,
        pieces=pieces,
        groups=models.groups(pieces),
        labels=labels,
        added=sentence.added,
        lost=sentence.lost,
        logits=logits[-1].copy(),  # a view would keep the whole pass in memory
        candidates=tuple(zip(best, models.vocabulary_labels(sentence.model, best), strict=True)),
        special=special,
        ends=ends,
        record=tuple(map(step_of, appended, labels[len(sentence.ids) :], logits, chosen)),
    )


# What is shown ---------------------------------------------------------------------------------------------------


def candidates(
    trace: Trace,
    words: Words = NO_WORDS,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    greedy: bool = False,
    seed: int = 1,
    markers: bool = False,
) -> Component:
    """The whole distribution, redrawn in the browser as the rule changes, and the buttons that append to the text.

    markers: whether special tokens stand in the list, too.
    """
    props = {
        "logits": trace.logits,
        "special": [list(run) for run in trace.special],
        "ends": list(trace.ends),
        "labels": {str(i): label for i, label in trace.candidates},
        "sentence": sentence(trace),
        "first": len(trace.prompt),
        "record": [
            {"label": step.label, "probability": step.probability, "special": piece.special}
            for step, piece in zip(trace.record, trace.pieces[len(trace.prompt) :], strict=True)
        ],
        "seed_step": len(trace.ids),
        "writing": False,
    }
    knobs = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "greedy": greedy, "seed": seed}
    knobs |= {"markers": markers}
    return Component("candidates", props, knobs)


def sentence(trace: Trace) -> list[dict[str, Any]]:
    """The text and what was appended to it, in parts as they are drawn; what is lost stands where it was.

    What the tokenizer puts around a text is no part of it, and is left out.
    """
    parts: list[dict[str, Any]] = [
        {"at": group.start, "text": group.text, "appended": group.stop > len(trace.prompt), "lost": False}
        | {"special": trace.pieces[group.start].special}
        for group in trace.groups
        if group.start not in trace.added
    ]
    lost = [{"at": at, "text": text, "appended": False, "lost": True, "special": False} for at, text in trace.lost]
    ordered = sorted([*lost, *parts], key=lambda part: part["at"])
    return [{name: value for name, value in part.items() if name != "at"} for part in ordered]


def record(trace: Trace, words: Words = NO_WORDS) -> go.Figure | Markdown:
    """How likely each appended token was, at temperature 1, given all before it; a sentence while there is none."""
    if not trace.record:
        return Markdown(words("views.record.empty"))
    shares = [figures.percent(step.probability) for step in trace.record]
    return figures.bars(
        [step.label for step in trace.record],
        [step.probability for step in trace.record],
        titles=(words("views.record.axes.token"), words("views.record.axes.probability")),
        texts=shares if len(shares) <= 12 else (),
        hovers=[told(step, words) for step in trace.record],
        shares=True,
    )


def told(step: Step, words: Words) -> str:
    """A step in a few lines. How an id that was given came about is not known, so nothing is said of it."""
    lines = [f"{step.label}: {figures.percent(step.probability)}", f"{words('views.record.rank')}: {step.rank}"]
    if not np.isnan(step.chosen):
        lines.append(f"{words('views.record.chosen')}: {figures.percent(step.chosen)}")
    return "\n".join(lines)


def numbers(
    trace: Trace,
    words: Words = NO_WORDS,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    greedy: bool = False,
    markers: bool = False,
) -> Table:
    """The 50 most likely tokens: logit, probability at temperature 1, and chance under the rule as it is set.

    markers: special tokens, too; without them they keep their ranks.
    """
    full = softmax(trace.logits)
    left_out = is_marker(len(trace.logits), trace.special, trace.ends) & (not markers)
    rule = distribution(trace.logits, temperature, top_k, top_p, greedy)
    rows = tuple(
        (rank, label, i, float(trace.logits[i]), float(full[i]), float(rule[i]))
        for rank, (i, label) in enumerate(trace.candidates, start=1)
        if not left_out[i]
    )[:50]
    return Table(words.columns("numbers", "rank", "token", "id", "logit", "probability", "chance"), rows, data=(1,))


# What a click means ----------------------------------------------------------------------------------------------


def append(trace: Trace, event: Mapping[str, Any]) -> dict[str, Any]:
    """A candidate was chosen: its id joins those appended."""
    return {"ids": (*trace.ids, event.get("id"))}


def undo(trace: Trace, event: Mapping[str, Any]) -> dict[str, Any]:
    """The last token appended is taken back."""
    return {"ids": trace.ids[:-1]}


def clear(trace: Trace, event: Mapping[str, Any]) -> dict[str, Any]:
    """All that was appended is taken back."""
    return {"ids": ()}


def after(trace: Trace) -> dict[str, Any]:
    """What was written stays, as ids; the next run writes nothing unless asked again."""
    return {"ids": trace.ids, "write": 0}


EXPLAINER = Explainer(
    name="sampling",
    chapter="choosing",
    trace=steps,
    views={"candidates": candidates, "record": record, "numbers": numbers},
    inputs=(Model(needs=CAUSAL), Tokens("ids"), Action("write", high=60, press=20)),
    knobs=(
        Number("temperature", default=1.0, live=True, low=0.1, high=3.0, step=0.05, zero="greedy"),
        Number("top_k", default=0, live=True, low=0, high=200, step=1),
        Number("top_p", default=1.0, live=True, low=0.05, high=1.0, step=0.01, zero="greedy"),
        Toggle("greedy", default=False, live=True),
        Number("seed", default=1, live=True, low=0, high=9999, step=1),
        Toggle("markers", default=False, live=True, inside=True),
    ),
    picks={"append": append, "undo": undo, "clear": clear},
    after=after,
)
