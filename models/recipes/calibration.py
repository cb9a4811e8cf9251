"""How well a model guesses the tokens of a text, and whether it is as sure as it is right.

A model's probabilities are calibrated when of all tokens that it gives 70%, 70% come (Guo et al., "On Calibration of
Modern Neural Networks", 2017). One that has learnt its training text by heart is too sure elsewhere: dividing its
logits by a temperature above 1 then makes it less wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from .loop import at_rest

BINS = 10
TEMPERATURES = np.round(np.arange(0.5, 3.01, 0.05), 2)
NARROW = np.round(np.arange(0.8, 1.41, 0.1), 2)  # for a vocabulary so large that each one takes seconds
ALONE = np.array([1.0])


@dataclass(frozen=True)
class Guesses:
    """A model's guesses at every token of some texts but the first ones.

    bits: what all the tokens take together at each of the temperatures. size: their UTF-8 bytes. sure: the probability
    of the likeliest token, right: whether it came, both at temperature 1.
    """

    temperatures: np.ndarray  # (K,) float64, 1 among them
    bits: np.ndarray  # (K,) float64
    size: int
    sure: np.ndarray  # (N,) float64
    right: np.ndarray  # (N,) bool

    @property
    def bits_per_byte(self) -> float:
        """At temperature 1."""
        return float(self.bits[int(np.argmin(np.abs(self.temperatures - 1)))] / self.size)

    @property
    def best_temperature(self) -> float:
        """That of the temperatures at which the model would have been least wrong."""
        return float(self.temperatures[int(self.bits.argmin())])

    @property
    def accuracy(self) -> float:
        """The share of the tokens that were the likeliest."""
        return float(self.right.mean())

    def curve(self) -> list[tuple[float, float, int]]:
        """For each of BINS equal steps of sureness that holds any token: mean sureness, share of right ones, count."""
        place = np.minimum((self.sure * BINS).astype(int), BINS - 1)
        held = [place == i for i in range(BINS)]
        return [(float(self.sure[k].mean()), float(self.right[k].mean()), int(k.sum())) for k in held if k.any()]

    @property
    def calibration_error(self) -> float:
        """The expected calibration error: |sureness - share of right ones|, averaged over the tokens."""
        return sum(abs(sure - right) * count for sure, right, count in self.curve()) / len(self.sure)


def guess(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    texts: Sequence[str],
    temperatures: np.ndarray = TEMPERATURES,
) -> Guesses:
    """Runs a model that continues texts over each text, from its start; the first token has nothing before it.

    temperatures: those that the best one is looked for among; 1 must be one of them.
    """
    bits, size = np.zeros(len(temperatures)), 0
    sure: list[np.ndarray] = []
    right: list[np.ndarray] = []
    device = next(model.parameters()).device
    with at_rest(model):
        for text in texts:
            ids = tokenizer(text)["input_ids"][: tokenizer.model_max_length]
            if len(ids) < 2:
                continue
            logits = model(input_ids=torch.tensor([ids], device=device)).logits[0, :-1].float().cpu()
            wanted = torch.tensor(ids[1:])
            bits += nats(logits, wanted, temperatures)
            likeliest = logits.softmax(-1).max(-1)
            sure.append(likeliest.values.double().numpy())
            right.append((likeliest.indices == wanted).numpy())
            size += len(tokenizer.decode(ids[1:]).encode())
    return Guesses(temperatures, bits / math.log(2), size, np.concatenate(sure), np.concatenate(right))


def nats(logits: torch.Tensor, wanted: torch.Tensor, temperatures: np.ndarray) -> np.ndarray:
    """(T, V) float32, (T,) -> (K,): the cross-entropy of all tokens together, at each temperature.

    The largest logit is taken away first, so that single precision is enough; over a large vocabulary it takes a fifth
    of the time of double.
    """
    below = logits - logits.max(-1, keepdim=True).values
    own = below.gather(-1, wanted[:, None])[:, 0].double()
    totals = [(below / float(t)).exp_().sum(-1).double().log() for t in temperatures]
    return np.array([float((total - own / float(t)).sum()) for total, t in zip(totals, temperatures, strict=True)])
