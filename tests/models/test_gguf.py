"""GGUF files: families made small here and written by gguf's writer equal the same weights from safetensors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("gguf")

from models.refusal import Refusal
from tests.tiny import begun, byte_tokenizer, sentencepiece_tokenizer

pytestmark = pytest.mark.weights

TEXT = "The bear saw a small bird in the tree. 작은 새가 🙂"
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 96,
}
WIDE = SIZES | {"head_dim": 16}
GEMMA = WIDE | {"sliding_window": 8, "query_pre_attn_scalar": 16}
spaced = begun(sentencepiece_tokenizer)
# llama.cpp's name of a family -> class, config, tokenizer
FAMILIES: dict[str, tuple[str, dict[str, Any], Callable[[], Any]]] = {
    "gpt2": ("GPT2LMHeadModel", {"n_positions": 96, "n_embd": 32, "n_layer": 3, "n_head": 4}, byte_tokenizer),
    "llama": ("LlamaForCausalLM", WIDE | {"tie_word_embeddings": False, "rope_theta": 5e5}, spaced),
    "qwen2": ("Qwen2ForCausalLM", SIZES, byte_tokenizer),
    "qwen3": ("Qwen3ForCausalLM", WIDE | {"tie_word_embeddings": True}, byte_tokenizer),
    "gemma2": ("Gemma2ForCausalLM", GEMMA | {"final_logit_softcapping": 3.0}, spaced),
    "gemma3": ("Gemma3ForCausalLM", GEMMA | {"num_hidden_layers": 7}, spaced),
    "starcoder2": ("Starcoder2ForCausalLM", SIZES, byte_tokenizer),
}


def make(family: str) -> tuple[Any, Any]:
    """A model of a family with random weights, and its tokenizer."""
    import torch
    import transformers

    name, sizes, tokenizer_of = FAMILIES[family]
    tokenizer, cls = tokenizer_of(), getattr(transformers, name)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    torch.manual_seed(3)
    model = cls(cls.config_class(vocab_size=len(tokenizer), **ends, **sizes)).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(4) if weights.dim() > 1 else weights.add_(torch.randn_like(weights) / 10)
    return model, tokenizer


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_equals_the_same_weights_from_safetensors(family: str, tmp_path: Path) -> None:
    import torch

    import models
    from tests.gguf_writing import write

    model, tokenizer = make(family)
    write(tmp_path / "a.gguf", family, model, tokenizer)
    model.save_pretrained(tmp_path / "plain")
    tokenizer.save_pretrained(tmp_path / "plain")
    ours, theirs = models.load(tmp_path / "a.gguf"), models.load(tmp_path / "plain")
    ids = models.encode(str(tmp_path / "a.gguf"), TEXT)
    assert ids == models.encode(str(tmp_path / "plain"), TEXT)
    assert ours.can == theirs.can and ours.positions == theirs.positions
    mine, given = ours.model.state_dict(), theirs.model.state_dict()
    assert mine.keys() == given.keys() and all(torch.allclose(mine[name], given[name], atol=3e-7) for name in given)
    with torch.inference_mode():
        logits = [loaded.model(input_ids=torch.tensor([ids])).logits for loaded in (ours, theirs)]
    assert logits[1].std() > 0.1 and torch.allclose(*logits, atol=1e-5)
