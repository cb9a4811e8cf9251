"""Where each tensor of a GGUF file belongs in the model of transformers, and how its numbers lie there.

What llama.cpp changes when it writes a family (the order of rows, one added to a norm) transformers knows to undo.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from transformers.modeling_gguf_pytorch_utils import TENSOR_PROCESSORS, TensorProcessor, get_gguf_hf_weights_map

from ..refusal import Refusal
from .header import Header, Tensor

Arranged = dict[str, np.ndarray]  # the model's name for a tensor -> its numbers
# Tables of angles, which the config says, and what a tied model has twice.
UNUSED = re.compile(r"rope_freqs\.weight|rope_factors_(long|short)\.weight|.*\.attn_rot_embd|output\.weight")


def arranger(header: Header, model: Any) -> Callable[[Tensor, np.ndarray], Arranged]:
    """What names and arranges a tensor of the file for the model: nothing, one, or what several have filled together.

    Raises Refusal("gguf_tensor") for a tensor that has no place in the model.
    """
    processor = TENSOR_PROCESSORS.get(header.family, TensorProcessor)(config=model.config.to_dict())
    names = get_gguf_hf_weights_map(model, processor)
    merged: dict[str, Any] = {"tensors": {}}

    def arrange(tensor: Tensor, values: np.ndarray) -> Arranged:
        found = processor.process(
            weights=values, name=tensor.name, tensor_key_mapping=names, parsed_parameters=merged
        )
        if found.name is None:
            whole = {name: made.numpy() for name, made in merged["tensors"].items()}
            return whole
        if found.name in names:
            return {names[found.name]: found.weights}
        if UNUSED.fullmatch(tensor.name):
            return {}
        raise Refusal("gguf_tensor", tensor=tensor.name, family=header.family)

    return arrange
