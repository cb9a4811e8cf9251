"""Which bytes a token stands for. A vocabulary spells them in one of a few ways; its own description says which.

Byte-level BPE writes each byte as one visible character; SentencePiece writes a space as U+2581 and a byte it has no
token for as <0xEA>; WordPiece marks a piece that continues a word with ##.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import tokenizers

from .cutting import Cutter, make_cutter, rows_of, settle
from .files import read_json
from .load import find, opened, tokenizer
from .shelf import Shelf

LOWER_BLOCK = "\u2581"  # SentencePiece's space
# Names of tokens that stand for no text, though not every file says so: Gemma's mark before a picture, Qwen's in code.
MARKER = re.compile(r"<\|[^\s|<>]+\|>|</?(?:begin|start|end)_of_\w+>|<(?:image|audio|video)(?:_\w+)?>|\[multimodal\]")
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
    """A tokenizer as we read it.

    backend: as it was saved, for what ids mean. cutter: what cuts texts. spell: a token's spelling -> its bytes.
    special: ids that stand for no text. literal: ids spelled as they are.
    unknown: the id of text that it cannot spell; None where there is no such text, as where every byte has a token.
    end: the id that ends a text; None where it also separates texts, in models that read them whole.
    mark: the same for the same tokenizer, and for no other.
    """

    backend: tokenizers.Tokenizer
    cutter: Cutter
    spell: Callable[[str], bytes]
    special: frozenset[int]
    literal: frozenset[int]
    unknown: int | None
    end: int | None
    mark: str


def spell_bytes(token: str) -> bytes:
    """Byte-level BPE: one character, one byte; a token with any other character stands for itself, as it is."""
    if all(character in ALPHABET for character in token):
        return bytes(ALPHABET[character] for character in token)
    return token.encode()


def spelling(description: dict[str, Any]) -> Callable[[str], bytes]:
    """How a tokenizer spells bytes, from its own description (the JSON of the tokenizers library)."""
    stages = json.dumps([description.get(stage) for stage in ("normalizer", "pre_tokenizer", "decoder")])
    if '"ByteLevel"' in stages:
        return spell_bytes
    model = description["model"]
    prefix = model.get("continuing_subword_prefix") or ""
    suffix = model.get("end_of_word_suffix") or ""
    spaces = json.dumps(LOWER_BLOCK)[1:-1] in stages
    falls_back = bool(model.get("byte_fallback"))  # the description itself is large, and not to be kept

    def spell(token: str) -> bytes:
        byte = BYTE.fullmatch(token) if falls_back else None
        if byte:
            return bytes.fromhex(byte[1])
        token = token.removeprefix(prefix)
        if suffix and token.endswith(suffix):
            token = token.removesuffix(suffix) + " "
        return (token.replace(LOWER_BLOCK, " ") if spaces else token).encode()

    return spell


def read(name: str, folder: Path) -> Vocabulary:
    """The vocabulary of a model whose files lie in a folder."""
    original, folder = tokenizer(name), opened(name, folder)
    backend = settle(original.backend_tokenizer)  # no copy: a large vocabulary takes hundreds of megabytes
    text = backend.to_str()
    description, rows = json.loads(text), rows_of(folder)
    added = description.get("added_tokens") or []
    special = {token["id"] for token in added if token["special"]} | set(original.all_special_ids) | markers(added)
    backend.add_special_tokens([token["content"] for token in added if token["id"] in special])
    literal = frozenset(token["id"] for token in added)
    end = original.eos_token_id if original.sep_token is None and not reads_whole(folder) else None
    beyond = unknown(description["model"], backend)
    beyond = None if beyond is not None and rows is not None and beyond >= rows else beyond
    cutter = make_cutter(backend, description, rows, beyond, spells_bytes(description["model"]))
    guard(cutter, {i: backend.id_to_token(i) or "" for i in special - {beyond}})
    mark = sha256(f"{end} {text}".encode()).hexdigest()
    return Vocabulary(backend, cutter, spelling(description), frozenset(special), literal, beyond, end, mark)


def markers(added: list[dict[str, Any]]) -> set[int]:
    """The ids of added tokens whose names say that they stand for no text.

    >>> markers([{"id": 7, "content": "<start_of_image>"}, {"id": 8, "content": "<b>"}])
    {7}
    """
    return {token["id"] for token in added if MARKER.fullmatch(token["content"])}


def guard(cutter: Cutter, special: dict[int, str]) -> None:
    """Sees to it that no special token is read where its name is plain text. special: id -> name.

    A Unigram model has the names among its pieces ("</s>") and would take one for the likeliest cut: here the first
    sign of such a name is cut off before the model sees it.
    """
    taken = [
        name for i, name in special.items() if len(name) > 1 and i in {part.id for part in cutter.cut(name, False)}
    ]
    if taken:
        backend = cutter.backend
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
    if spells_bytes(model):
        return None
    if model.get("type") == "Unigram":
        return model.get("unk_id")
    named = model.get("unk_token")
    return None if named is None else backend.token_to_id(named)


def spells_bytes(model: dict[str, Any]) -> bool:
    """Whether a tokenizer's model has a token for each byte, so that it can spell any text."""
    if model.get("byte_fallback"):
        spelled = [f"<0x{byte:02X}>" for byte in range(256)]
    elif model.get("type") == "BPE":
        spelled = list(ALPHABET)
    else:
        return False
    words = {word for word, _ in model["vocab"]} if model["type"] == "Unigram" else model["vocab"]
    return all(byte in words for byte in spelled)


def vocabulary(name: str | Path) -> Vocabulary:
    """The vocabulary of a model, from the cache if it is there; refusals as `load` has them."""
    return _vocabularies.get(name)


def same_tokens(one: str | Path, other: str | Path) -> bool:
    """Whether two models have the same tokenizer: any text is the same ids to both. Refusals as `load` has them."""
    return vocabulary(one).mark == vocabulary(other).mark


_vocabularies: Shelf[Vocabulary] = Shelf(find, read, lambda vocabulary: 1, lambda: 16)
