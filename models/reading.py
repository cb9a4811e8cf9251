"""Weights from a folder into a model in memory, tensor by tensor.

transformers maps the files into memory and may keep them mapped. Whoever then writes over such a file, or cuts it
short, ends the whole process with a signal (SIGBUS) that no program can handle. Here each tensor is read like any other
data: a file that changes meanwhile is an error, and one that changes later concerns nobody.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open

from . import files


def class_of(reader: Any, config: Any) -> Any:
    """The model's own class, where `reader` is one of transformers' Auto classes; else the reader itself."""
    table = getattr(reader, "_model_mapping", None)
    if table is None:
        return reader
    classes = table[type(config)]
    classes = classes if isinstance(classes, tuple) else (classes,)
    named = set(config.architectures or ())
    return next((cls for cls in classes if cls.__name__ in named), classes[0])


def read_model(folder: Path, cls: Any, config: Any, dtype: torch.dtype) -> tuple[Any, dict[str, Any]]:
    """A model of that class with the weights of a folder, and transformers' report on what was missing.

    Raises what transformers and safetensors raise on files that are not what they say.
    """
    with ExitStack() as open_files:
        tensors: dict[str, Any] = {}
        for path in files.weight_files(folder):
            file = open_files.enter_context(safe_open(path, "pt", backend="pread"))
            names = file.keys()  # no dict: it cannot be gone through by itself
            tensors |= {name: file.get_slice(name) for name in names}
        model, report = cls.from_pretrained(
            None,
            config=config,
            state_dict=tensors,
            dtype=dtype,
            generation_config=generation_config(folder),
            attn_implementation="eager",  # the only one that gives its attention maps back
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are in the report
            local_files_only=True,
            trust_remote_code=False,
        )
    return model, report


def generation_config(folder: Path) -> Any:
    """How the folder's model writes, such as which tokens end a text; None where no file says it."""
    if not (folder / "generation_config.json").is_file():
        return None
    return transformers.GenerationConfig.from_pretrained(folder, local_files_only=True)
