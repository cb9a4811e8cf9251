"""The tokenizer that stands in the metadata of a GGUF file, as a tokenizer.json and its config."""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path
from typing import Any

import transformers
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from transformers.integrations.gguf import GGUF_TOKENIZER_MAPPING, convert_gguf_tokenizer

from ..broken import BROKEN
from ..hub import FULL_IN_RUST
from .header import Header

SPACE = "\u2581"  # as SentencePiece writes it
PREFIX = "tokenizer.ggml."
SPECIAL = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
# Cuts of Llama 3 and Tekken: a word that is a token is that token, however it could be merged; a text begins with BOS.
WHOLE_WORDS = frozenset({
    "falcon-h1", "falcon3", "jina-v5-nano", "lfm2", "llama-bpe", "llama-v3", "llama3", "midm-2.0", "pixtral", "tekken",
})  # fmt: skip
MOST_LETTERS = 2048  # of one token


def write(header: Header, folder: Path) -> None:
    """Writes the tokenizer's files. Raises ValueError, or another of BROKEN, on a vocabulary that is none."""
    facts = header.metadata
    tokens = facts[f"{PREFIX}tokens"]
    parts = _parts(facts)
    scores = parts.get("scores", [0.0] * len(tokens))
    if max(map(len, tokens)) > MOST_LETTERS or len(scores) != len(tokens) or not all(map(math.isfinite, scores)):
        raise ValueError("a token is longer than any, or not every token has a score")
    backend = _trimmed(_built(header.family, parts), len(tokens))
    if facts.get(f"{PREFIX}add_space_prefix") is False:
        _leave_begin(backend)
    whole_words = facts.get(f"{PREFIX}pre") in WHOLE_WORDS
    if whole_words:
        backend.model.ignore_merges = True
    ids = {name: facts.get(f"{PREFIX}{said}_token_id") for name, said in SPECIAL.items()}
    kind = facts[f"{PREFIX}model"]
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend,
        add_bos_token=_adds(facts, "bos", kind == "llama" or whole_words),
        add_eos_token=_adds(facts, "eos", kind == "t5"),
        **{name: tokens[i] for name, i in ids.items() if i is not None},
    )
    if facts.get("tokenizer.chat_template"):
        made.chat_template = str(facts["tokenizer.chat_template"])
    _save(made, folder)


def _built(family: str, parts: dict[str, Any]) -> Tokenizer:
    """The tokenizer as transformers builds it."""
    try:
        return convert_gguf_tokenizer(family, parts)[0]
    except BROKEN:
        raise
    except Exception as error:  # the tokenizers library raises nothing narrower
        raise ValueError(str(error)) from error


def _save(tokenizer: Any, folder: Path) -> None:
    """Writes the files; raises OSError where the disk is full or the folder cannot be written."""
    try:
        tokenizer.save_pretrained(folder)
    except BROKEN:
        raise
    except Exception as error:  # the tokenizers library raises nothing narrower, nor says what of the system's it was
        full = FULL_IN_RUST.search(str(error))
        raise OSError(errno.ENOSPC if full else errno.EACCES, str(error)) from error


def _trimmed(backend: Tokenizer, count: int) -> Tokenizer:
    """The tokenizer without the special tokens that transformers' class for it has put behind those of the file."""
    added = backend.get_added_tokens_decoder()
    if not any(i >= count for i in added):
        return backend
    said = json.loads(backend.to_str())
    said["added_tokens"] = [token for token in said["added_tokens"] if token["id"] < count]
    return Tokenizer.from_str(json.dumps(said))


def _leave_begin(backend: Tokenizer) -> None:
    """Lets a text begin as it does, where transformers would put a space before it."""
    if isinstance(backend.pre_tokenizer, pre_tokenizers.Metaspace):
        backend.pre_tokenizer.prepend_scheme = "never"
        steps = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
        backend.decoder = decoders.Sequence(steps)
    elif isinstance(backend.normalizer, normalizers.Sequence):
        backend.normalizer = normalizers.Replace(" ", SPACE)


def _parts(facts: dict[str, Any]) -> dict[str, Any]:
    """The metadata under the names that transformers has for them."""
    said = GGUF_TOKENIZER_MAPPING["tokenizer"]
    found = {name: facts[f"tokenizer.{key}"] for key, name in said.items() if f"tokenizer.{key}" in facts}
    return {name: value.tolist() if hasattr(value, "tolist") else value for name, value in found.items()}


def _adds(facts: dict[str, Any], which: str, usual: bool) -> bool:
    """Whether a text begins, or ends, with a special token."""
    return bool(facts.get(f"{PREFIX}add_{which}_token", usual))
