"""Which bytes a token stands for. A vocabulary spells them in one of a few ways; its own description says which.

Byte-level BPE writes each byte as one visible character; SentencePiece writes a space as U+2581 and a byte it has no
token for as <0xEA>; WordPiece marks a piece that continues a word with ##.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import tokenizers

from .files import read_json
from .load import find, tokenizer
from .shelf import Shelf

LOWER_BLOCK = "\u2581"  # SentencePiece's space
BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def byte_alphabet() -> dict[str, int]:
    """Character -> byte of byte-level BPE: a visible Latin-1 character is its own byte, the other 68 follow U+0100.

    >>> byte_alphabet()["A"], byte_alphabet()["\u0120"]
    (65, 32)
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in set(visible)]
    return {chr(byte): byte for byte in visible} | {chr(256 + n): byte for n, byte in enumerate(hidden)}


ALPHABET = byte_alphabet()


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """A tokenizer of our own: never truncates, and reads a special token's name typed by a person as plain text.

    spell: a token's spelling -> its bytes. special: ids that stand for no text. literal: ids spelled as they are.
    unknown: the id of text that it cannot spell; None where there is no such text, as where every byte has a token.
    end: the id that ends a text; None where it also separates texts, in models that read them whole.
    mark: the same for the same tokenizer, and for no other.
    """

    backend: tokenizers.Tokenizer
    spell: Callable[[str], bytes]
    special: frozenset[int]
    literal: frozenset[int]
    unknown: int | None
    end: int | None
    mark: str

    @cached_property
    def marked(self) -> tokenizers.Tokenizer:
        """The same tokenizer, but for reading special tokens' names as those tokens."""
        return tokenizers.Tokenizer.from_str(self.backend.to_str())  # that setting is not written down: it is off


def spell_bytes(token: str) -> bytes:
    """Byte-level BPE: one character, one byte."""
    return bytes(ALPHABET[character] for character in token)


def spelling(description: dict[str, Any]) -> Callable[[str], bytes]:
    """How a tokenizer spells bytes, from its own description (the JSON of the tokenizers library)."""
    stages = json.dumps([description.get(stage) for stage in ("normalizer", "pre_tokenizer", "decoder")])
    if '"ByteLevel"' in stages:
        return spell_bytes
    model = description["model"]
    prefix = model.get("continuing_subword_prefix") or ""
    suffix = model.get("end_of_word_suffix") or ""
    spaces = json.dumps(LOWER_BLOCK)[1:-1] in stages

    def spell(token: str) -> bytes:
        byte = BYTE.fullmatch(token) if model.get("byte_fallback") else None
        if byte:
            return bytes.fromhex(byte[1])
        token = token.removeprefix(prefix)
        if suffix and token.endswith(suffix):
            token = token.removesuffix(suffix) + " "
        return (token.replace(LOWER_BLOCK, " ") if spaces else token).encode()

    return spell


def read(name: str, folder: Path) -> Vocabulary:
    """The vocabulary of a model whose files lie in a folder."""
    original = tokenizer(name)
    text = original.backend_tokenizer.to_str()
    backend = tokenizers.Tokenizer.from_str(text)  # a copy: transformers changes the original's settings at each call
    backend.encode_special_tokens = True
    backend.no_truncation()
    backend.no_padding()
    description = json.loads(text)
    added = description.get("added_tokens") or []
    special = {token["id"] for token in added if token["special"]} | set(original.all_special_ids)
    literal = frozenset(token["id"] for token in added)
    end = original.eos_token_id if original.sep_token is None and not reads_whole(folder) else None
    beyond = unknown(description["model"], backend)
    guard(backend, special, beyond)
    mark = sha256(f"{end} {backend.to_str()}".encode()).hexdigest()
    return Vocabulary(backend, spelling(description), frozenset(special), literal, beyond, end, mark)


def guard(backend: tokenizers.Tokenizer, special: set[int], unknown: int | None) -> None:
    """Sees to it that no special token is read where its name is plain text.

    A Unigram model has the names among its pieces ("</s>") and would take one for the likeliest cut: here the first
    sign of such a name is cut off before the model sees it.
    """
    named = [(i, backend.id_to_token(i) or "") for i in special - {unknown}]
    taken = [name for i, name in named if i in backend.encode(name, add_special_tokens=False).ids and len(name) > 1]
    if taken:
        apart = "|".join(f"{re.escape(name[0])}(?={re.escape(name[1:])})" for name in sorted(taken))
        own = [backend.pre_tokenizer] if backend.pre_tokenizer else []
        cut = tokenizers.pre_tokenizers.Split(tokenizers.Regex(apart), "isolated")
        backend.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([*own, cut])


def reads_whole(folder: Path) -> bool:
    """Whether the model whose files lie there writes another text than it reads, which then ends with its mark."""
    config = folder / "config.json"
    return config.is_file() and bool(read_json(config).get("is_encoder_decoder"))


def unknown(model: dict[str, Any], backend: tokenizers.Tokenizer) -> int | None:
    """The id that a tokenizer writes for what it has no token for, from its model's own description."""
    if model.get("type") == "Unigram":
        return None if model.get("byte_fallback") else model.get("unk_id")
    named = model.get("unk_token")
    spelled = [f"<0x{byte:02X}>" for byte in range(256)] if model.get("byte_fallback") else ALPHABET
    every_byte = model.get("type") == "BPE" and all(backend.token_to_id(token) is not None for token in spelled)
    return None if named is None or every_byte else backend.token_to_id(named)


def vocabulary(name: str | Path) -> Vocabulary:
    """The vocabulary of a model, from the cache if it is there; refusals as `load` has them."""
    return _vocabularies.get(name)


def same_tokens(one: str | Path, other: str | Path) -> bool:
    """Whether two models have the same tokenizer: any text is the same ids to both. Refusals as `load` has them."""
    return vocabulary(one).mark == vocabulary(other).mark


_vocabularies: Shelf[Vocabulary] = Shelf(find, read, lambda vocabulary: 1, lambda: 16)
