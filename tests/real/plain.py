"""A real model by transformers alone: the reference that the page is compared with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

from tests.browser.plain import Plain


class Real(Plain):
    """Nothing of Glassbox between the files in a folder and the numbers."""

    def __init__(self, folder: Path):
        architecture = json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"][0]
        kind = AutoModelForCausalLM if "CausalLM" in architecture else AutoModel
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()

    def close(self) -> None:
        """Lets the weights go."""
        del self.model

    @property
    def table(self) -> torch.Tensor:
        """(V, D), the embedding table."""
        return self.model.get_input_embeddings().weight.detach()

    def neighbours(self, token: int, count: int) -> tuple[list[int], np.ndarray]:
        """The ids whose rows point most nearly the same way as one's from the mean row, and their cosines."""
        rows = self.table - self.table.mean(0)
        alike = torch.nn.functional.cosine_similarity(rows[token][None], rows, dim=-1)
        alike[token] = -2
        best = alike.topk(count)
        return best.indices.tolist(), best.values.numpy()
