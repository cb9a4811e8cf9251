"""The rotary angles of a GGUF file's model: their base, how they are stretched, and tables of factors, one an angle.

A table of factors stands among the tensors. It is given to transformers as "longrope" has it, whose two tables are
then the same: so each angle is divided by exactly the number that llama.cpp divides it by.
"""

from __future__ import annotations

from typing import Any

from .blocks import dequantized
from .header import Header, Tensor

FACTORS = {"rope_freqs.weight": ("short", "long"), "rope_factors_short.weight": ("short",)}
FACTORS["rope_factors_long.weight"] = ("long",)


def settings(header: Header, cls: Any) -> dict[str, Any]:
    """The fields of a config of this class that say how positions turn; none where it has none."""
    if "rope_parameters" not in cls.__dataclass_fields__:
        return {}
    found: dict[str, Any] = {}
    base, local = header.field("rope.freq_base"), header.field("rope.freq_base_swa")
    if base:
        found["rope_theta"] = base
    if local:
        found["rope_local_base_freq"] = local
    turned, width = header.field("rope.dimension_count"), header.field("attention.key_length") or _width(header)
    if turned and width and turned < width:
        found["partial_rotary_factor"] = turned / width
    scaling = _tables(header) or _stretched(header)
    if scaling:
        found["rope_scaling"] = scaling
    return found


def _width(header: Header) -> int:
    """Of a head."""
    return int(header.field("embedding_length", 0) // header.field("attention.head_count", 1))


def _original(header: Header) -> int:
    """How many positions the model was first trained on."""
    return int(header.field("rope.scaling.original_context_length") or header.field("context_length", 0))


def _tables(header: Header) -> dict[str, Any]:
    """A "longrope" of the tables in the file; {} where there is none."""
    found: dict[str, Any] = {}
    for tensor in header.tensors:
        for which in FACTORS.get(tensor.name, ()):
            found[f"{which}_factor"] = _list(tensor)
    if found:
        found |= {"rope_type": "longrope", "original_max_position_embeddings": _original(header), "factor": 1.0}
        found["attention_factor"] = float(header.field("rope.scaling.attn_factor", 1.0))
    return found


def _list(tensor: Tensor) -> list[float]:
    return [float(str(factor)) for factor in dequantized(tensor).ravel()]


def _stretched(header: Header) -> dict[str, Any]:
    """A stretch of all angles by one number, as old models have it ("linear"), or by their wavelength ("yarn")."""
    kind, factor = header.field("rope.scaling.type", "none"), header.field("rope.scaling.factor", 0.0)
    if kind not in ("linear", "yarn") or factor in (0.0, 1.0):
        return {}
    found = {"rope_type": kind, "factor": float(factor)}
    if kind == "yarn":
        found["original_max_position_embeddings"] = _original(header)
        for side in ("beta_fast", "beta_slow"):
            given = header.field(f"rope.scaling.yarn_{side}")
            found |= {side: float(given)} if given is not None else {}
    return found
