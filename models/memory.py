"""How much memory a model takes, counted before anything is made: weights, buffers, and one pass over its window.

PyTorch's "meta" device goes through the motions of making a tensor without giving it any room. A model is built and run
there, and what its tensors would take is added up. So a small file whose config asks for much is refused in time.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from . import hub
from .refusal import Refusal

OBJECT = 4096  # bytes of Python around a tensor: many small ones take room, too
SPARE = 1000  # tensors that a model may have besides four times those of its files: masks, tables of angles
# What a program asks a tensor for when it goes by its numbers, and the answer here, where there are none.
ANSWERS = {
    torch.Tensor.item: 1,
    torch.Tensor.__int__: 1,
    torch.Tensor.__index__: 1,
    torch.Tensor.__float__: 1.0,
    torch.Tensor.__bool__: True,
}
# What a model raises when it cannot run without numbers.
UNCOUNTED = (RuntimeError, NotImplementedError, TypeError, ValueError, LookupError, AttributeError)


class TooMany(Exception):
    """A model has far more tensors than its files could fill; counting has ended."""


class Meter(TorchDispatchMode):
    """Counts the bytes of all tensors that are made inside it and still alive.

    peak: the most that were alive at once. Raises TooMany where more tensors than `most` are alive.
    """

    def __init__(self, most: float = float("inf")):
        super().__init__()
        self.most, self.live, self.peak = most, 0, 0
        self.seen: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self.count, made)
        return made

    def count(self, tensor: torch.Tensor) -> None:
        """Adds the memory that a tensor stands in, once, until that is given back."""
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes() + OBJECT
        if key in self.seen:
            return

        def gone(_: Any) -> None:
            self.seen.pop(key, None)
            self.live -= size

        self.seen[key] = weakref.ref(storage, gone)
        self.live += size
        self.peak = max(self.peak, self.live)
        if len(self.seen) > self.most:
            raise TooMany


class Answers(TorchFunctionMode):
    """Lets a program go by a tensor's numbers where there are none: each is 1 and true."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function in ANSWERS and args[0].is_meta:
            return ANSWERS[function]
        return function(*args, **(kwargs or {}))


def check(name: str, make: Callable[[], Any], tensors: int, window: Callable[[Any], int], attends: bool) -> None:
    """Raises Refusal("model_too_large") unless what `make` makes fits this host, with one pass over its window.

    tensors: how many its files hold; what has far more could not be filled, and is refused as broken_model.
    window: a model -> the most tokens of one run. attends: whether a run keeps attention maps; without them a pass
    takes little. What `make` raises passes through.
    """
    limit, meter = hub.memory_limit(), Meter(SPARE + 4 * tensors)
    try:
        with torch.device("meta"), meter:
            model = make()
            # Buffers are filled from others of their size.
            meter.peak = meter.live + 2 * max((buffer.nbytes for buffer in model.buffers()), default=0)
            if attends:
                run(model.eval(), window(model), meter)
    except TooMany:
        raise Refusal("broken_model", model=name) from None
    if meter.peak > limit:
        raise Refusal("model_too_large", model=name, bytes=meter.peak, limit=int(limit))


def run(model: Any, tokens: int, meter: Meter) -> None:
    """Counts one pass over so many tokens. Of models that cannot run without numbers, maps and logits alone."""
    before = meter.live
    try:
        with Answers(), torch.inference_mode():
            ids = torch.zeros(1, tokens, dtype=torch.long)
            model(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True, use_cache=False)
    except UNCOUNTED:
        config = model.config.get_text_config()
        maps = config.num_hidden_layers * config.num_attention_heads * tokens * tokens
        meter.peak = max(meter.peak, before + 4 * (maps + tokens * config.vocab_size))
