"""The tokenizer that stands in the metadata of a GGUF file, as a tokenizer.json and its config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers
from transformers.integrations.gguf import GGUF_TOKENIZER_MAPPING, convert_gguf_tokenizer

from ..refusal import Refusal
from .header import Header

SPECIAL = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
MOST_LETTERS = 2048  # of one token


def write(header: Header, folder: Path) -> None:
    """Writes the tokenizer's files.

    Refusals: gguf_no_tokenizer, gguf_tokenizer. Raises what the tokenizers library raises on a vocabulary that is none.
    """
    facts = header.metadata
    tokens = facts.get("tokenizer.ggml.tokens")
    if not isinstance(tokens, list) or not tokens:
        raise Refusal("gguf_no_tokenizer")
    if any(len(token) > MOST_LETTERS for token in tokens):
        raise ValueError("a token is longer than any")
    said = GGUF_TOKENIZER_MAPPING["tokenizer"]
    parts = {name: facts[f"tokenizer.{key}"] for key, name in said.items() if f"tokenizer.{key}" in facts}
    parts |= {name: value.tolist() for name, value in parts.items() if hasattr(value, "tolist")}
    backend, _ = convert_gguf_tokenizer(header.family, parts)
    special = {name: tokens[facts[key]] for name, key in _ids().items() if key in facts}
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        add_bos_token=_adds(facts, "bos", parts.get("tokenizer_type") == "llama"),
        add_eos_token=_adds(facts, "eos", False),
        **special,
    )
    made.save_pretrained(folder)


def _ids() -> dict[str, str]:
    return {name: f"tokenizer.ggml.{said}_token_id" for name, said in SPECIAL.items()}


def _adds(facts: dict[str, Any], which: str, usual: bool) -> bool:
    """Whether a text begins, or ends, with a special token."""
    return bool(facts.get(f"tokenizer.ggml.add_{which}_token", usual))
