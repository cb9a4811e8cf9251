"""What the shipped models reach on typed texts: figures for the table and the cards, and a record of those before.

    python -m models.recipes.reported          measures each shipped model and adds it to reported.json where it is new

The record holds bits per byte on the reporting half for each weights file that was ever shipped, oldest first. A test
fails where a model is worse than the one before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerFast

from . import causal
from .calibration import ALONE, Guesses, guess
from .loop import WEIGHTS, reread
from .next_words import measure
from .read import digest
from .typed_texts import openings, short_texts

RECORD = Path(__file__).with_name("reported.json")


def load_shipped(recipe: causal.Recipe, folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """A model that continues texts, from its folder, and its tokenizer."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    return reread(causal.kind_of(recipe), folder).eval(), tokenizer


def reach(recipe: causal.Recipe, folder: Path) -> float:
    """Bits per byte of a shipped model on the reporting half of its language's typed texts."""
    model, tokenizer = load_shipped(recipe, folder)
    return guess(model, tokenizer, short_texts(recipe.language, "reporting"), ALONE).bits_per_byte


def describe(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, language: str) -> tuple[str, ...]:
    """The figures of a card: on the reporting half of the typed texts, and on the openings."""
    found = guess(model, tokenizer, short_texts(language, "reporting"))
    after = measure(model, tokenizer, openings(language))
    return (
        f"{found.bits_per_byte:.3f} bits per byte on texts written as people might type them, found in no training "
        f"text; {found.accuracy:.1%} of their tokens are its likeliest guess.",
        f"It would have been least wrong there at temperature {found.best_temperature:g} (1: as sure as it is right); "
        f"expected calibration error {found.calibration_error:.3f}.",
        f"Sureness and share of right guesses: {write_curve(found)}.",
        f"{after.among_five:.0%} of {len(openings(language))} openings have a word that makes sense among the five "
        f"likeliest; such words have {after.probability:.0%} of the probability.",
    )


def write_curve(found: Guesses) -> str:
    """The calibration curve in a line."""
    return ", ".join(f"{sure:.0%} → {right:.0%}" for sure, right, _ in found.curve())


def read_record() -> dict[str, list[dict[str, object]]]:
    """The record: model -> its weights files, oldest first, each with `digest` and `bits_per_byte`."""
    return dict(json.loads(RECORD.read_text(encoding="utf-8"))) if RECORD.exists() else {}


def update(record: dict[str, list[dict[str, object]]]) -> Iterator[str]:
    """Adds each shipped model whose weights the record does not end with; tells of each."""
    for name, recipe in causal.RECIPES.items():
        folder, known = WEIGHTS / name, record.setdefault(name, [])
        if not known or known[-1]["digest"] != digest(folder):
            known.append({"digest": digest(folder), "bits_per_byte": round(reach(recipe, folder), 4)})
            yield f"{name}: {known[-1]['bits_per_byte']}"


if __name__ == "__main__":
    record = read_record()
    for line in update(record):
        print(line)
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
