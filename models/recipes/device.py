"""Where a model trains, and in which numbers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import torch
from torch import nn


def fastest() -> str:
    """The device that trains fastest here."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def computes_bfloat16(device: str) -> bool:
    """Whether a device computes in bfloat16: every GPU, and a CPU for which oneDNN has kernels.

    Another CPU takes 24 times as long as for float32 (LOG.md), and torch finds no LSTM for it at all.
    """
    return device != "cpu" or (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def mixed(model: nn.Module) -> AbstractContextManager[Any]:
    """Products in bfloat16 for the length of a `with`, where that is faster; but an LSTM on a GPU stays in float32.

    There autocast takes an LSTM to float16, whatever it is asked for (torch's AutocastRNN.cpp): small gradients vanish.
    """
    device = next(model.parameters()).device.type
    recurrent = any(isinstance(module, nn.LSTM) for module in model.modules())
    enabled = computes_bfloat16(device) and not (recurrent and device != "cpu")
    return torch.autocast(device, torch.bfloat16, enabled=enabled)
