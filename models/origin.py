"""What a model's files say of where its numbers came from."""

from __future__ import annotations

import os

from . import catalog, host
from .gguf_files import quantization
from .gguf_files.found import is_gguf
from .gguf_files.quantization import Quantization


def stored(name: str | os.PathLike[str]) -> Quantization | None:
    """How the GGUF file of a model holds its numbers; None for a model that comes from none."""
    folder = catalog.folder_of(name)
    if folder is None:
        return None
    found = host.look(folder) if folder == catalog.host_folder() or is_gguf(folder) else None
    return (found.stored if isinstance(found, host.Found) else None) or quantization.read(folder)
