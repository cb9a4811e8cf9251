"""The config of a model from the metadata of its GGUF file: transformers' own table of names, and what that leaves out.

A config class's usual value is one model's; so whatever the file says is set.
"""

from __future__ import annotations

from typing import Any

import transformers
from transformers.integrations import GGUF_CONFIG_DEFAULTS_MAPPING, GGUF_CONFIG_MAPPING
from transformers.integrations.gguf import GGUF_CONFIG_ARCHS, get_gguf_config

from . import angles
from .checks import TOKENS
from .families import FAMILIES
from .header import Header

TABLES = {"gemma3_text": "gemma3", "gemma4_text": "gemma4"}  # type of model -> its table of names
TIED = ("bloom", "falcon")  # whose output is always the embedding table, though a file may hold it twice
IDS = {"bos_token_id": "bos_token_id", "eos_token_id": "eos_token_id", "pad_token_id": "padding_token_id"}
MOST_LAYERS = MOST_EXPERTS = 1024


def config(header: Header) -> Any:
    """The config, as transformers has it. Raises what transformers raises on values that make none."""
    kind = FAMILIES[header.family]
    cls = transformers.CONFIG_MAPPING[kind]
    made = cls(**(_newer(header) if header.family in GGUF_CONFIG_ARCHS else _older(header, kind, cls)))
    made.architectures = [class_of(header, made).__name__]
    return made


def _newer(header: Header) -> dict[str, Any]:
    """The fields of a family for which transformers has a function."""
    facts = {key: plain(value) for key, value in header.metadata.items()}
    facts |= {TOKENS: len(facts[TOKENS]) if TOKENS in facts else 0}
    made = get_gguf_config(facts, tuple(tensor.name for tensor in header.tensors))
    kept = {name: value for name, value in made.items() if name not in ("model_type", "architectures")}
    return kept | {"vocab_size": _table(header)[0]}


def _older(header: Header, kind: str, cls: Any) -> dict[str, Any]:
    """The fields of a family for which transformers has a table of names, and what those leave out."""
    values = dict(GGUF_CONFIG_DEFAULTS_MAPPING.get(kind, {}))
    for said, field in GGUF_CONFIG_MAPPING[TABLES.get(kind, kind)].items():
        if field and header.field(said) is not None:
            values[field] = plain(header.field(said))
    return values | _general(header, cls) | OWN.get(header.family, _nothing)(header) | angles.settings(header, cls)


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


def _table(header: Header) -> tuple[int, ...]:
    """The sizes of the table of embeddings. Raises ValueError where there is none, or a count is out of all bounds."""
    table = sizes(header, "token_embd.weight")
    layers, experts = header.field("block_count", 0), header.field("expert_count", 0)
    if not table or not isinstance(layers, int) or not 0 < layers <= MOST_LAYERS or experts > MOST_EXPERTS:
        raise ValueError("no table of embeddings, or no usual number of layers and experts")
    return table


def _general(header: Header, cls: Any) -> dict[str, Any]:
    """What every family has."""
    found: dict[str, Any] = {"vocab_size": _table(header)[0]}
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


def _phi3(header: Header) -> dict[str, Any]:
    original = header.field("rope.scaling.original_context_length") or header.field("context_length")
    return {"original_max_position_embeddings": original}


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
    "phi3": _phi3,
    "t5": _t5,
    "t5encoder": _t5,
    "falcon": _falcon,
    "starcoder2": _starcoder2,
    "stablelm": _stablelm,
}
