"""The families of models whose GGUF files are read: llama.cpp's name -> what transformers calls one. Needs no torch.

They are those for which transformers has a table of names and knows what llama.cpp changes in their weights.
"""

from __future__ import annotations

from ..architectures import BARE, GPT, MAPLESS, T5

FAMILIES = {
    "bloom": "bloom",
    "falcon": "falcon",
    "gemma2": "gemma2",
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "gpt-oss": "gpt_oss",
    "gpt2": "gpt2",
    "lfm2": "lfm2",
    "llama": "llama",
    "mamba": "mamba",
    "minimax-m2": "minimax_m2",
    "nemotron": "nemotron",
    "phi3": "phi3",
    "qwen2": "qwen2",
    "qwen2moe": "qwen2_moe",
    "qwen3": "qwen3",
    "qwen35": "qwen3_5_text",
    "qwen3moe": "qwen3_moe",
    "stablelm": "stablelm",
    "starcoder2": "starcoder2",
    "t5": "t5",
    "t5encoder": "t5",
}


def abilities(family: str) -> frozenset[str]:
    """What a model of a family can do, as the catalogue has it."""
    if family in ("t5", "t5encoder"):
        return T5 if family == "t5" else BARE
    return GPT - BARE if FAMILIES.get(family) in MAPLESS else GPT
