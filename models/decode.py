"""The token-by-token loop: the prompt in one pass, then one token at a time, keys and values remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from .isolation import isolated
from .load import Loaded, load, using
from .run import as_array, as_ids, check_finite, compute, ending


def write(
    name: str | Path, ids: Sequence[int], choose: Callable[[np.ndarray, int], int], count: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields up to `count` times the id chosen and the logits (V,) float32 that it was chosen from.

    choose: (logits, step) -> id, step from 0. Ends after an end-of-text id, which it yields, or with a full context.
    Refusals: wrong_kind, empty_text, too_many_tokens, unknown_token, and those of `load`, at the first step;
    value_not_finite at any.
    """
    with using(name) as loaded:  # so that it stays in memory between two tokens
        loaded.check(frozenset({"causal"}))
        fresh, cache, ends = as_ids(loaded, ids), None, end_ids(loaded)
        for step in range(min(count, loaded.positions - fresh.shape[1])):
            with loaded.lock, isolated():  # not while it yields: others run between two tokens
                inputs = {"input_ids": fresh, "past_key_values": cache, "use_cache": True}
                out = compute(loaded, **inputs, **ending(loaded, 1))
                check_finite(loaded, inputs, out.logits[0, -1])
                logits, cache = as_array(out.logits[0, -1]), getattr(out, "past_key_values", None)
            chosen = int(choose(logits, step))
            yield chosen, logits
            if chosen in ends:
                return
            newest = torch.tensor([[chosen]], device=fresh.device)
            # A model that remembers nothing in this way, such as the first GPT, reads it all again.
            fresh = newest if cache is not None else torch.cat([fresh, newest], dim=1)


def ending_ids(name: str | Path) -> frozenset[int]:
    """The ids with which a model ends a text; the refusals of `load`."""
    return end_ids(load(name))


def end_ids(loaded: Loaded) -> frozenset[int]:
    """The ids that end a text."""
    ends = loaded.model.generation_config.eos_token_id
    if ends is None:
        ends = getattr(loaded.model.config, "eos_token_id", None)  # a config need not have it
    return frozenset(ends if isinstance(ends, list) else [] if ends is None else [ends])
