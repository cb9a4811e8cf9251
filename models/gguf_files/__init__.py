"""GGUF files, in which llama.cpp keeps a model: one file, often quantised -> a folder that transformers reads."""

from __future__ import annotations

from pathlib import Path

import torch

from . import header, settings, tokens, weights


def convert(file: Path, folder: Path) -> None:
    """Writes into a folder the model of a GGUF file: its config, its tokenizer, its weights, and how it was quantised."""
    head = header.read(file)
    config = settings.config(head)
    cls = settings.class_of(head, config)
    with torch.device("meta"):
        model = cls(config)
    config.save_pretrained(folder)
    tokens.write(head, folder)
    weights.write(head, model, folder / "model.safetensors")
