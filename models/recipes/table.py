"""One line of the table of what the shipped models can do, and what their cards say of it."""

from __future__ import annotations

from dataclasses import dataclass

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from . import causal, masked
from .loop import WEIGHTS, reread


@dataclass(frozen=True)
class Row:
    """One line of the table; on_card: the card must hold these words, where it states the figure at all."""

    model: str
    what: str
    figure: str
    on_card: str = ""


def trained(name: str) -> bool:
    """Whether a model is shipped: a recipe may be there before it has been run to its end."""
    return (WEIGHTS / name / "CARD.md").is_file()


def shipped(name: str, kind: type[PreTrainedModel]) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """A shipped model in float32, and its tokenizer."""
    model = reread(kind, WEIGHTS / name).eval()
    return model, PreTrainedTokenizerFast.from_pretrained(WEIGHTS / name, local_files_only=True)


def differs(row: Row) -> bool:
    """Whether the row states a figure that its model's card does not."""
    return bool(row.on_card) and row.on_card not in said_on_card(row.model)


def read_these(recipe: causal.Recipe | masked.Recipe) -> bool:
    """Whether the shipped model read the texts that its recipe names now: else its card tells of other texts."""
    return all(text.title in said_on_card(recipe.name) for text in recipe.texts)


def said_on_card(name: str) -> str:
    """A model's card in one line."""
    return " ".join((WEIGHTS / name / "CARD.md").read_text(encoding="utf-8").split())
