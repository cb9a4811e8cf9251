"""A folder's tokenizer, as transformers reads it: of the tokenizers library, or made into one from SentencePiece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import transformers

from . import files, folders
from .broken import BROKEN
from .refusal import Refusal

TEXTS = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json")
LOCAL = {"local_files_only": True, "trust_remote_code": False}


def read(name: str, folder: Path, config: Any) -> Any:
    """The tokenizer of a model's folder.

    Refusals: python_tokenizer (it is a program of its own: nothing says which bytes a token stands for), own_code,
    lfs_pointer, web_page, not_readable, not_json, broken_model.
    """
    _check(name, folder)
    try:
        found = transformers.AutoTokenizer.from_pretrained(folder, config=config, **LOCAL)
    except BROKEN as error:
        raise _why(name, folder) from error
    if getattr(found, "backend_tokenizer", None) is None:
        raise Refusal("python_tokenizer", model=name, kind=type(found).__name__)
    return found


def _check(name: str, folder: Path) -> None:
    """Looks at the files before transformers does, which would not say which of them is no such file."""
    try:
        for path in folder.iterdir():
            if path.name in (*TEXTS, "vocab.txt", "merges.txt") or files.SENTENCEPIECE.fullmatch(path.name):
                folders.check_file(name, path)
    except OSError as error:
        raise folders.unreadable(name, folder, error) from error


def _why(name: str, folder: Path) -> Refusal:
    """The refusal of a tokenizer that transformers did not read."""
    facts: dict[str, Any] = {}
    for path in (folder / file for file in TEXTS):
        try:
            value = json.loads(path.read_bytes().decode()) if path.is_file() else {}
        except ValueError as error:
            return Refusal("not_json", model=name, file=path.name, line=getattr(error, "lineno", 1))
        facts |= value if path.name == "tokenizer_config.json" and isinstance(value, dict) else {}
    if not (folder / "tokenizer.json").is_file():
        kind = str(facts.get("tokenizer_class") or "")
        if facts.get("auto_map"):
            return Refusal("own_code", model=name)
        if kind and not hasattr(transformers, kind) and not hasattr(transformers, kind + "Fast"):
            return Refusal("python_tokenizer", model=name, kind=kind[:80])
    return Refusal("broken_model", model=name)
