"""Models of transformers written as GGUF files, the way llama.cpp's converter does, by gguf's own writer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np

NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # llama.cpp's kinds of tokens
ENDINGS = (".weight", ".bias")
Kinds = Callable[[str, np.ndarray], gguf.GGMLQuantizationType]  # a tensor's name and numbers -> how it is stored


def plain(name: str, values: np.ndarray) -> gguf.GGMLQuantizationType:
    """Everything as float32."""
    return gguf.GGMLQuantizationType.F32


def interleaved(values: np.ndarray, heads: int) -> np.ndarray:
    """The rows of each head with the halves taken in turn: rotary pairs lie side by side in llama.cpp's Llama."""
    return values.reshape(heads, 2, -1, *values.shape[1:]).swapaxes(1, 2).reshape(values.shape)


def as_llama_cpp(family: str, name: str, values: np.ndarray, config: Any) -> np.ndarray:
    """A tensor's numbers as the file has them."""
    if family == "llama" and ".attn_q." in name:
        return interleaved(values, config.num_attention_heads)
    if family == "llama" and ".attn_k." in name:
        return interleaved(values, config.num_key_value_heads)
    if family in ("gemma2", "gemma3", "nemotron") and name.endswith("norm.weight"):
        return values + np.float32(1)
    turned = ("attn_qkv.weight", "attn_output.weight", "ffn_up.weight", "ffn_down.weight")
    return values.T if family == "gpt2" and name.endswith(turned) else values


def write(
    path: Path,
    family: str,
    model: Any,
    tokenizer: Any,
    kinds: Kinds = plain,
    *,
    split: int = 0,
    without: str = "",
    extra: dict[str, np.ndarray] | None = None,
    **more: Any,
) -> dict[str, np.ndarray]:
    """Writes the file; returns each tensor as it was stored: its name in the file -> numbers, quantised if it was.

    split: most tensors a part. without: a tensor to leave out. extra: further ones.
    more: further metadata, or other values for what would be there, dots as "__"; a None takes one away.
    """
    writer = gguf.GGUFWriter(path, family, split_max_tensors=split)
    facts = about(family, model.config) | words(tokenizer) | {key.replace("__", "."): v for key, v in more.items()}
    for key, value in facts.items():
        add(writer, key, value)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH(architecture(family)), model.config.num_hidden_layers)
    stored: dict[str, np.ndarray] = {}
    tied = model._tied_weights_keys or {} if model.config.tie_word_embeddings else {}
    for ours, tensor in model.state_dict().items():
        name = next(
            (name for where in (ours, ours.partition(".")[2]) if (name := names.get_name(where, ENDINGS))), None
        )
        if ours in tied or name is None:
            assert ours in tied, ours
            continue
        if name == without:
            continue
        values = np.ascontiguousarray(as_llama_cpp(family, name, tensor.float().numpy(), model.config))
        kind = kinds(name, values)
        stored[name] = gguf.quants.quantize(values, kind)
        writer.add_tensor(name, stored[name], raw_dtype=kind)
    for name, values in (extra or {}).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return stored


def architecture(family: str) -> int:
    return next(arch for arch, name in gguf.MODEL_ARCH_NAMES.items() if name == family)


def about(family: str, config: Any) -> dict[str, Any]:
    """The family's part of the metadata."""

    def of(*names: str) -> Any:
        return next((value for name in names if (value := getattr(config, name, None)) is not None), None)

    theta = (config.rope_parameters or {}) if hasattr(config, "rope_parameters") else {}
    theta = theta.get("full_attention", theta)
    found = {
        "context_length": of("max_position_embeddings"),
        "embedding_length": of("hidden_size"),
        "block_count": of("num_hidden_layers"),
        "feed_forward_length": of("intermediate_size", "n_inner") or 4 * config.hidden_size,
        "attention.head_count": of("num_attention_heads"),
        "attention.head_count_kv": of("num_key_value_heads", "num_kv_heads"),
        "attention.key_length": of("head_dim"),
        "attention.layer_norm_rms_epsilon": of("rms_norm_eps"),
        "attention.layer_norm_epsilon": of("layer_norm_epsilon", "norm_epsilon"),
        "attention.sliding_window": of("sliding_window"),
        "rope.freq_base": theta.get("rope_theta"),
        "rope.dimension_count": of("head_dim") if family == "llama" else None,
        "attn_logit_softcapping": of("attn_logit_softcapping"),
        "final_logit_softcapping": of("final_logit_softcapping"),
    }
    return {f"{family}.{key}": value for key, value in found.items()}


def words(tokenizer: Any) -> dict[str, Any]:
    """The tokenizer's part: byte-level BPE, or what writes spaces as U+2581 and falls back to bytes."""
    vocabulary = tokenizer.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    spaces = any(token.startswith("\u2581") for token in tokens)
    special = set(tokenizer.all_special_tokens)
    found: dict[str, Any] = {
        "tokenizer.ggml.model": "llama" if spaces else "gpt2",
        "tokenizer.ggml.pre": "default" if spaces else "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [
            CONTROL if token in special else BYTE if token.startswith("<0x") else NORMAL for token in tokens
        ],
        "tokenizer.ggml.bos_token_id": tokenizer.bos_token_id,
        "tokenizer.ggml.eos_token_id": tokenizer.eos_token_id,
        "tokenizer.ggml.unknown_token_id": tokenizer.unk_token_id,
        "tokenizer.ggml.add_bos_token": spaces and tokenizer.bos_token_id is not None,
    }
    if spaces:
        found["tokenizer.ggml.add_space_prefix"] = False
        return found | {"tokenizer.ggml.scores": [-float(i) for i in range(len(tokens))]}
    import json

    merges = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["merges"]
    return found | {"tokenizer.ggml.merges": [" ".join(merge) for merge in merges]}


def add(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    """One entry of the metadata, as the type that llama.cpp's converter gives it."""
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    elif isinstance(value, list):
        writer.add_array(key, value)
