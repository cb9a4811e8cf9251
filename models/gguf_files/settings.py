"""The config of a model from the metadata of its GGUF file: transformers' own table of names, and what that leaves out.

A config class's usual value is one model's; so whatever the file says is set.
"""

from __future__ import annotations

from typing import Any

import transformers
from transformers.integrations import GGUF_CONFIG_DEFAULTS_MAPPING, GGUF_CONFIG_MAPPING

from ..refusal import Refusal
from . import angles
from .header import Header

# llama.cpp's name of a family -> transformers' type of model, where the two differ.
TYPES = {
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "gpt-oss": "gpt_oss",
    "minimax-m2": "minimax_m2",
    "qwen2moe": "qwen2_moe",
    "qwen3moe": "qwen3_moe",
    "t5encoder": "t5",
}
TABLES = {"gemma3_text": "gemma3", "gemma4_text": "gemma4"}  # type of model -> its table of names
TIED = ("bloom", "falcon")  # whose output is always the embedding table, though a file may hold it twice
IDS = {"bos_token_id": "bos_token_id", "eos_token_id": "eos_token_id", "pad_token_id": "padding_token_id"}
MOST_LAYERS = 1024


def config(header: Header) -> Any:
    """The config, as transformers has it; raises Refusal("gguf_family") for a family that is not read.

    Raises what transformers raises on values that make no config.
    """
    kind = TYPES.get(header.family, header.family)
    table = GGUF_CONFIG_MAPPING.get(TABLES.get(kind, kind))
    if table is None or kind not in transformers.CONFIG_MAPPING or kind in ("tokenizer", "general"):
        raise Refusal("gguf_family", family=header.family[:80])
    cls = transformers.CONFIG_MAPPING[kind]
    values = dict(GGUF_CONFIG_DEFAULTS_MAPPING.get(kind, {}))
    values |= {
        field: plain(header.field(said)) for said, field in table.items() if field and header.field(said) is not None
    }
    values |= _general(header, cls) | OWN.get(header.family, _nothing)(header) | angles.settings(header, cls)
    made = cls(**values)
    made.architectures = [class_of(header, made).__name__]
    return made


def class_of(header: Header, config: Any) -> Any:
    """The class of the model."""
    if header.family == "t5encoder":
        return transformers.T5EncoderModel
    found = transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING if header.family == "t5" else None
    return (found or transformers.MODEL_FOR_CAUSAL_LM_MAPPING)[type(config)]


def plain(value: Any) -> Any:
    """A value of the metadata as JSON has it: an array as a list."""
    return value.tolist() if hasattr(value, "tolist") else value


def sizes(header: Header, name: str) -> tuple[int, ...]:
    """The sizes of a tensor; () where the file has none of that name."""
    return next((tensor.sizes for tensor in header.tensors if tensor.name == name), ())


def has(header: Header, ending: str) -> bool:
    """Whether the first layer, or the whole, has a tensor whose name ends so."""
    return any(tensor.name.endswith(ending) for tensor in header.tensors)


def _general(header: Header, cls: Any) -> dict[str, Any]:
    """What every family has."""
    table = sizes(header, "token_embd.weight")
    layers = header.field("block_count", 0)
    if not table or not isinstance(layers, int) or not 0 < layers <= MOST_LAYERS:
        raise ValueError("no table of embeddings, or no number of layers")
    found: dict[str, Any] = {"vocab_size": table[0]}
    found["tie_word_embeddings"] = header.family in TIED or not sizes(header, "output.weight")
    found |= {field: header.metadata.get(f"tokenizer.ggml.{said}") for field, said in IDS.items()}
    width = header.field("attention.key_length")
    if width and "head_dim" in cls.__dataclass_fields__:
        found["head_dim"] = width
    return found


def _nothing(header: Header) -> dict[str, Any]:
    return {}


def _gpt2(header: Header) -> dict[str, Any]:
    return {"n_positions": header.field("context_length"), "n_inner": header.field("feed_forward_length")}


def _llama(header: Header) -> dict[str, Any]:
    return {"attention_bias": has(header, ".attn_q.bias"), "mlp_bias": has(header, ".ffn_up.bias")}


def _gemma(header: Header) -> dict[str, Any]:
    """Gemma 2 and 3 divide by the root of a head's width, except in their largest, as llama.cpp has it."""
    largest = {"gemma2": 46, "gemma3": 62}[header.family] == header.field("block_count")
    width, heads = header.field("embedding_length", 0), header.field("attention.head_count", 1)
    scalar = width // heads if largest else header.field("attention.key_length")
    caps = ("attn_logit_softcapping", "final_logit_softcapping")
    found = {name: header.field(name) for name in caps if header.field(name)}
    return found | ({"query_pre_attn_scalar": scalar} if scalar else {})


def _t5(header: Header) -> dict[str, Any]:
    decoder = header.field("decoder_block_count", header.field("block_count"))
    gated = has(header, ".ffn_gate.weight")
    return {"feed_forward_proj": "gated-gelu" if gated else "relu", "num_decoder_layers": decoder}


def _falcon(header: Header) -> dict[str, Any]:
    groups = header.field("attention.head_count_kv", 1)
    return {
        "num_kv_heads": groups,
        "multi_query": groups == 1,
        "new_decoder_architecture": has(header, ".attn_norm_2.weight"),
        "bias": has(header, ".attn_qkv.bias"),
        "ffn_hidden_size": header.field("feed_forward_length"),
        "layer_norm_epsilon": header.field("attention.layer_norm_epsilon", 1e-5),
    }


def _starcoder2(header: Header) -> dict[str, Any]:
    return {"use_bias": has(header, ".attn_q.bias")}


def _stablelm(header: Header) -> dict[str, Any]:
    parallel = not has(header, ".ffn_norm.weight")
    return {"use_qkv_bias": has(header, ".attn_q.bias"), "use_parallel_residual": parallel}


OWN = {
    "gpt2": _gpt2,
    "llama": _llama,
    "gemma2": _gemma,
    "gemma3": _gemma,
    "t5": _t5,
    "t5encoder": _t5,
    "falcon": _falcon,
    "starcoder2": _starcoder2,
    "stablelm": _stablelm,
}
