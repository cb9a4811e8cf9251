"""Where a model trains, and in which numbers."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

CPUINFO = Path("/proc/cpuinfo")
BFLOAT16 = re.compile(r"\b(avx512_bf16|amx_bf16|bf16)\b")  # what Linux calls it on x86 and on Arm


def fastest() -> str:
    """The device that trains fastest here."""
    return "cuda" if torch.cuda.is_available() else "cpu"


@cache
def multiplies_bfloat16() -> bool:
    """Whether the CPU has instructions for it. One without them takes 24 times as long as for float32 (LOG.md), and
    torch finds no LSTM for it at all."""
    return CPUINFO.is_file() and bool(BFLOAT16.search(CPUINFO.read_text()))


def mixed(model: nn.Module) -> AbstractContextManager[Any]:
    """Products in bfloat16 for the length of a `with`, where that is faster; but an LSTM on a GPU stays in float32.

    There autocast takes an LSTM to float16, whatever it is asked for (torch's AutocastRNN.cpp): small gradients vanish.
    """
    device = next(model.parameters()).device.type
    if device == "cpu":
        enabled = multiplies_bfloat16()
    else:
        enabled = not any(isinstance(module, nn.LSTM) for module in model.modules())
    return torch.autocast(device, torch.bfloat16, enabled=enabled)
