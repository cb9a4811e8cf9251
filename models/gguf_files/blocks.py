"""Blocks of quantised numbers -> the numbers: a block is some small whole numbers and what to multiply them by."""

from __future__ import annotations

import numpy as np
from gguf import quants
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

from .header import Tensor

AT_ONCE = 1 << 22  # numbers that are made of their blocks in one go


def is_known(kind: GGMLQuantizationType) -> bool:
    """Whether anybody has written down how blocks of this kind become numbers."""
    try:
        with np.errstate(all="ignore"):
            quants.dequantize(np.zeros((1, GGML_QUANT_SIZES[kind][1]), np.uint8), kind)
    except NotImplementedError:
        return False
    return True


def dequantized(tensor: Tensor) -> np.ndarray:
    """A tensor's numbers as float32, in its sizes; raises OSError, or ValueError where the file has become shorter."""
    columns = tensor.sizes[-1]
    rows = tensor.numbers // columns
    width, step = tensor.bytes // rows, max(1, AT_ONCE // columns)
    found = np.empty((rows, columns), np.float32)
    with tensor.path.open("rb") as file, np.errstate(all="ignore"):
        file.seek(tensor.start)
        for row in range(0, rows, step):
            count = min(step, rows - row)
            stored = np.frombuffer(file.read(count * width), np.uint8).reshape(count, width)
            found[row : row + count] = quants.dequantize(stored, tensor.type)
    return found.reshape(tensor.sizes)
