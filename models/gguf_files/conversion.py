"""One GGUF file -> a whole model folder, or a Refusal that says why not."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from ..broken import BROKEN
from ..files import SINGLE
from ..hub import FULL
from ..quiet import quiet
from ..refusal import Refusal, room
from . import checks, parts, quantization, settings, tokens, weights
from .found import first_of, parts_of
from .header import Header

SPARE = 50_000_000  # bytes that stay free on the disk
MOST_SHOWN = 160  # characters of what transformers says that a refusal repeats
Progress = Callable[[float], None]  # how much is done, from 0 to 1
BEGUN, HALF = 0.05, 0.5  # when the header is read, and when the tokenizer is built


def convert(name: str, file: Path, folder: Path, progress: Progress) -> None:
    """Writes the model of a GGUF file into a folder, as `models.gguf_files.convert` says. name: of the model."""
    head = parts.read(name, file)
    checks.check(name, head)
    _check_disk(name, head, folder)
    try:
        with quiet:
            _write(name, head, file, folder, progress)
    except OSError as error:
        if error.errno in FULL:
            raise _no_room(name, head, folder) from error
        if error.errno == errno.EIO or Path(str(error.filename)) in parts_of(first_of(file)):
            raise Refusal("not_readable", model=name, file=file.name) from error
        raise  # of the folder that is written to: the caller's to tell
    except BROKEN as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise Refusal("gguf_unfit", model=name, detail=lines[-1][:MOST_SHOWN]) from error


def _write(name: str, head: Header, file: Path, folder: Path, progress: Progress) -> None:
    config = settings.config(head)
    with torch.device("meta"):
        model: Any = settings.class_of(head, config)(config)
    progress(BEGUN)
    tokens.write(head, folder)
    weights.write(name, head, model, folder / SINGLE, lambda share: progress(HALF + (1 - HALF) * share))
    quantization.write(folder, quantization.of(head, first_of(file).name))
    (folder / "config.json").write_text(config.to_json_string(), encoding="utf-8")


def _check_disk(name: str, head: Header, folder: Path) -> None:
    """Raises Refusal("conversion_disk") unless there is room for the weights."""
    if weights.room(head) + SPARE > shutil.disk_usage(folder).free:
        raise _no_room(name, head, folder)


def _no_room(name: str, head: Header, folder: Path) -> Refusal:
    free = shutil.disk_usage(folder).free
    return Refusal("conversion_disk", model=name, needed=room(weights.room(head) + SPARE), free=room(free))
