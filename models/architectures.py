"""What a model is by its config.json alone, without torch: its architecture's name, and what that can do.

Loading decides (`kinds`); this says beforehand what a page may offer, and is held to it by `tests/architectures.py`.
"""

from __future__ import annotations

from typing import Any

GPT = frozenset({"causal", "attention"})
BERT = frozenset({"masked", "attention"})
LSTM = frozenset({"causal", "recurrent"})
T5 = frozenset({"seq2seq"})
BARE = frozenset({"attention"})  # vectors and maps, and no head that says a word

# Model types of which no layer gives a map of all tokens whose rows sum to 1: they carry a state, mix without weights,
# compute them in blocks, or let a token look at nothing.
MAPLESS = frozenset({
    "big_bird", "longformer", "squeezebert", "deepseek_v4", "falcon_mamba", "flint", "fnet", "gpt_oss",
    "hy_v4", "inkling2_text", "lstm", "mamba", "mamba2", "mra", "rwkv", "xlstm", "yoso",
})  # fmt: skip
LOOKS_BOTH_WAYS = frozenset(
    {"cpmant", "xlnet", "xlm", "flaubert"}
)  # among those that continue a text, and yet see what follows


def listed(config: dict[str, Any]) -> list[str]:
    """The architectures that a config names: transformers writes a list of names, other tools a name alone, or none."""
    found = config.get("architectures")
    return [name for name in (found if isinstance(found, list) else [found]) if name and isinstance(name, str)]


def abilities(config: dict[str, Any]) -> frozenset[str] | None:
    """What a model can do by its config; None where only its weights tell, as without the name of an architecture."""
    name, kind = next(iter(listed(config)), ""), config.get("model_type")
    maps = frozenset() if kind in MAPLESS else BARE
    if name.startswith("LSTM"):
        return LSTM
    if name.endswith("ForMaskedLM"):
        return (BERT - BARE) | maps
    if name.endswith("ForConditionalGeneration") and not any(f"{part}_config" in config for part in ("text", "vision")):
        return T5
    if name.endswith(("ForCausalLM", "LMHeadModel")) and kind not in LOOKS_BOTH_WAYS:
        return (GPT - BARE) | maps
    return None
