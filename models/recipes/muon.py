"""Muon in the precision of the matrices, for processors that only imitate bfloat16, in which torch's always computes.

On an AMD EPYC with AVX2 alone (torch 2.13, one thread) a step of torch's takes 64 ms for twelve matrices of 64 x 64, of
this one 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .device import computes_bfloat16


def muon(matrices: list[Tensor], rate: float, decay: float = 0.01) -> torch.optim.Optimizer:
    """Muon for some matrices, in the precision that is fast where they are. decay: of their weights."""
    kind = torch.optim.Muon if all(computes_bfloat16(matrix.device.type) for matrix in matrices) else Muon
    return kind(matrices, lr=rate, weight_decay=decay)


class Muon(torch.optim.Muon):
    """The same steps as torch's, and the same state: a checkpoint of one fits the other."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self.update(matrix, matrix.grad, group)

    def update(self, matrix: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        """One update of one matrix: with Nesterov's momentum, a tall one's by the root of its height over its width."""
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(grad)
        mean = state["momentum_buffer"].lerp_(grad, 1 - group["momentum"])
        change = orthogonal(grad.lerp(mean, group["momentum"]), group["ns_coefficients"], group["ns_steps"])
        matrix.mul_(1 - group["lr"] * group["weight_decay"])
        matrix.add_(change, alpha=-group["lr"] * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5)


def orthogonal(matrix: Tensor, factors: tuple[float, float, float], steps: int) -> Tensor:
    """The matrix with its singular values brought near 1 (https://kellerjordan.github.io/posts/muon).

    factors: of X, (X Xᵀ) X and (X Xᵀ)² X in each of the steps.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.mT if tall else matrix
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        squared = x @ x.mT
        x = torch.addmm(
            x, torch.addmm(squared, squared, squared, beta=factors[1], alpha=factors[2]), x, beta=factors[0]
        )
    return x.mT if tall else x
