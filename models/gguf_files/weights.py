"""The numbers of a GGUF file's tensors, and the file of weights that they make for a model of transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gguf import quants

from ..refusal import Refusal
from . import layout
from .header import Header, Tensor
from .safetensors_file import Writer

AT_ONCE = 1 << 22  # numbers that are made of their blocks in one go


def dequantized(tensor: Tensor) -> np.ndarray:
    """A tensor's numbers as float32, in its sizes; raises NotImplementedError for a type that nobody dequantises."""
    columns = tensor.sizes[-1]
    rows = tensor.numbers // columns
    width, step = tensor.bytes // rows, max(1, AT_ONCE // columns)
    found = np.empty((rows, columns), np.float32)
    with tensor.path.open("rb") as file, np.errstate(all="ignore"):
        file.seek(tensor.start)
        for row in range(0, rows, step):
            count = min(step, rows - row)
            blocks = np.frombuffer(file.read(count * width), np.uint8).reshape(count, width)
            found[row : row + count] = quants.dequantize(blocks, tensor.type)
    return found.reshape(tensor.sizes)


def write(header: Header, model: Any, path: Path) -> None:
    """Writes the weights of a model, which is on the "meta" device, from the tensors of its GGUF file.

    Refusals: gguf_type; gguf_tensor, for one that has no place in the model, or another size; missing_tensors.
    """
    wanted = {name: tuple(values.shape) for name, values in model.state_dict().items()}
    tied = dict(model._tied_weights_keys or {}) if model.config.tie_word_embeddings else {}
    arrange = layout.arranger(header, model)
    with Writer(path, list(wanted)) as file:
        for tensor in header.tensors:
            for name, values in arrange(tensor, _numbers(tensor)).items():
                name = tied.get(name, name)
                if name not in wanted or wanted[name] != values.shape:
                    raise Refusal("gguf_tensor", tensor=tensor.name, family=header.family)
                file.add(name, values, tensor.type.name)
        missing = sorted(wanted.keys() - file.table.keys() - tied.keys())
        if missing:
            raise Refusal("missing_tensors", tensor=missing[0], count=len(missing))


def _numbers(tensor: Tensor) -> np.ndarray:
    try:
        return dequantized(tensor)
    except NotImplementedError as error:
        raise Refusal("gguf_type", type=tensor.type.name, tensor=tensor.name) from error
