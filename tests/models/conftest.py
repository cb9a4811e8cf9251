"""Tiny models with random weights, made in the test: they know nothing, but have every part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import byte_tokenizer, sentencepiece_tokenizer, word_tokenizer


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that writes a tiny model folder: `make_model("gpt" | "bert" | "lstm" | …, seed=1)`."""
    import torch
    import transformers

    def make(kind: str = "gpt", seed: int = 1, name: str = "tiny", **config: Any) -> Path:
        folder = tmp_path_factory.mktemp("models") / name
        torch.manual_seed(seed)
        model: Any
        if kind == "bert":
            tokenizer = word_tokenizer()
            sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
            sizes["max_position_embeddings"] = 64
            model = transformers.BertForMaskedLM(transformers.BertConfig(vocab_size=len(tokenizer), **sizes, **config))
        elif kind == "lstm":
            from models.lstm import LSTMConfig, LSTMForCausalLM

            tokenizer = byte_tokenizer()
            sizes = {"embedding_size": 24, "hidden_size": 32, "num_hidden_layers": 2}
            sizes |= {"bos_token_id": 0, "eos_token_id": 0}
            model = LSTMForCausalLM(LSTMConfig(**{"vocab_size": len(tokenizer), **sizes, **config}))
        else:
            tokenizer = byte_tokenizer() if kind == "gpt" else sentencepiece_tokenizer()
            sizes = {"n_positions": 64, "n_embd": 32, "n_layer": 3, "n_head": 4}
            sizes |= {"bos_token_id": 0, "eos_token_id": 0}
            model = transformers.GPT2LMHeadModel(
                transformers.GPT2Config(**{"vocab_size": len(tokenizer), **sizes, **config})
            )
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def tiny(make_model: Callable[..., Path]) -> Path:
    """A GPT-2 of 3 layers, 4 heads, width 32, 64 positions, byte-level BPE."""
    return make_model("gpt")


@pytest.fixture(scope="session")
def tiny_bert(make_model: Callable[..., Path]) -> Path:
    """A BERT of 2 layers, 4 heads, width 32, 64 positions, WordPiece."""
    return make_model("bert")


@pytest.fixture(scope="session")
def tiny_lstm(make_model: Callable[..., Path]) -> Path:
    """An LSTM of 2 layers, width 24, states of 32, byte-level BPE."""
    return make_model("lstm")


@pytest.fixture(scope="session")
def tiny_sentencepiece(make_model: Callable[..., Path]) -> Path:
    """A GPT-2 with a tokenizer that falls back to bytes."""
    return make_model("sentencepiece")
