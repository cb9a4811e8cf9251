"""The rotary angles of a GGUF file's model: their base, how they are scaled, and tables of factors for each of them."""

from __future__ import annotations

from typing import Any

from .header import Header


def settings(header: Header, cls: Any) -> dict[str, Any]:
    """The fields of a config that say how positions are turned."""
    if "rope_parameters" not in cls.__dataclass_fields__:
        return {}
    found: dict[str, Any] = {}
    base = header.field("rope.freq_base")
    if base:
        found["rope_theta"] = base
    local = header.field("rope.freq_base_swa")
    if local:
        found["rope_local_base_freq"] = local
    return found
