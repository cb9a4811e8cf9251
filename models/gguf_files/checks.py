"""What the header of a GGUF file alone shows to be none that can be opened here. Needs no torch."""

from __future__ import annotations

from ..refusal import Refusal
from .blocks import is_known
from .families import FAMILIES
from .header import Header

TOKENS = "tokenizer.ggml.tokens"
TOKENIZERS = ("gpt2", "llama", "t5", "gemma4")  # kinds that transformers builds from such a file


def check(name: str, head: Header) -> None:
    """Raises the Refusal that fits.

    Refusals: adapter_alone, gguf_projector, gguf_family, gguf_no_tokenizer, gguf_tokenizer, gguf_type.
    """
    kind = head.metadata.get("general.type")
    if kind == "adapter":
        raise Refusal("adapter_alone", model=name, base=str(head.metadata.get("general.base_model.0.name", "…"))[:120])
    if kind == "mmproj" or head.family == "clip":
        raise Refusal("gguf_projector", model=name)
    if head.family not in FAMILIES:
        raise Refusal("gguf_family", model=name, family=head.family[:80] or "?")
    _check_tokenizer(name, head)
    known = {kind: is_known(kind) for kind in {tensor.type for tensor in head.tensors}}
    for tensor in head.tensors:
        if not known[tensor.type]:
            raise Refusal("gguf_type", model=name, tensor=tensor.name, type=tensor.type.name)


def _check_tokenizer(name: str, head: Header) -> None:
    kind, tokens = head.metadata.get("tokenizer.ggml.model"), head.metadata.get(TOKENS)
    if not kind or kind == "none" or not isinstance(tokens, list) or not tokens:
        raise Refusal("gguf_no_tokenizer", model=name)
    if kind not in TOKENIZERS:
        raise Refusal("gguf_tokenizer", model=name, kind=str(kind)[:80])
