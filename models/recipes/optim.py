"""How the recipes learn: Muon for matrices, AdamW for the rest, and learning rates that fall to the end of a run."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

AGAIN = 0.4  # of the highest learning rate, where a second run begins
Optimizers = list[tuple[torch.optim.Optimizer, float]]  # each with its highest learning rate


def optimizers(model: PreTrainedModel, peaks: tuple[float, float] = (0.02, 0.003), decay: float = 0.01) -> Optimizers:
    """Muon for the matrices between layers (https://kellerjordan.github.io/posts/muon), AdamW for everything else.

    peaks: the highest learning rate of each. decay: of the matrices' weights.
    """
    tables = {id(p) for module in model.modules() if isinstance(module, nn.Embedding) for p in module.parameters()}
    matrices = [p for p in model.parameters() if p.ndim == 2 and id(p) not in tables]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        muon(matrices, peaks[0], decay),
        (torch.optim.AdamW(rest, lr=peaks[1], betas=(0.9, 0.95), weight_decay=0.01), peaks[1]),
    ]


def muon(matrices: list[Tensor], peak: float, decay: float = 0.01) -> tuple[torch.optim.Optimizer, float]:
    """Muon for some matrices, and its highest learning rate. Raises RuntimeError where torch has none."""
    if not hasattr(torch.optim, "Muon"):
        raise RuntimeError(f"Training needs torch.optim.Muon, which came with torch 2.9; this is {torch.__version__}.")
    from .muon import muon as fitting  # torch has it from 2.9 on

    return fitting(matrices, peak, decay), peak


def falling(step: float, steps: float) -> float:
    """The learning rate's factor at a step: flat for 40% of the run, then a line down to 1%."""
    return min(1.0, max(0.01, 1 - 0.99 * (step / steps - 0.4) / 0.6))


def again(step: float, steps: float) -> float:
    """The learning rate's factor in a second run: a line that falls from what it was late in the first one."""
    return AGAIN * max(0.01, 1 - step / steps)
