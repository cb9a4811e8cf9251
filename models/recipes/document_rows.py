"""What models that continue a text reach on held-out documents of their texts: rows of the table, beside peers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from . import causal
from .causal import SCORED, bits_per_byte, kind_of
from .corpus import documents, held_out
from .peers import gzip_bits, xz_bits
from .table import Row, read_these, shipped
from .typed_rows import counted


def guesses(folder: Path, recipe: causal.Recipe) -> Iterator[Row]:
    """Bits per byte of a model that continues a text, beside compressors and counting."""
    train, held = documents(folder, recipe.texts[0])
    model, tokenizer = shipped(recipe.name, kind_of(recipe))
    figure = bits_per_byte(model, tokenizer, held[:SCORED])
    stated = f"{figure:.4f} bits per byte"
    yield Row(recipe.name, f"bits per byte, {recipe.texts[0].title}", f"{figure:.4f}", stated)
    for text in recipe.texts[1:]:
        other = f"{causal.beside(model, tokenizer, held_out(folder, text)):.3f}"
        stated = f"{other} bits per byte on those of “{text.title}”"
        yield Row(recipe.name, f"  {text.title}", other, stated if read_these(recipe) else "")
    if not recipe.twin:
        yield from peers(recipe.name, train, held[:SCORED], tokenizer)


def peers(name: str, train: list[str], held: list[str], tokenizer: PreTrainedTokenizerFast) -> Iterator[Row]:
    """What stands beside a model: gzip, xz after the same text, and a 5-gram model over the same tokens."""
    yield Row(name, "  gzip alone", f"{gzip_bits(''.join(held)):.4f}")
    yield Row(name, "  xz after the same text", f"{xz_bits(''.join(train), ''.join(held)):.4f}")
    yield Row(name, "  5-gram over its tokens, same text", f"{counted(train, held, tokenizer):.4f}")
