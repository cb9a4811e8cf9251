"""A bundled model by transformers alone: the reference that the page is compared with."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

WEIGHTS = Path(__file__).parents[2] / "models" / "weights"


@cache
def opened(name: str) -> tuple[Any, Any]:
    """(tokenizer, model), read once for all tests: they only ask them."""
    model = AutoModelForCausalLM.from_pretrained(WEIGHTS / name, attn_implementation="eager", dtype=torch.float32)
    return AutoTokenizer.from_pretrained(WEIGHTS / name), model.eval()


class Plain:
    """Nothing of Glassbox between the files and the numbers."""

    def __init__(self, name: str):
        self.tokenizer, self.model = opened(name)

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text)["input_ids"]

    def attention(self, text: str) -> np.ndarray:
        """(L, H, T, T)"""
        with torch.inference_mode():
            out = self.model(torch.tensor([self.ids(text)]), output_attentions=True)
        return torch.cat(out.attentions).numpy()

    def logits(self, text: str) -> np.ndarray:
        """(T, V)"""
        with torch.inference_mode():
            return self.model(torch.tensor([self.ids(text)])).logits[0].numpy()

    def probabilities(self, text: str) -> np.ndarray:
        """(T, V)"""
        return torch.softmax(torch.from_numpy(self.logits(text)).double(), -1).numpy()
