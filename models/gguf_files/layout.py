"""Where each tensor of a GGUF file belongs in the model of transformers, and how its numbers lie there.

What llama.cpp changes when it writes a family (the order of rows, one added to a norm) transformers knows to undo, in
two ways: by a processor a family, and for newer families by a list of conversions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from transformers.core_model_loading import WeightConverter, WeightRenaming, rename_source_key
from transformers.integrations.gguf import GGUF_ARCHS, get_gguf_conversion_mapping
from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map

from ..refusal import Refusal
from .header import Header, Tensor

Arrange = Callable[[Tensor, np.ndarray], dict[str, np.ndarray]]  # -> the model's name for a tensor: its numbers
# Tables of angles, which the config says; what a tied model has twice; heads that guess several tokens ahead.
UNUSED = re.compile(r"rope_freqs\.weight|rope_factors_(long|short)\.weight|.*\.attn_rot_embd|output\.weight|mtp\..*")
LAYER = re.compile(r"blk\.(\d+)\.")


def arranger(name: str, header: Header, model: Any) -> Arrange:
    """What names and arranges a tensor of the file for the model; of one that the model does not need it makes nothing.

    name: the model's, for refusals. Raises Refusal("gguf_tensor") for a tensor that has no place in the model.
    """
    if header.family in GGUF_ARCHS:
        return _converting(name, header, model)
    arrange = _processing(name, header, model)
    return _ungrouped(header, arrange) if header.family == "falcon" else arrange


def _processing(name: str, header: Header, model: Any) -> Arrange:
    processor = TENSOR_PROCESSORS.get(header.family, TensorProcessor)(config=model.config.to_dict())
    names = get_gguf_hf_weights_map(model, processor)
    merged: dict[str, Any] = {}  # experts, which stand apart in the file and together in the model

    def arrange(tensor: Tensor, values: np.ndarray) -> dict[str, np.ndarray]:
        found = processor.process(
            weights=values, name=tensor.name, tensor_key_mapping=names, parsed_parameters={"tensors": merged}
        )
        if found.name is None:
            return {place: made.numpy() for place, made in merged.items()}
        return {names[found.name]: found.weights} if found.name in names else _unplaced(name, header, tensor)

    return arrange


def _converting(name: str, header: Header, model: Any) -> Arrange:
    entries = get_gguf_conversion_mapping(header.family, model.config)
    renamings = [entry for entry in entries if isinstance(entry, WeightRenaming)]
    converters = [entry for entry in entries if isinstance(entry, WeightConverter)]
    by_pattern = {pattern: converter for converter in converters for pattern in converter.source_patterns}
    wanted = model.state_dict().keys()

    def arrange(tensor: Tensor, values: np.ndarray) -> dict[str, np.ndarray]:
        place, pattern = rename_source_key(tensor.name, renamings, converters)
        found = torch.from_numpy(values)
        for operation in by_pattern[pattern].operations if pattern else ():
            found = operation.convert({place: found}, [place], [place])[place]
        return {place: found.numpy()} if place in wanted else _unplaced(name, header, tensor, place)

    return arrange


def _ungrouped(header: Header, arrange: Arrange) -> Arrange:
    """Falcon's queries, keys and values, which llama.cpp puts one after another, in groups again, one a key."""
    heads, keys = header.field("attention.head_count", 1), header.field("attention.head_count_kv", 1)

    def grouped(tensor: Tensor, values: np.ndarray) -> dict[str, np.ndarray]:
        if ".attn_qkv." in tensor.name and keys > 1:
            width = values.shape[0] // (heads + 2 * keys)
            rows = values.reshape(heads + 2 * keys, width, *values.shape[1:])
            queries = rows[:heads].reshape(keys, heads // keys, *rows.shape[1:])
            others = [part[:, None] for part in (rows[heads : heads + keys], rows[heads + keys :])]
            values = np.concatenate([queries, *others], axis=1).reshape(values.shape)
        return arrange(tensor, values)

    return grouped


def _unplaced(name: str, header: Header, tensor: Tensor, place: str = "") -> dict[str, np.ndarray]:
    """Nothing, for a tensor that the model does not need; refuses any other without a place in it."""
    if UNUSED.fullmatch(place or tensor.name) or UNUSED.fullmatch(tensor.name):
        return {}
    raise Refusal("gguf_tensor", model=name, tensor=tensor.name, family=header.family)
