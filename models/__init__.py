"""The whole surface that explainers may call. Importing it is light: a name is fetched from its file when first used.

Some names are also names of files (`pieces`, `load`, `decode`): here they are always the functions.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arriving import arrive, is_absent, real_entry
    from .catalog import (
        CATALOG,
        Entry,
        check_offered,
        default,
        host_conversion,
        host_entry,
        host_refusal,
        is_here,
        is_installed,
        name_of,
        offered,
        policy,
    )
    from .decode import ending_ids, write
    from .load import Loaded, check_kind, load, settle_host, stamp
    from .origin import stored
    from .pieces import (
        Group,
        Lost,
        Marked,
        Piece,
        added,
        decode,
        encode,
        groups,
        label,
        labels,
        lost,
        pieces,
        spans,
        special_spans,
        special_tokens,
        tokenizer_kind,
        unknown_id,
        visible,
        vocabulary_labels,
        vocabulary_size,
        with_rows,
    )
    from .refusal import Refusal
    from .run import Pass, as_tensor, forward, last_logits, mean_row, row_lengths, table
    from .space import Projection, projection
    from .vocabulary import same_tokens

__all__ = [
    "CATALOG",
    "Entry",
    "Group",
    "Loaded",
    "Lost",
    "Marked",
    "Pass",
    "Piece",
    "Projection",
    "Refusal",
    "added",
    "arrive",
    "as_tensor",
    "check_kind",
    "check_offered",
    "decode",
    "default",
    "encode",
    "ending_ids",
    "forward",
    "groups",
    "host_conversion",
    "host_entry",
    "host_refusal",
    "is_absent",
    "is_here",
    "is_installed",
    "label",
    "labels",
    "last_logits",
    "load",
    "lost",
    "mean_row",
    "name_of",
    "offered",
    "pieces",
    "policy",
    "projection",
    "real_entry",
    "row_lengths",
    "same_tokens",
    "settle_host",
    "spans",
    "special_spans",
    "special_tokens",
    "stamp",
    "stored",
    "table",
    "tokenizer_kind",
    "unknown_id",
    "visible",
    "vocabulary_labels",
    "vocabulary_size",
    "with_rows",
    "write",
]

HOME = {
    "CATALOG": "catalog",
    "Entry": "catalog",
    "Group": "pieces",
    "Loaded": "load",
    "Lost": "pieces",
    "Marked": "pieces",
    "Pass": "run",
    "Piece": "pieces",
    "Projection": "space",
    "Refusal": "refusal",
    "arrive": "arriving",
    "added": "pieces",
    "as_tensor": "run",
    "check_kind": "load",
    "check_offered": "catalog",
    "decode": "pieces",
    "default": "catalog",
    "encode": "pieces",
    "ending_ids": "decode",
    "forward": "run",
    "groups": "pieces",
    "host_conversion": "catalog",
    "host_entry": "catalog",
    "host_refusal": "catalog",
    "is_absent": "arriving",
    "is_here": "catalog",
    "is_installed": "catalog",
    "label": "pieces",
    "labels": "pieces",
    "last_logits": "run",
    "load": "load",
    "lost": "pieces",
    "mean_row": "run",
    "name_of": "catalog",
    "offered": "catalog",
    "pieces": "pieces",
    "policy": "catalog",
    "projection": "space",
    "real_entry": "arriving",
    "row_lengths": "run",
    "same_tokens": "vocabulary",
    "settle_host": "load",
    "spans": "pieces",
    "special_spans": "pieces",
    "special_tokens": "pieces",
    "stamp": "load",
    "stored": "origin",
    "table": "run",
    "tokenizer_kind": "pieces",
    "unknown_id": "pieces",
    "visible": "pieces",
    "vocabulary_labels": "pieces",
    "vocabulary_size": "pieces",
    "with_rows": "pieces",
    "write": "decode",
}


LIGHT = ("arriving", "catalog", "origin", "refusal")


def _import_bars() -> None:
    """The bars of libraries warn, once they are imported in a notebook, of a package that nobody here needs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_module("tqdm.auto")


class Package(ModuleType):
    """Python binds a file's module to its package once imported; that must not hide the function of the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = Package


def __getattr__(name: str) -> Any:
    if name not in HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if HOME[name] not in LIGHT:
        _import_bars()
    value = getattr(import_module(f".{HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *HOME})
