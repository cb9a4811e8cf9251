"""The measure on typed texts against torch and plain counting, on models whose guesses are known."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.weights
VOCABULARY = 320
TEXTS = ["The bear saw a small bird.", "작은 새가 나무 위에 살았습니다.", "x"]


def known(scale: float = 1.0) -> Any:
    """A model of random scores that depend on the token alone, times a scale."""
    import torch
    from torch import nn

    class Known(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(VOCABULARY, VOCABULARY)

        def forward(self, input_ids: Any) -> Any:
            return SimpleNamespace(logits=self.table(input_ids) * scale)

    torch.manual_seed(0)
    return Known().requires_grad_(False)


def test_bits_and_sureness_are_those_of_a_plain_count() -> None:
    import torch

    from models.recipes.calibration import guess
    from tests.tiny import byte_tokenizer

    tokenizer, model = byte_tokenizer(VOCABULARY), known(3)
    found = guess(model, tokenizer, TEXTS)
    bits, size, sure, right = 0.0, 0, [], []
    for text in TEXTS:
        ids = tokenizer(text)["input_ids"]
        for before, wanted in pairwise(ids):
            chances = (model.table.weight[before].double() * 3).softmax(-1).detach().numpy()
            bits -= math.log2(chances[wanted])
            sure.append(chances.max())
            right.append(chances.argmax() == wanted)
        size += len(tokenizer.decode(ids[1:]).encode())
    assert found.bits_per_byte == pytest.approx(bits / size, rel=1e-6)
    assert found.accuracy == pytest.approx(np.mean(right))
    assert np.allclose(found.sure, sure)
    tenths = np.minimum((np.array(sure) * 10).astype(int), 9)
    gaps = [abs(np.mean(np.array(sure)[tenths == i]) - np.mean(np.array(right)[tenths == i])) for i in set(tenths)]
    counts = [(tenths == i).sum() for i in set(tenths)]
    assert found.calibration_error == pytest.approx(np.average(gaps, weights=counts))
    assert torch.is_grad_enabled()


def test_a_model_that_is_as_sure_as_it_is_right_wants_no_other_temperature() -> None:
    """Texts drawn from the model itself; scores that are doubled want a temperature of 2."""
    import torch

    from models.recipes.calibration import guess

    class Drawn:
        """Takes a text of numbers for its ids."""

        model_max_length = 4000

        def __call__(self, text: str) -> dict[str, list[int]]:
            return {"input_ids": [int(part) for part in text.split()]}

        def decode(self, ids: Any) -> str:
            return "." * len(ids)

    model, chance = known(), torch.Generator().manual_seed(1)
    ids = [0]
    while len(ids) < 3000:
        ids.append(int(torch.multinomial(model.table.weight[ids[-1]].softmax(-1), 1, generator=chance)))
    text = " ".join(map(str, ids))
    found, doubled = guess(model, Drawn(), [text]), guess(known(2), Drawn(), [text])
    assert found.best_temperature == pytest.approx(1, abs=0.11) and found.calibration_error < 0.02
    assert doubled.best_temperature == pytest.approx(2, abs=0.21) and doubled.calibration_error > 0.05


def test_words_that_make_sense_are_counted_once() -> None:
    from models.recipes import next_words
    from tests.tiny import byte_tokenizer

    tokenizer, model = byte_tokenizer(VOCABULARY), known(3)
    opening = "The bear saw a"
    before = tokenizer(opening)["input_ids"]

    def chance(word: str) -> float:
        ids, product = [*before, *tokenizer(f" {word}")["input_ids"]], 1.0
        for i in range(len(before), len(ids)):
            product *= float(model.table.weight[ids[i - 1]].double().mul(3).softmax(-1)[ids[i]])
        return product

    both = next_words.probability(model, tokenizer, opening, ["bird", "girl"])
    assert both == pytest.approx(chance("bird") + chance("girl"), rel=1e-6)
    assert next_words.probability(model, tokenizer, opening, ["bi", "bird", "bi"]) <= chance("bi") + 1e-12


def test_a_korean_word_may_go_on() -> None:
    from models.recipes.next_words import fits

    assert fits("갔습니다", ["먹", "갔"]) and not fits("갔습니다", ["먹"]) and not fits("dogs", ["dog"])


def test_five_words_begin_with_the_five_likeliest_tokens() -> None:
    from models.recipes import next_words
    from tests.tiny import byte_tokenizer

    tokenizer, model = byte_tokenizer(VOCABULARY), known(3)
    last = tokenizer("The bear")["input_ids"][-1]
    likeliest = model.table.weight[last].topk(5).indices.tolist()
    said = next_words.five(model, tokenizer, "The bear")
    for token, word in zip(likeliest, said, strict=True):
        first = next_words.WORD.match(tokenizer.decode([token]))
        assert not first or word.startswith(first.group(1))
    found = next_words.measure(model, tokenizer, [("The bear", [next(word for word in said if word)])])
    assert found.among_five == 1
    assert next_words.measure(model, tokenizer, [("The bear", ["unheard"])]).among_five == 0


@pytest.mark.parametrize("name", ["stories-gpt", "stories-lstm", "ko-gpt", "ko-lstm"])
def test_no_shipped_model_is_worse_than_the_one_before_it(name: str) -> None:
    from models.recipes import causal, reported
    from models.recipes.loop import WEIGHTS
    from models.recipes.read import digest

    known = json.loads(reported.RECORD.read_text(encoding="utf-8"))[name]
    assert known[-1]["digest"] == digest(WEIGHTS / name), "run python -m models.recipes.reported"
    assert reported.reach(causal.RECIPES[name], WEIGHTS / name) == pytest.approx(known[-1]["bits_per_byte"], abs=2e-3)
    assert all(known[-1]["bits_per_byte"] <= earlier["bits_per_byte"] for earlier in known[:-1])
