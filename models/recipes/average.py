"""The mean of a model's weights over the end of its run: steadier than the last ones, at no price when it is used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """A mean over about the last `share` of a run, at whatever step that ends; without a share the weights themselves.

    At step t the newest weights count for 1 / (share · t), all older ones together for the rest: their weight grows
    with a power of the step (Karras et al., "Analyzing and Improving the Training Dynamics of Diffusion Models", 2024).
    """

    def __init__(self, model: nn.Module, share: float):
        self.share = share
        self.parameters = [p for p in model.parameters() if p.requires_grad] if share else []
        self.tensors: list[Tensor] = [p.detach().clone() for p in self.parameters]

    @torch.no_grad()
    def take(self, step: int) -> None:
        """Takes in the weights after so many steps."""
        for mean, newest in zip(self.tensors, self.parameters, strict=True):
            mean.lerp_(newest, min(1.0, 1 / (self.share * step)))

    @torch.no_grad()
    def put(self) -> None:
        """Makes the mean the model's weights."""
        for parameter, mean in zip(self.parameters, self.tensors, strict=True):
            parameter.copy_(mean)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The model with its mean weights, for the length of a `with`."""
        last = [p.detach().clone() for p in self.parameters]
        self.put()
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, own in zip(self.parameters, last, strict=True):
                    parameter.copy_(own)

    @torch.no_grad()
    def restore(self, saved: list[Tensor]) -> None:
        """Goes on from the mean of a checkpoint. Raises ValueError if that is another number of tensors."""
        for mean, other in zip(self.tensors, saved, strict=True):
            mean.copy_(other)
