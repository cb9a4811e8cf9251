"""What of the Hugging Face Hub lies on this machine: fetched here, by another program, or when a Space was built."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from . import files

VOCABULARIES = re.compile(rf"tokenizer\.json|vocab\.json|vocab\.txt|{files.SENTENCEPIECE.pattern}")


def cached(name: str) -> Path | None:
    """The folder of a model that has been fetched whole; asks no network.

    Not `snapshot_download(local_files_only=True)`: to it a snapshot without the repository's other files is incomplete.
    """
    import huggingface_hub

    found = huggingface_hub.try_to_load_from_cache(name, "config.json")
    if not isinstance(found, str):
        return None
    folder = Path(found).parent
    try:
        whole = files.weight_files(folder) and any(VOCABULARIES.fullmatch(path.name) for path in folder.iterdir())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return folder if whole else None


def arrived(name: str) -> int:
    """How many bytes of a model lie here, whole files and parts; fewer for a moment while a part becomes whole."""
    from huggingface_hub import constants

    blobs = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}" / "blobs"
    sizes = 0
    with suppress(OSError):  # not begun
        for path in blobs.iterdir():
            with suppress(OSError):  # a part that just became whole
                sizes += path.stat().st_size
    return sizes
