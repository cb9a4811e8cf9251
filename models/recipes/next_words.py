"""How a model goes on from openings as people type them: the probability of the words that make sense, and whether one
of its five likeliest words is among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from .loop import at_rest

FIVE = 5
LONGEST = 8  # tokens of a word
WORD = re.compile(r"\s*([\w'\u2019-]+)")


@dataclass(frozen=True)
class Next:
    """Of some openings: the mean probability of words that make sense, and the share with one among the first five."""

    probability: float
    among_five: float


def measure(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, openings: Sequence[tuple[str, Sequence[str]]]
) -> Next:
    """openings: each with the words that make sense next, or with their beginnings where the language is Korean."""
    with at_rest(model):
        shares = [probability(model, tokenizer, opening, words) for opening, words in openings]
        found = [any(fits(said, words) for said in five(model, tokenizer, opening)) for opening, words in openings]
    return Next(sum(shares) / len(shares), sum(found) / len(found))


def probability(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, opening: str, words: Sequence[str]
) -> float:
    """The probability that the text goes on with one of the words: of each the product over its tokens.

    A word whose tokens begin with all those of another one is part of that one's probability already.
    """
    before = tokenizer(opening)["input_ids"]
    every = sorted({tuple(going_on(tokenizer, before, opening, word)) for word in words}, key=len)
    kept: list[tuple[int, ...]] = []
    for ids in every:
        if not any(ids[: len(shorter)] == shorter for shorter in kept):
            kept.append(ids)
    rows = [torch.tensor([*before, *ids]) for ids in kept]
    batch = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)  # nothing after a token reaches it
    chances = last(model, batch, batch.shape[1] - len(before) + 1).double().log_softmax(-1)
    return sum(float(chances[i, range(len(ids)), list(ids)].sum().exp()) for i, ids in enumerate(kept))


def going_on(tokenizer: PreTrainedTokenizerFast, before: list[int], opening: str, word: str) -> list[int]:
    """The tokens of a word that follows an opening, whose tokens are `before`: without marks around a text."""
    whole = tokenizer(f"{opening} {word}")["input_ids"]
    same = whole[: len(before)] == before and len(whole) > len(before)
    return list(whole[len(before) :]) if same else list(tokenizer(f" {word}", add_special_tokens=False)["input_ids"])


def last(model: PreTrainedModel, ids: torch.Tensor, count: int) -> torch.Tensor:
    """(B, count, V), the logits of the last tokens; the others are not worked out where the model can do without."""
    takes = signature(model.forward).parameters
    fewer = {"logits_to_keep": count} if "logits_to_keep" in takes else {}
    return model(input_ids=ids.to(next(model.parameters()).device), **fewer).logits[:, -count:].cpu()


def five(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, opening: str) -> list[str]:
    """The words that begin with the five likeliest tokens, each written on greedily to its end."""
    before = tokenizer(opening)["input_ids"]
    first = last(model, torch.tensor([before]), 1)[0, -1].topk(FIVE).indices
    rows = torch.cat([torch.tensor([before]).expand(FIVE, -1), first[:, None]], 1)
    said = [""] * FIVE
    for step in range(LONGEST):
        said = [tokenizer.decode(row[len(before) :], skip_special_tokens=False) for row in rows]
        if step == LONGEST - 1 or all(ended(text) for text in said):
            break
        rows = torch.cat([rows, last(model, rows, 1)[:, -1].argmax(-1, keepdim=True)], 1)
    return [word.group(1) if (word := WORD.match(text)) else "" for text in said]


def ended(text: str) -> bool:
    """Whether what comes can change the word no more, with which a text begins.

    >>> ended(" dog"), ended(" dog ran"), ended("."), ended(" ")
    (False, True, True, False)
    """
    word = WORD.match(text)
    whole = bool(text.strip()) and "\ufffd" not in text
    return whole and (word is None or word.end() < len(text))


def fits(said: str, words: Sequence[str]) -> bool:
    """Whether a word that was said is one of those that make sense.

    An English word is meant whole; a Korean one may go on, for the endings are many.

    >>> fits("Dogs", ["dog"]), fits("dog", ["Dog"])
    (False, True)
    """
    said = said.casefold()
    return any(said == word.casefold() or (not word.isascii() and said.startswith(word)) for word in words)
