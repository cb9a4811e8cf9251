"""LoRA: beside each chosen matrix, which stays as it is, the product of two thin ones is learnt.

y = x Wᵀ + (alpha / r) · (x Aᵀ) Bᵀ, with A (r, in) and B (out, r), B zero at first (Hu et al., "LoRA", 2021). What is
learnt is kept in the files of the package PEFT, which can read them, too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREFIX = "base_model.model."  # what PEFT puts before the name of a module


@dataclass(frozen=True)
class Adapter:
    """What is learnt beside which matrices of which model.

    base: the model's name. rank: r; alpha: the sum is scaled by alpha / r. targets: last parts of the modules' names.
    """

    base: str
    rank: int = 8
    alpha: int = 16
    targets: tuple[str, ...] = ("query", "value")

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


class LowRank(nn.Module):
    """A linear layer that stays as it is, and what is learnt beside it: (…, in) -> (…, out)."""

    def __init__(self, base: nn.Linear, adapter: Adapter):
        super().__init__()
        self.base, self.scale = base.requires_grad_(False), adapter.scale
        self.a = nn.Parameter(torch.empty(adapter.rank, base.in_features, device=base.weight.device))
        self.b = nn.Parameter(torch.zeros(base.out_features, adapter.rank, device=base.weight.device))
        nn.init.kaiming_uniform_(self.a, a=math.sqrt(5))  # as a linear layer begins

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.scale * (x @ self.a.mT @ self.b.mT)


def targets(model: nn.Module, adapter: Adapter) -> list[tuple[str, nn.Linear]]:
    """The layers that an adapter stands beside, with their names. Raises ValueError where there are none."""
    found = [
        (name, module)
        for name, module in model.named_modules()
        if name.rpartition(".")[2] in adapter.targets and isinstance(module, nn.Linear)
    ]
    if not found:
        raise ValueError(f"no linear layer is called {' or '.join(adapter.targets)}")
    return found


def wrap(model: nn.Module, adapter: Adapter) -> list[nn.Parameter]:
    """Freezes a model and puts an adapter beside its layers; returns what is to be learnt."""
    model.requires_grad_(False)
    for name, layer in targets(model, adapter):
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, LowRank(layer, adapter))
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def wrapped(model: nn.Module) -> Iterator[tuple[str, LowRank]]:
    """The layers that have an adapter beside them, with their names."""
    return ((name, module) for name, module in model.named_modules() if isinstance(module, LowRank))


def save(model: nn.Module, adapter: Adapter, folder: Path) -> None:
    """Writes what was learnt beside a wrapped model's layers, in float16."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, layer in wrapped(model):
        tensors[f"{PREFIX}{name}.lora_A.weight"] = layer.a.detach().half().cpu().contiguous()
        tensors[f"{PREFIX}{name}.lora_B.weight"] = layer.b.detach().half().cpu().contiguous()
    safetensors.torch.save_file(tensors, folder / WEIGHTS)
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": adapter.base,
        "r": adapter.rank,
        "lora_alpha": adapter.alpha,
        "target_modules": sorted(adapter.targets),
        "bias": "none",
        "inference_mode": True,
        "task_type": None,
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read(folder: Path) -> Adapter:
    """The adapter of a folder: its base and sizes."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return Adapter(
        config["base_model_name_or_path"], config["r"], config["lora_alpha"], tuple(config["target_modules"])
    )


def merge(model: nn.Module, folder: Path) -> None:
    """Adds what was learnt to the matrices themselves, W + (alpha / r) · B A: the model is then as fast as before."""
    adapter = read(folder)
    learnt = safetensors.torch.load((folder / WEIGHTS).read_bytes())
    with torch.no_grad():
        for name, layer in targets(model, adapter):
            a, b = (learnt[f"{PREFIX}{name}.lora_{part}.weight"].to(layer.weight) for part in "AB")
            layer.weight += adapter.scale * b @ a
