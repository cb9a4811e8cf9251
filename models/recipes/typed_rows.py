"""What models that continue a text reach where people type: rows of the table, beside compressors and counting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from . import causal, reported
from .calibration import guess
from .corpus import sampled
from .next_words import measure
from .peers import Counts, gzip_bits, xz_bits
from .table import Row, said_on_card, shipped
from .typed_texts import openings, short_texts


def typed(folder: Path, recipe: causal.Recipe) -> Iterator[Row]:
    """How a model does on what people might type, of which no model has read anything."""
    model, tokenizer = shipped(recipe.name, causal.kind_of(recipe))
    texts, asked = short_texts(recipe.language, "reporting"), openings(recipe.language)
    found, after = guess(model, tokenizer, texts), measure(model, tokenizer, asked)
    figure = f"{found.bits_per_byte:.3f}"
    yield Row(
        recipe.name,
        "bits per byte, typed texts",
        figure,
        f"{figure} bits per byte on texts written" * states_typed(recipe),
    )
    yield Row(recipe.name, "  their tokens guessed right", f"{found.accuracy:.1%}")
    yield Row(recipe.name, "  best temperature", f"{found.best_temperature:g}")
    yield Row(recipe.name, "  expected calibration error", f"{found.calibration_error:.3f}")
    yield Row(recipe.name, "  sureness → right", reported.write_curve(found))
    yield Row(recipe.name, f"{len(asked)} openings, one of five words makes sense", f"{after.among_five:.1%}")
    yield Row(recipe.name, "  probability of words that do", f"{after.probability:.1%}")
    if not recipe.twin:
        yield from typed_peers(folder, recipe, tokenizer, texts)


def states_typed(recipe: causal.Recipe) -> bool:
    """Whether a model's card tells of typed texts: older ones do not."""
    return "written as people might type" in said_on_card(recipe.name)


def typed_peers(
    folder: Path, recipe: causal.Recipe, tokenizer: PreTrainedTokenizerFast, texts: list[str]
) -> Iterator[Row]:
    """What stands beside a model there: compressors and counting after a sample of its texts; weights before these."""
    train = list(sampled(tuple(text for text in recipe.texts if not text.made), folder))
    yield Row(recipe.name, "  gzip alone", f"{gzip_bits(''.join(texts)):.3f}")
    yield Row(recipe.name, "  xz after 12M characters of its texts", f"{xz_bits(''.join(train), ''.join(texts)):.3f}")
    yield Row(recipe.name, "  5-gram over its tokens, the same", f"{counted(train, texts, tokenizer):.3f}")
    for name in (recipe.name, recipe.name.replace("gpt", "lstm")):
        for each in reported.read_record().get(name, [])[:-1]:
            yield Row(name, f"  as shipped before ({each['digest']})", f"{each['bits_per_byte']:.3f}")


def counted(train: list[str], held: list[str], tokenizer: PreTrainedTokenizerFast) -> float:
    """Bits per byte of held-out texts by a 5-gram model over a tokenizer's tokens; each first token is not counted."""
    counts = Counts([[*ids, tokenizer.eos_token_id] for ids in tokenizer(train)["input_ids"]], len(tokenizer))
    bits, size = 0.0, 0
    for ids in tokenizer(held)["input_ids"]:
        cut = ids[: tokenizer.model_max_length]
        bits += counts.bits(cut, first=1)
        size += len(tokenizer.decode(cut[1:]).encode())
    return bits / size
