"""The most tokens that one run of a model may hold: what its tables of positions have rows for, or its config says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import torch

# Every name that configs use for it, the usual ones first; `attribute_map` turns some of them into the first.
NAMES = (
    "max_position_embeddings", "n_positions", "max_target_positions", "max_seq_len", "max_sequence_length",
    "max_seq_length", "seq_length", "seq_len", "n_ctx", "context_length", "max_context_length", "context_window",
    "max_context_len", "model_max_length", "block_size",
)  # fmt: skip
POSITIONAL = re.compile(r"(^|\.)((embed_|learned_)?pos(ition)?s?(_emb\w*|_encod\w*)?|wpe)(\.|$)")


def most(model: Any, longest: int) -> int:
    """How many tokens fit, `longest` at most."""
    known = [*_said(model.config), *_rows(model)]
    return min([longest, *known])


def _said(config: Any) -> list[int]:
    """What a config says: under the first of its names that has a number in it."""
    text = config.get_text_config()
    values = [getattr(part, name, None) for name in NAMES for part in (text, config)]
    return next(([int(value)] for value in values if isinstance(value, (int, float)) and 0 < value < 1e9), [])


def _rows(model: Any) -> Iterator[int]:
    """The rows of each learnt table of positions that tokens can have.

    RoBERTa and its kin give the first token the row after the padding id's, OPT and BART the third one.
    ProphetNet looks one row past the last token's.
    """
    past = 1 if getattr(model.config, "ngram", 0) else 0
    for name, part in model.named_modules():
        table = getattr(part, "weight", None)
        if isinstance(table, torch.Tensor) and table.dim() == 2 and POSITIONAL.search(name):
            padding = getattr(part, "padding_idx", None)
            first = past + (getattr(part, "offset", 0) if padding is None else padding + 1)
            if len(table) > int(first):
                yield len(table) - int(first)
