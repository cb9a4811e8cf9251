"""The Hugging Face Hub: what a model weighs, asked before anything is fetched, and the few files of it that are safe.

Always anonymous: a visitor who types an id must not reach what only the host may read.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, RepositoryNotFoundError

import hosting

from . import catalog, files, formats, place
from .hub_cache import cached
from .refusal import Refusal

TEXTS = re.compile(
    r"(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json"
    r"|vocab\.txt|merges\.txt"
    rf"|{files.SENTENCEPIECE.pattern}"
)
# An error of the Hub's is both its HTTP client's and an OSError; without a network the client's own kind arrives.
NO_NETWORK: tuple[type[BaseException], ...] = HfHubHTTPError.__bases__
# The part that fetches large files is in Rust and knows RuntimeError only.
NOT_FETCHED: tuple[type[BaseException], ...] = (*NO_NETWORK, RuntimeError)
FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk, or what this user may have of it
FULL_IN_RUST = re.compile(r"\(os error (28|112|122)\)")


@dataclass(frozen=True)
class Facts:
    """What the Hub says of a model before it is fetched.

    parameters: numbers in its weights, buffers too. bytes: of all the files that would be fetched.
    """

    parameters: int
    bytes: int
    licence: str
    files: tuple[str, ...]


def facts(name: str) -> Facts:
    """Asks the Hub. Refusals: model_needs_network, unknown_model, unsafe_file, broken_model."""
    try:
        info = huggingface_hub.HfApi(token=False).model_info(name, files_metadata=True, timeout=10)
    except (RepositoryNotFoundError, HFValidationError):
        raise Refusal("unknown_model", model=name) from None
    except NO_NETWORK as error:
        raise Refusal("model_needs_network", model=name) from error
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or ()}
    weights = [files.SINGLE] if files.SINGLE in sizes else _shards(name) if files.INDEX in sizes else []
    if not weights:
        known = formats.other(name, sizes)
        if known and known.key == "adapter_alone":
            known = formats.adapter(name, str((info.card_data or {}).get("base_model") or "…"))
        raise known or Refusal("no_weights", model=name)
    missing = [file for file in weights if file not in sizes]
    if missing:
        raise Refusal("missing_file", model=name, file=missing[0])
    texts = [file for file in sizes if TEXTS.fullmatch(file) or file == files.INDEX]
    disk = sum(sizes[file] for file in (*weights, *texts))
    count = info.safetensors.total if info.safetensors else disk // 2
    licence = str((info.card_data or {}).get("license") or "")
    return Facts(count, disk, licence, (*weights, *texts))


def _shards(name: str) -> list[str]:
    """The files of weights that a model's index names: the index alone is fetched, which is small."""
    try:
        index = huggingface_hub.hf_hub_download(name, files.INDEX, token=False)
        return files.shards(files.read_json(Path(index)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refusal("damaged_file", model=name, file=files.INDEX) from error
    except NOT_FETCHED as error:
        raise Refusal("disk_full" if _is_full(error) else "model_needs_network", model=name) from error


def check_room(name: str, parameters: int, disk: int = 0) -> None:
    """Raises Refusal("model_too_large") unless a model fits this host, in memory as float32 and on the disk.

    The limit is GLASSBOX_MAX_GB, by default half of what is free of each.
    """
    for needed, free in ((parameters * 4, place.free_memory), (disk, _free_disk)):
        if needed and needed > (limit := _limit(free)):
            raise Refusal("model_too_large", model=name, bytes=needed, limit=int(limit))


def memory_limit() -> float:
    """Bytes of memory that one model may take (GLASSBOX_MAX_GB, by default half of what is free)."""
    return _limit(place.free_memory)


def _limit(free: Callable[[], float]) -> float:
    own = hosting.MAX_GB.read()
    return free() / 2 if own is None else own * 1e9


def _free_disk() -> float:
    """Bytes that are free where models are fetched to."""
    cache = Path(huggingface_hub.constants.HF_HUB_CACHE)
    return float(shutil.disk_usage(next(folder for folder in (cache, *cache.parents) if folder.exists())).free)


def fetch(name: str) -> Path:
    """The folder of a Hub model, fetched unless it has been: its size is asked first and refused if it does not fit.

    Refusals: model_too_large, disk_full (others wrote to it meanwhile), and those of `facts`.
    """
    folder = cached(name)
    if folder is None:
        known = facts(name)
        check_room(name, known.parameters, known.bytes)
        try:
            folder = Path(huggingface_hub.snapshot_download(name, allow_patterns=list(known.files), token=False))
        except NOT_FETCHED as error:
            raise Refusal("disk_full" if _is_full(error) else "model_needs_network", model=name) from error
    return folder


def _is_full(error: BaseException) -> bool:
    """Whether a download ended because nothing more could be written."""
    return getattr(error, "errno", None) in FULL or bool(FULL_IN_RUST.search(str(error)))


def check() -> dict[str, dict[str, int | str]]:
    """Asks the Hub for each catalogue entry, prints a table, and returns what is to be written."""
    today = datetime.now(UTC).date().isoformat()
    table: dict[str, dict[str, int | str]] = {}
    for entry in catalog.CATALOG:
        if entry.hub and not entry.packages:
            known = facts(entry.hub)
            table[entry.name] = {
                "parameters": known.parameters,
                "bytes": known.bytes,
                "licence": known.licence,
                "checked": today,
            }
            print(f"{entry.name:32} {known.parameters:>13,} {known.bytes:>14,} B  {known.licence}")
    return table


def main() -> int:
    """`python -m models.catalog --check`: 0 when every entry was checked and models/catalogue.json written."""
    parser = argparse.ArgumentParser(prog="python -m models.catalog")
    parser.add_argument("--check", action="store_true", required=True)
    parser.parse_args()
    try:
        table = check()
    except Refusal as refusal:
        print(f"catalogue not checked: {refusal!r}", file=sys.stderr)
        return 1
    catalog.CHECKED.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return 0
