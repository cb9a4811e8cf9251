"""The file of weights that a GGUF file's tensors make for a model of transformers, one tensor after another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..refusal import Refusal
from . import layout
from .blocks import dequantized
from .header import Header
from .safetensors_file import Writer

HALVES = ("F16", "BF16")


def room(header: Header) -> int:
    """Bytes that the weights take on the disk, at most."""
    return sum(tensor.numbers * (2 if tensor.type.name in HALVES else 4) for tensor in header.tensors)


def write(name: str, header: Header, model: Any, path: Path, progress: Callable[[float], None]) -> None:
    """Writes the weights of a model, which is on the "meta" device, from the tensors of its GGUF file.

    name: the model's, for refusals. progress: called with the share of the numbers that are done.
    Refusals: gguf_tensor, for one that has no place in the model, or another size there; missing_tensors.
    """
    wanted = {place: tuple(values.shape) for place, values in model.state_dict().items()}
    tied = dict(model._tied_weights_keys or {}) if model.config.tie_word_embeddings else {}
    arrange, done, whole = layout.arranger(name, header, model), 0, sum(tensor.numbers for tensor in header.tensors)
    with Writer(path, list(wanted)) as file:
        for tensor in header.tensors:
            progress(done / whole)
            for place, values in arrange(tensor, dequantized(tensor)).items():
                place = tied.get(place, place)
                if wanted.get(place) != values.shape:
                    raise Refusal("gguf_tensor", model=name, tensor=tensor.name, family=header.family)
                file.add(place, values, tensor.type.name)
            done += tensor.numbers
        missing = sorted(wanted.keys() - file.table.keys() - tied.keys())
        if missing:
            raise Refusal("missing_tensors", model=name, tensor=missing[0], count=len(missing))
