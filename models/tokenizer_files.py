"""Whether a folder holds a tokenizer: a trainer's checkpoint may not, and transformers then makes up an empty one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import transformers

from .files import read_json
from .refusal import Refusal

WHOLE = "tokenizer.json"  # the one file that says all
CONFIG = "tokenizer_config.json"
# A tokenizer begins with one of these; which others it takes is its class's to say.
BEGINNINGS = (WHOLE, "vocab.*", "merges.txt", "*.model", "*.spm", "*.tiktoken", "tekken.json", "bpe.codes")
HALVES = ("vocab.json", "merges.txt")  # of one that was written before there was one file for all
NEEDED = ("vocab_file", "merges_file")  # what a class may ask for besides is not needed to cut a text


def check_present(name: str, folder: Path) -> None:
    """Raises Refusal("tokenizer_missing") where no file of a tokenizer is there, and one is needed."""
    if not any(found.is_file() for pattern in BEGINNINGS for found in folder.glob(pattern)) and not needs_none(folder):
        raise Refusal("tokenizer_missing", model=name, file=WHOLE)


def needs_none(folder: Path) -> bool:
    """Whether the tokenizer that a folder names is one without a vocabulary on disk, such as ByT5's."""
    try:
        cls = getattr(transformers, str(read_json(folder / CONFIG).get("tokenizer_class")), None)
    except (OSError, ValueError):
        return False
    return cls is not None and not getattr(cls, "vocab_files_names", True)


def check_halves(name: str, folder: Path) -> None:
    """Raises Refusal("tokenizer_missing") where one file of two is there: why a tokenizer could not be read."""
    missing = [half for half in HALVES if not (folder / half).is_file()]
    if len(missing) == 1 and not (folder / WHOLE).is_file():
        raise Refusal("tokenizer_missing", model=name, file=missing[0])


def check_whole(name: str, folder: Path, tokenizer: Any) -> None:
    """Raises Refusal("tokenizer_missing") where some of a tokenizer's files are missing, or its vocabulary is empty."""
    names = type(tokenizer).vocab_files_names
    missing = [names[role] for role in NEEDED if role in names and not (folder / names[role]).is_file()]
    if missing and not (folder / WHOLE).is_file():
        raise Refusal("tokenizer_missing", model=name, file=missing[0])
    if tokenizer.get_vocab().keys() <= {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}:
        raise Refusal("tokenizer_missing", model=name, file=WHOLE)
