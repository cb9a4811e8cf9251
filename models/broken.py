"""What goes wrong where a model's files are read: transformers says it in many ways."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import safetensors
from huggingface_hub.errors import StrictDataclassError

from .refusal import Refusal

# What transformers raises on a folder that is not what it says it is.
BROKEN = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    ImportError,
    StrictDataclassError,
    safetensors.SafetensorError,
)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Around what reads a model's files, and nothing else: whatever goes wrong there is refused as broken_model."""
    try:
        yield
    except BROKEN as error:
        raise Refusal("broken_model", model=name) from error
