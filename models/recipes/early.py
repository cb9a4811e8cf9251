"""Trains a small twin of stories-gpt and keeps it as it was at four steps: before its heads learn, and while they do.

    python -m models.recipes.early stories-twin --texts FOLDER --tokens 10e6

The twin reads the rows that stories-gpt reads, with its tokenizer. What a head does is measured on text that is
repeated: how much weight it gives to the token before, and to what followed the last time the same token stood there
(Olsson et al., "In-context Learning and Induction Heads", 2022). A run that is stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from .card import Card, Reading
from .causal import (
    CONTINUED,
    GPTS,
    SCORED,
    Recipe,
    bits_per_byte,
    build,
    continuation,
    guessing,
    ship,
    shipped,
    steps_for,
    tokenize,
    tokenizer_of,
)
from .causal import sizes as described
from .commandline import command
from .corpus import documents, held_out
from .device import fastest
from .flat import Flat
from .loop import at_rest, go
from .rows import Rows

TWIN = replace(GPTS[0], name="stories-twin", twin=GPTS[0].name, width=64, heads=4, tokens=10e6)
KEPT = (0, 0.01, 0.08, 1.0)  # shares of the run after which the model is kept
ROWS, SPAN = 32, 24  # rows of text that is repeated, and its tokens


def kept_at(steps: int) -> list[int]:
    """After how many steps the model is kept."""
    return [round(share * steps) for share in KEPT]


def folder_of(out: Path, which: int) -> Path:
    """Where the model is kept: of models/weights/stories-twin, models/weights/stories-twin-0 and so on."""
    return out.with_name(f"{out.name}-{which}")


def heads(model: PreTrainedModel, vocabulary: int, seed: int = 1) -> np.ndarray:
    """(2, L, H): the mean weight on the token before, and on what followed the same token, in repeated random text."""
    chance = torch.Generator().manual_seed(seed)
    once = torch.randint(1, vocabulary, (ROWS, SPAN), generator=chance)
    ids = torch.cat([once, once], 1).to(next(model.parameters()).device)
    place = torch.arange(SPAN, 2 * SPAN)
    was = model.config._attn_implementation
    model.set_attn_implementation("eager")
    with at_rest(model):
        maps = torch.stack(model(input_ids=ids, output_attentions=True).attentions, 1)  # (B, L, H, T, T)
    model.set_attn_implementation(was)
    found = [maps[..., place, place - back].mean((0, 3)) for back in (1, SPAN - 1)]
    return torch.stack(found).float().cpu().numpy()


def told(model: PreTrainedModel, vocabulary: int) -> str:
    """What the heads do, in a sentence."""
    before, again = heads(model, vocabulary)
    return (
        f"the head that looks most at the token before gives it {before.max():.0%}, "
        f"the one that looks most at what followed the same token gives it {again.max():.0%}"
    )


def learn(
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerFast,
    sources: Sequence[Flat],
    work: Path,
    tokens: float,
    keep: Callable[[PreTrainedModel, int], object],
    device: str = "cpu",
    **more: Any,
) -> tuple[PreTrainedModel, int]:
    """Runs the recipe; keep: called with the model at each of KEPT but the last, and its number.

    Returns the model at the end of the run, and how many steps that had. Raises ValueError if it is to go on from
    another model.
    """
    check_begin(recipe)
    model = build(recipe, tokenizer).to(device)
    guess = guessing(model, Rows(recipe, sources))
    steps = steps_for(recipe, tokens)

    def loss(step: int) -> Tensor:
        for which, at in enumerate(kept_at(steps)[:-1]):
            if at == step:
                keep(model, which)
        return guess(step)

    def report(model: PreTrainedModel) -> str:
        return told(model, len(tokenizer))

    size = recipe.rows * recipe.positions
    return model, go(recipe, model, loss, report, steps, size, work, peaks=recipe.peaks, **more)


def check_begin(recipe: Recipe) -> None:
    """Raises ValueError where the run would go on from another model."""
    if recipe.begin:
        raise ValueError(f"{recipe.name} is to be seen before it has learnt: it begins from random weights")


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe and writes the model as it was at each of KEPT; returns its held-out bits per byte at the end."""
    check_begin(recipe)
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_of(recipe, folder, work)
    steps = steps_for(recipe, tokens)

    def keep(model: PreTrainedModel, which: int) -> float:
        ship(recipe, model, tokenizer, folder_of(out, which))
        return write_card(recipe, shipped(recipe, folder_of(out, which)), tokenizer, folder, out, which, steps)

    sources = tokenize(recipe, tokenizer, folder)
    model, _ = learn(recipe, tokenizer, sources, work, tokens, keep, fastest(), save_every=save_every)
    return keep(model, len(KEPT) - 1)


def write_card(
    recipe: Recipe,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    out: Path,
    which: int,
    steps: int,
) -> float:
    """Writes CARD.md beside the weights that were kept the which-th time in a run of so many steps.

    Returns the held-out bits per byte that it states.
    """
    out = folder_of(out, which)
    size = recipe.rows * recipe.positions
    held = held_out(folder, recipe.texts[0])
    figure = bits_per_byte(model, tokenizer, held[:SCORED])
    Card(
        name=out.name,
        language=recipe.language,
        what=described(recipe, model) + " It is kept as it was at four points of its training, of which this is one.",
        texts=recipe.texts,
        figures=(
            f"{kept_at(steps)[which] * size:,} training tokens so far.",
            f"{figure:.4f} bits per byte on held-out documents of the first text, scored from each document's start.",
            f"In repeated random text, {told(model, len(tokenizer))}.",
        ),
        heading="Greedy continuations of the first held-out documents' first sentences",
        samples=tuple(continuation(model, tokenizer, text) for text in held[:CONTINUED]),
        command=Reading(steps * size).command("early", recipe.name),
        read=(part for text in recipe.texts for part in documents(folder, text)[0]),
    ).write(out)
    return figure


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes each CARD.md anew from the weights that were kept; returns the held-out bits per byte of the last."""
    figure = float("nan")
    for which in range(len(KEPT)):
        kept = folder_of(out, which)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(kept, local_files_only=True)
        figure = write_card(recipe, shipped(recipe, kept), tokenizer, folder, out, which, steps_for(recipe, tokens))
    return figure


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command({TWIN.name: TWIN}, about, train, rewrite, "{figure:.4f} bits per byte on held-out documents of {title}")


if __name__ == "__main__":
    main()
