"""Writes the card of a trained model: what it is, what it read, how well it does, and how to make it again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

if TYPE_CHECKING:
    from .causal import Recipe

CARD = """# {name}

A GPT-2 of {parameters:,} parameters ({layers} layers of width {width}, {heads} heads, vocabulary {vocabulary:,},
{positions} positions), trained from random weights by this repository. It is a teaching model: it knows simple
{language} sentences and nothing about the world that can be relied on.

## Texts and licences

| text | share of the training tokens | licence |
| --- | --- | --- |
{texts}

Every 20th document of each text was held out before training. The weights are offered under {offered}. The texts are
what they are: mostly written by machine or translated, by few hands, about few kinds of people; the model repeats their
habits and their bias.

## Figures

- {tokens:,} training tokens.
- {figure:.4f} bits per byte on held-out documents of the first text, scored from each document's start.

## Greedy continuations of held-out beginnings

{samples}

## Made by

    python -m models.recipes.causal {name} --texts FOLDER --tokens {tokens:.3g}

SHA-256 of `model.safetensors`: `{digest}`
"""


def continuation(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """The model's greedy continuation, 40 tokens, of the first eight words of a text."""
    start = " ".join(text.split()[:8])
    ids = torch.tensor([tokenizer(start)["input_ids"]], device=next(model.parameters()).device)
    model.eval()
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False, pad_token_id=0)
    rest = tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
    return f"- {start} → {' '.join(rest.split())}"


def write_card(
    recipe: Recipe,
    model: GPT2LMHeadModel,
    tokenizer: PreTrainedTokenizerFast,
    out: Path,
    held: list[str],
    figure: float,
    tokens: int,
) -> None:
    """Writes CARD.md beside the weights in `out`."""
    rows = "\n".join(f"| {t.title} | {t.share:.0%} | {t.licence} |" for t in recipe.texts)
    shared = any("SA" in t.licence for t in recipe.texts)
    card = CARD.format(
        name=recipe.name,
        parameters=model.num_parameters(),
        layers=recipe.layers,
        width=recipe.width,
        heads=recipe.heads,
        vocabulary=len(tokenizer),
        positions=recipe.positions,
        language={"en": "English", "ko": "Korean"}[recipe.language],
        texts=rows,
        offered="CC BY-SA 4.0, since some of the texts ask for share-alike" if shared else "Apache-2.0",
        tokens=tokens,
        figure=figure,
        samples="\n".join(continuation(model, tokenizer, text) for text in held[:10]),
        digest=hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest(),
    )
    (out / "CARD.md").write_text(card, encoding="utf-8")
