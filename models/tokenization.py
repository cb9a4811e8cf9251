"""A folder's tokenizer, as transformers reads it: of the tokenizers library, or made into one from SentencePiece."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import transformers

from . import files, folders, tokenizer_files
from .broken import BROKEN, reading
from .refusal import Refusal

TEXTS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json")
TIKTOKEN = re.compile(rb"[A-Za-z0-9+/]+=* \d+\n")  # how its first line looks: a token in base64, and its rank
LOCAL = {"local_files_only": True, "trust_remote_code": False}


def read(name: str, folder: Path, config: Any) -> Any:
    """The tokenizer of a model's folder.

    Refusals: python_tokenizer (it is a program of its own: nothing says which bytes a token stands for), own_code,
    lfs_pointer, web_page, not_readable, file_not_json, tokenizer_missing, broken_model.
    """
    _check(name, folder)
    try:
        found = transformers.AutoTokenizer.from_pretrained(folder, config=config, **LOCAL)
    except BROKEN as error:
        tokenizer_files.check_halves(name, folder)
        raise _why(name, folder) from error
    if getattr(found, "backend_tokenizer", None) is None:
        raise Refusal("python_tokenizer", model=name, kind=type(found).__name__)
    return found


def _check(name: str, folder: Path) -> None:
    """Looks at the files before transformers does, which would not say which of them is no such file.

    Of one that SentencePiece did not write, transformers may even make a tokenizer that knows no word.
    """
    needed = not (folder / "tokenizer.json").exists()
    try:
        for path in folder.iterdir():
            if path.name in (*TEXTS, "vocab.txt", "merges.txt") or files.SENTENCEPIECE.fullmatch(path.name):
                folders.check_file(name, path)
                wrong = _no_sentencepiece(name, path) if needed and path.suffix == ".model" else None
                if wrong:
                    raise wrong
    except OSError as error:
        raise folders.unreadable(name, folder, error) from error


def _why(name: str, folder: Path) -> Refusal:
    """The refusal of a tokenizer that transformers did not read."""
    facts: dict[str, Any] = {}
    for path in (folder / file for file in TEXTS):
        try:
            value = json.loads(path.read_bytes().decode()) if path.is_file() else {}
        except ValueError as error:
            return Refusal("file_not_json", model=name, file=path.name, line=getattr(error, "lineno", 1))
        facts |= value if path.name == "tokenizer_config.json" and isinstance(value, dict) else {}
    if not (folder / "tokenizer.json").is_file():
        kind = str(facts.get("tokenizer_class") or "")
        if facts.get("auto_map"):
            return Refusal("own_code", model=name)
        if kind and not hasattr(transformers, kind) and not hasattr(transformers, kind + "Fast"):
            return Refusal("python_tokenizer", model=name, kind=kind[:80])
    return Refusal("broken_model", model=name)


def _no_sentencepiece(name: str, path: Path) -> Refusal | None:
    """The refusal of a file that SentencePiece does not read: in tiktoken's format, or damaged; None where it does."""
    data = path.read_bytes()
    if TIKTOKEN.match(data):
        return Refusal("python_tokenizer", model=name, kind="tiktoken")
    with reading(name):
        from google.protobuf.message import DecodeError
        from sentencepiece.sentencepiece_model_pb2 import ModelProto
    try:
        whole = bool(ModelProto.FromString(data).pieces)
    except DecodeError:
        whole = False
    return None if whole else Refusal("damaged_file", model=name, file=path.name)
