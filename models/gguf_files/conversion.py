"""One GGUF file -> a whole model folder, or a Refusal that says why not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ..broken import BROKEN
from ..files import SINGLE
from ..quiet import quiet
from ..refusal import Refusal, room
from . import checks, parts, quantization, settings, tokens, weights
from .found import first_of
from .header import Header

SPARE = 50_000_000  # bytes that stay free on the disk
MOST_SHOWN = 160  # characters of what transformers says that a refusal repeats
Progress = Callable[[int, int], None]  # numbers done, of how many


def convert(name: str, file: Path, folder: Path, progress: Progress) -> None:
    """Writes the model of a GGUF file into a folder, as `models.gguf_files.convert` says. name: of the model."""
    head = parts.read(name, file)
    checks.check(name, head)
    _check_disk(name, head, folder)
    try:
        with quiet:
            _write(head, file, folder, progress)
    except Refusal as refusal:
        raise Refusal(refusal.key, **{"model": name, **refusal.facts}) from refusal
    except OSError as error:
        if error.filename and Path(error.filename).suffix.lower() != file.suffix.lower():
            raise  # of the folder that is written to, which is the caller's to tell
        raise Refusal("not_readable", model=name, file=file.name) from error
    except BROKEN as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise Refusal("gguf_unfit", model=name, detail=lines[-1][:MOST_SHOWN]) from error


def _write(head: Header, file: Path, folder: Path, progress: Progress) -> None:
    config = settings.config(head)
    with torch.device("meta"):
        model: Any = settings.class_of(head, config)(config)
    tokens.write(head, folder)
    weights.write(head, model, folder / SINGLE, progress)
    quantization.write(folder, quantization.of(head, first_of(file).name))
    (folder / "config.json").write_text(config.to_json_string(), encoding="utf-8")


def _check_disk(name: str, head: Header, folder: Path) -> None:
    """Raises Refusal("conversion_disk") unless there is room for the weights."""
    needed = weights.room(head) + SPARE
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Refusal("conversion_disk", model=name, needed=room(needed), free=room(free))
