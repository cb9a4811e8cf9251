"""Which layers of a model give their attention maps back: in hybrids some attend, and the others carry a state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch

ROUNDING = 1e-5  # how far a row of attention may be from summing to 1


def attending(model: Any, **options: bool) -> tuple[int, ...]:
    """The number, from 1, of the layer of each map that the model answers with; () where it gives none that are whole.

    Where there is a map or None for each layer, they are in order. Where there are fewer, such as one for each fourth
    layer, the module that made a map bears its layer's number in its name: `model.layers.3.self_attn`.
    options: what each pass of the model is called with.
    """
    ids = torch.tensor([[1, 2] * 4], device=model.device)  # Funnel takes no fewer
    made: dict[int, tuple[str, torch.Tensor]] = {}  # id of a tensor -> the innermost module that answered with it
    hooks = [part.register_forward_hook(partial(_note, made, name)) for name, part in model.named_modules()]
    try:
        with torch.inference_mode():
            out = model(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True, **options)
    finally:
        for hook in hooks:
            hook.remove()
    found = out.get("attentions") or ()
    if not any(whole(one, ids.shape[1]) for one in found):
        return ()
    depth = getattr(model.config.get_text_config(), "num_hidden_layers", len(found))
    in_order = tuple(range(1, len(found) + 1))
    if len(found) == depth:
        return in_order
    names = [re.search(r"\.(\d+)\.", made.get(id(one), ("", one))[0] + ".") for one in found]
    numbers = tuple(int(name[1]) + 1 for name in names if name)
    if len(numbers) == len(found) and list(numbers) == sorted(set(numbers)):
        return numbers
    return in_order if len(found) > depth else ()  # more than one for each: Funnel counts anew in each of its blocks


def _note(made: dict[int, tuple[str, torch.Tensor]], name: str, module: Any, given: Any, answer: Any) -> None:
    """A hook: writes down which tensors a module answered with, unless one within it did before, and keeps them."""
    for one in answer if isinstance(answer, tuple) else (answer,):
        if isinstance(one, torch.Tensor):
            made.setdefault(id(one), (name, one))  # kept, so that no later one has its id


def whole(map_: torch.Tensor | None, tokens: int) -> bool:
    """Whether this is a map (B, H, T, T) of all tokens, rows summing to 1.

    It is not where a layer looks through a window alone, or lets a token look at nothing (a "sink").
    """
    if map_ is None or map_.dim() != 4 or map_.shape[-2:] != (tokens, tokens):
        return False
    return bool((map_.float().sum(-1) - 1).abs().max() < ROUNDING)


def stacked(
    found: Sequence[torch.Tensor | None], numbers: tuple[int, ...], tokens: int
) -> tuple[torch.Tensor | None, tuple[int, ...]]:
    """The whole maps of a batch of one, (L, H, T, T), and their layers' numbers; (None, ()) where there are none.

    found: a map or None for each of the numbers. Of layers with different counts of heads, those with the usual one.
    """
    if len(found) != len(numbers):
        return None, ()
    kept = [
        (one[0], number) for one, number in zip(found, numbers, strict=True) if one is not None and whole(one, tokens)
    ]
    counts = [one.shape[0] for one, _ in kept]
    kept = [(one, number) for one, number in kept if one.shape[0] == max(counts, key=counts.count)]
    return (torch.stack([one for one, _ in kept]) if kept else None), tuple(number for _, number in kept)
