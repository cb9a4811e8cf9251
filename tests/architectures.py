"""Every causal and masked architecture of transformers that a tiny config makes, each against a plain pass.

Too slow for each run of the tests: `python3 glassbox.py families`. It prints which agree, which have no attention maps
and which only in some layers, and fails where one of ours is not what transformers computes.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers.models.auto import modeling_auto

import models
from models import architectures
from models.broken import BROKEN
from models.refusal import Refusal
from tests.tiny import byte_tokenizer

LEAST = {"causal": 97, "masked": 26}  # how many ran when this was first tried
MOST_PARAMETERS = 20e6
IDS = [5, 6, 7, 8, 9, 10, 11, 12]
# As small as each field of a config can be; a config takes those that it has.
SIZES: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embed_dim", "dim_model", "lru_width"), 32),
    **dict.fromkeys(("attention_hidden_size", "hidden_size_per_layer_input"), 32),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "n_layers", "decoder_layers", "encoder_layers"), 4),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "mamba_n_heads", "mamba_num_heads", "linear_num_value_heads"), 4),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts", "mamba_dt_rank"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_experts_per_tok", "moe_topk", "moe_k", "index_n_heads"), 2),
    **dict.fromkeys(("linear_num_key_heads", "num_attention_groups", "time_step_rank"), 2),
    **dict.fromkeys(("n_group", "topk_group", "mamba_n_groups", "n_groups", "first_k_dense_replace"), 1),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "hidden_dim", "d_inner", "dff", "ffn_hidden_size"), 48),
    **dict.fromkeys(("decoder_ffn_dim", "encoder_ffn_dim", "block_ff_dim"), 48),
    **dict.fromkeys(("embedding_size", "moe_intermediate_size", "shared_expert_intermediate_size"), 16),
    **dict.fromkeys(("q_lora_rank", "sliding_window", "attention_window_size", "mamba_d_head", "mamba_head_dim"), 16),
    **dict.fromkeys(
        ("head_dim", "kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "kv_channels"), 8
    ),
    **dict.fromkeys(("mamba_d_state", "state_size", "ssm_state_size", "linear_key_head_dim", "rotary_dim"), 8),
    **dict.fromkeys(("kv_channels", "linear_value_head_dim", "index_head_dim", "index_topk"), 8),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_seq_len", "max_target_positions"), 96),
    **dict.fromkeys(("bos_token_id", "eos_token_id"), 0),
    "word_embed_proj_dim": 32,
    "vocab_size": 320,
    "vocab_size_per_layer_input": 320,
    "pad_token_id": None,
    "layer_types": None,
    "is_decoder": True,
}
# What some architectures want otherwise; the first that makes a model is taken.
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"pad_token_id": 1},
    {"num_key_value_heads": 4},
    {"num_key_value_heads": 4, "pad_token_id": 1},
    {"embedding_size": 32, "num_key_value_heads": 4, "pad_token_id": 1},
    {"head_dim": 16, "num_key_value_heads": 4, "num_experts_per_tok": 1},
)
HYBRIDS: dict[str, dict[str, Any]] = {
    "lfm2": {"layer_types": ["conv", "full_attention", "conv", "full_attention"]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "kimi_linear": {"layer_types": ["linear_attention", "full_attention"] * 2},
    "bailing_hybrid": {"layer_group_size": 2},
    "bamba": {"attn_layer_indices": [1, 3]},
    "granitemoehybrid": {"layer_types": ["mamba", "attention", "mamba", "attention"]},
}


def tiny_config(kind: str, causal: bool, variant: dict[str, Any]) -> Any:
    """A config of a model type with small sizes for whatever it has a field for."""
    cls = transformers.CONFIG_MAPPING[kind]
    fields = {field.name for field in dataclasses.fields(cls)}
    wanted = SIZES | variant | HYBRIDS.get(kind, {}) | {"is_decoder": causal}
    return cls(**{cls.attribute_map.get(n, n): v for n, v in wanted.items() if cls.attribute_map.get(n, n) in fields})


def make(kind: str, name: str, causal: bool) -> Any:
    """A tiny model with random weights, its heads unlike; raises what transformers does where it cannot be made."""
    wrong: BaseException | None = None
    for variant in VARIANTS:
        try:
            config = tiny_config(kind, causal, variant)
            with torch.device("meta"):
                size = sum(part.numel() for part in getattr(transformers, name)(config).parameters())
            if size > MOST_PARAMETERS:
                raise ValueError(f"{size} parameters")
            torch.manual_seed(3)
            model = getattr(transformers, name)._from_config(config, attn_implementation="eager").eval()
            with torch.no_grad():
                for weights in model.parameters():
                    weights.mul_(2) if weights.dim() > 1 else weights.add_(torch.randn_like(weights) / 10)
            plain_pass(model)
            return model
        except BROKEN as error:
            wrong = wrong or error
    raise wrong or ValueError(kind)


def plain_pass(model: Any, maps: bool = False) -> Any:
    ids = torch.tensor([IDS])
    cache = {"use_cache": False} if "ForMaskedLM" not in type(model).__name__ else {}
    with torch.no_grad():
        return model(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=maps, **cache)


def compare(model: Any, folder: Path) -> tuple[str, ...]:
    """What is noteworthy of an architecture that agrees; raises AssertionError where it does not, or Refusal."""
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    loaded = models.load(folder)
    guess = architectures.abilities(model.config.to_dict() | {"architectures": [type(model).__name__]})
    assert guess is None or guess <= loaded.can, f"offered as {sorted(guess or ())}, is {sorted(loaded.can)}"
    again = type(model).from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    theirs = plain_pass(again, maps=True)
    ours = models.forward(folder, IDS, attention="attention" in loaded.can)
    logits = theirs.logits[0].numpy()
    assert np.abs(ours.logits - logits).max() <= 1e-5 * max(1.0, np.abs(logits).max()), "logits differ"
    models.forward(folder, [5] * loaded.positions)
    if ours.attention is None:
        return ("no maps",)
    kept = [one[0].numpy() for one in theirs.attentions if one is not None and one.dim() == 4]
    for weights, number in zip(ours.attention, ours.layers, strict=True):
        assert any(one.shape == weights.shape and np.abs(one - weights).max() <= 1e-5 for one in kept), number
    assert np.abs(ours.attention.sum(-1) - 1).max() <= 1e-4 and list(ours.layers) == sorted(set(ours.layers))
    depth = getattr(loaded.model.config.get_text_config(), "num_hidden_layers", len(ours.layers))
    return ("maps of some layers",) if len(ours.layers) < depth else ()


def tell(kind: str, name: str, causal: bool, folder: Path) -> tuple[str, ...]:
    """Under which headings an architecture is counted."""
    if name.endswith("ForConditionalGeneration") and not causal:
        return ("read one text and write another",)
    try:
        model = make(kind, name, causal)
    except BROKEN:
        return ("not made from a tiny config",)
    try:
        return ("agree", *compare(model, folder))
    except Refusal as refusal:
        expected = kind in architectures.LOOKS_BOTH_WAYS and refusal.key == "wrong_kind"
        return ("look both ways, and are refused",) if expected else (f"WRONG: {refusal}",)
    except (AssertionError, *BROKEN) as error:
        return (f"WRONG: {type(error).__name__} {error}"[:200],)


def main(*only: str) -> int:
    """0 when all that run agree, and at least as many do as before; only: the model types to try."""
    wrong, began = 0, time.monotonic()
    for table in ("causal", "masked"):
        found: defaultdict[str, list[str]] = defaultdict(list)
        for kind, name in getattr(modeling_auto, f"MODEL_FOR_{table.upper()}_LM_MAPPING_NAMES").items():
            if only and kind not in only:
                continue
            folder = Path(tempfile.mkdtemp())
            for heading in tell(kind, name if isinstance(name, str) else name[0], table == "causal", folder):
                found[heading].append(kind)
            shutil.rmtree(folder)
        for heading, kinds in sorted(found.items()):
            print(f"{table}, {heading}: {len(kinds)}: {' '.join(kinds)}", flush=True)
        wrong += sum(heading.startswith("WRONG") for heading in found) + (
            not only and len(found["agree"]) < LEAST[table]
        )
    print(f"{time.monotonic() - began:.0f} s", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    transformers.utils.logging.set_verbosity_error()
    sys.exit(main(*sys.argv[1:]))
