"""Any model that continues texts, measured beside the bundled ones: on typed texts, and on what those write.

    python -m models.recipes.evaluate gemma-3-270m FOLDER     names of the catalogue, and folders or GGUF files

Only the typed texts that are for choosing are read, unless the reporting table asks. A model's own start mark stands
before each text where its tokenizer puts one there; then the first token counts, too.

**Such a model measures here, and must never teach.** Nothing that it says or computes may reach a training text, the
choice of one, or a loss: the terms of some, Gemma's among them, would bind whatever is trained on their words or
numbers. So nothing that trains imports this file, and a test holds that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from .. import CATALOG, Loaded, Refusal, decode, encode, load, write
from . import causal, reported
from .calibration import ALONE, NARROW, TEMPERATURES, Guesses, guess
from .next_words import measure
from .table import Row
from .typed_texts import Half, beginnings, openings, short_texts

LANGUAGES = ("en", "ko")
TOKENS = 60  # that a bundled model writes after a beginning
LARGE = 100_000  # tokens of a vocabulary over which all temperatures take minutes


def spoken(name: str) -> tuple[str, ...]:
    """The languages that a model is measured in: its own; of a folder, which names none, all."""
    return next((entry.languages for entry in CATALOG if entry.name == name), LANGUAGES)


def bundled(language: str) -> list[str]:
    """The bundled models that continue texts of a language."""
    return [name for name, recipe in causal.RECIPES.items() if recipe.language == language]


def opened(name: str) -> Loaded:
    """The model of a name, a folder or a GGUF file. Refusals: those of `load`, and wrong_kind."""
    known = any(entry.name == name for entry in CATALOG)
    loaded = load(Path(name) if not known and os.path.exists(name) else name)
    loaded.check(frozenset({"causal"}))
    return loaded


def rows(name: str, half: Half, most: int | None = None) -> Iterator[Row]:
    """All that is measured of a model. most: only so many of the texts, openings and beginnings, for a quick look."""
    for language in spoken(name):
        yield from on_typed(name, language, half, most)
        yield from on_openings(name, language, most)
        yield from on_written(name, language, most)


def on_typed(name: str, language: str, half: Half, most: int | None) -> Iterator[Row]:
    """How well it guesses what people type, beside the bundled models."""
    texts = short_texts(language, half)[:most]
    found = guessed(name, texts)
    yield Row(name, f"bits per byte, {len(texts)} typed texts ({language}, {half})", f"{found.bits_per_byte:.3f}")
    yield Row(name, "  their tokens guessed right", f"{found.accuracy:.1%}")
    yield Row(name, "  best temperature", f"{found.best_temperature:g}")
    yield Row(name, "  expected calibration error", f"{found.calibration_error:.3f}")
    yield Row(name, "  sureness → right", reported.write_curve(found))
    for other in bundled(language):
        yield Row(name, f"  {other}, the same texts", f"{guessed(other, texts, ALONE).bits_per_byte:.3f}")


def guessed(name: str, texts: Sequence[str], temperatures: np.ndarray | None = None) -> Guesses:
    """A model's guesses; over a large vocabulary fewer temperatures are tried, unless the best is at their edge."""
    loaded = opened(name)
    if temperatures is None and len(loaded.tokenizer) > LARGE:
        found = guess(loaded.model, loaded.tokenizer, texts, NARROW)
        if NARROW[0] < found.best_temperature < NARROW[-1]:
            return found
    return guess(loaded.model, loaded.tokenizer, texts, TEMPERATURES if temperatures is None else temperatures)


def on_openings(name: str, language: str, most: int | None) -> Iterator[Row]:
    """Whether it goes on sensibly."""
    loaded, asked = opened(name), openings(language)[:most]
    after = measure(loaded.model, loaded.tokenizer, asked)
    yield Row(name, f"{len(asked)} openings ({language}), one of five words makes sense", f"{after.among_five:.1%}")
    yield Row(name, "  probability of words that do", f"{after.probability:.1%}")


def on_written(name: str, language: str, most: int | None) -> Iterator[Row]:
    """How fluent it finds what each bundled model writes: the bits that it needs for that, beside people's texts.

    Text that repeats itself needs few bits, too, and is not fluent: read some of it.
    """
    for other in bundled(language):
        texts = written(other, beginnings(language)[:most])
        figure = guessed(name, texts, ALONE).bits_per_byte
        yield Row(name, f"bits per byte for what {other} writes, {len(texts)} texts", f"{figure:.3f}")


def written(name: str, begun: Sequence[str]) -> list[str]:
    """Each beginning, continued by a model at temperature 1; the same each time."""
    texts = []
    for seed, beginning in enumerate(begun):
        ids = encode(name, beginning)
        drawn = [chosen for chosen, _ in write(name, ids, drawing(seed), TOKENS)]
        texts.append(decode(name, [*ids, *drawn]).replace("<|endoftext|>", "").strip("\ufffd"))
    return texts


def drawing(seed: int) -> Callable[[np.ndarray, int], int]:
    """(logits, step) -> an id, drawn by its probability."""
    chance = np.random.default_rng(seed)

    def choose(logits: np.ndarray, step: int) -> int:
        shares = np.exp(logits.astype(np.float64) - logits.max()).cumsum()
        return int(np.searchsorted(shares, chance.random() * shares[-1], side="right"))

    return choose


def tell(names: Sequence[str], half: Half, most: int | None = None) -> int:
    """Prints the rows of each model; 1 where one cannot be measured, after a sentence that says why."""
    for name in names:
        try:
            for row in rows(name, half, most):
                print(f"| {Path(row.model).name} | {row.what} | {row.figure} |", flush=True)
        except Refusal as refusal:
            print(refusal, file=sys.stderr, flush=True)
            return 1
    return 0
