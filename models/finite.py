"""Every number that leaves a model is a number: one that is not (NaN, infinity) is refused by the name of its tensor.

One such weight makes everything NaN that is computed after it; of that, pages would show "0%" and "nan%" for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from .refusal import Refusal


def is_finite(tensor: Tensor) -> bool:
    """Whether all numbers of a tensor are finite, found in one reading of it and without a copy."""
    if not tensor.numel() or not tensor.is_floating_point():
        return True
    try:
        ends = torch.stack(torch.aminmax(tensor.detach()))
    except (NotImplementedError, RuntimeError):  # kinds of numbers that know no order, such as 8-bit fractions
        return is_finite(tensor.detach().float())
    return bool(torch.isfinite(ends).all())


def check_weights(name: str, model: nn.Module) -> None:
    """Raises Refusal("weight_not_finite") with the name of the first tensor that holds a NaN or an infinity.

    A buffer that a model makes itself, and no file brings, may hold infinities: some masks do.
    """
    brought = set(model.state_dict(keep_vars=True))
    for tensor, values in (*model.named_parameters(), *model.named_buffers()):
        bad = not is_finite(values)
        if bad and (tensor in brought or bool(values.isnan().any())):
            raise Refusal("weight_not_finite", model=name, tensor=tensor)


def name_of(model: nn.Module, weight: Tensor) -> str:
    """The name under which a model has a weight; "" where it has none like it."""
    return next((name for name, values in model.named_parameters() if values.data_ptr() == weight.data_ptr()), "")


def first_bad(again: Callable[[], Any], model: nn.Module) -> str:
    """The name of the part of a model whose output is the first that is not finite; of the whole, its class's.

    again: does the pass once more.
    """
    found: list[str] = []

    def look(part: str) -> Any:
        def hook(module: nn.Module, given: Any, output: Any) -> None:
            if not found and not all(map(is_finite, tensors(output))):
                found.append(part)

        return hook

    hooks = [module.register_forward_hook(look(part)) for part, module in model.named_modules() if part]
    try:
        again()
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else type(model).__name__


def tensors(output: Any) -> Iterator[Tensor]:
    """The tensors in what a module gives back, however deep."""
    if isinstance(output, Tensor):
        yield output
    elif isinstance(output, dict):
        yield from tensors(list(output.values()))
    elif isinstance(output, list | tuple):
        for part in output:
            yield from tensors(part)
