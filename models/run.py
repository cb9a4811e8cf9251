"""One pass through a model; the only place where tensors become numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import place
from .load import Loaded, load
from .refusal import Refusal


@dataclass(frozen=True, eq=False)
class Pass:
    """What a model computed for one sequence of ids."""

    ids: np.ndarray  # (T,) int64
    logits: np.ndarray  # (T, V) float32; row t is the guess at what follows token t (causal) or stands there (masked)
    embeddings: np.ndarray  # (T, D) float32, the tokens' rows of the embedding table, before positions
    attention: np.ndarray | None  # (L, H, T, T) float32, rows sum to 1: how much row t takes from each column


def forward(name: str | Path, ids: Sequence[int], attention: bool = False, needs: frozenset[str] = frozenset()) -> Pass:
    """Runs a model over ids once. attention: with the maps of every head. needs: the kind that it must be of.

    Refusals: empty_text, too_many_tokens, unknown_token, no_attention, wrong_kind, and those of `load`.
    """
    loaded = load(name)
    loaded.check(needs)
    tensor = as_ids(loaded, ids)
    options = {"use_cache": False} if loaded.kind == "causal" else {}
    with loaded.lock, torch.inference_mode():
        out = loaded.model(
            input_ids=tensor, attention_mask=torch.ones_like(tensor), output_attentions=attention, **options
        )
        rows = loaded.model.get_input_embeddings().weight[tensor[0]]
        return Pass(
            as_array(tensor[0]), as_array(out.logits[0]), as_array(rows), maps(loaded, out) if attention else None
        )


def as_ids(loaded: Loaded, ids: Sequence[int]) -> torch.Tensor:
    """The ids as a batch of one, (1, T), where the model runs; refuses what it cannot take."""
    if not ids:
        raise Refusal("empty_text")
    if len(ids) > loaded.positions:
        raise Refusal("too_many_tokens", tokens=len(ids), limit=loaded.positions)
    size = loaded.model.get_input_embeddings().weight.shape[0]
    for i in ids:
        if not 0 <= i < size:
            raise Refusal("unknown_token", token=int(i), size=size)
    return torch.tensor([list(ids)], device=place.device())


def maps(loaded: Loaded, out: object) -> np.ndarray:
    """Every layer's attention of a batch of one, (L, H, T, T); refuses a model that does not give all of them.

    transformers answers with an empty tuple, and no error, where the maps were not kept.
    """
    layers = getattr(out, "attentions", None) or ()
    if len(layers) != loaded.model.config.num_hidden_layers or any(layer is None for layer in layers):
        raise Refusal("no_attention", model=loaded.name)
    return as_array(torch.stack([layer[0] for layer in layers]))


def as_array(tensor: torch.Tensor) -> np.ndarray:
    """A tensor as numpy: fractions as float32, whole numbers as they are."""
    return (tensor.float() if tensor.is_floating_point() else tensor).cpu().numpy()


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """An array as a tensor of its own, for the one drawing library that asks for it."""
    return torch.tensor(array)
