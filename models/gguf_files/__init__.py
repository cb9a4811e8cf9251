"""GGUF files, in which llama.cpp keeps a model: one file, often quantised -> a folder that transformers reads.

`found`, `families` and `quantization` are light; the rest reads headers (numpy) or models (torch).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def convert(file: Path, folder: Path, progress: Callable[[float], None] = lambda share: None, name: str = "") -> None:
    """Writes into a folder, which is there, the model of a GGUF file: config, tokenizer, weights, how it was quantised.

    file: any part of a split one. progress: called with how much of the work is done, from 0 to 1.
    name: of the model, as refusals say it; the file's, if none is given.
    No more than one tensor is in memory at a time. What is quantised becomes float32, which holds each number exactly.
    Refusals: damaged_file, not_readable, gguf_version, gguf_part_missing, gguf_family, gguf_type, gguf_tensor,
    gguf_no_tokenizer, gguf_tokenizer, gguf_projector, gguf_unfit, missing_tensors, adapter_alone, conversion_disk.
    Raises OSError where the folder cannot be written.
    """
    from .conversion import convert as write  # heavy

    write(name or file.name, file, folder, progress)
