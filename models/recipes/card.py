"""Writes the card of a trained model: what it is, what it read, how well it does, and how to make it again.

A training run ends with it. To write it anew from weights that are there:

    python -m models.recipes.card stories-gpt --texts FOLDER --tokens 12e6
"""

from __future__ import annotations

import argparse
import hashlib
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

from .corpus import documents

if TYPE_CHECKING:
    from .causal import Recipe

CARD = """# {name}

A GPT-2 of {parameters:,} parameters ({layers} layers of width {width}, {heads} heads, vocabulary {vocabulary:,},
{positions} positions), trained from random weights by this repository.

It is a teaching model: it knows simple {language} sentences and nothing about the world that can be relied on.

## Texts and licences

| text | share of the training tokens | licence |
| --- | --- | --- |
{texts}

Every 20th document of each text was held out before training. The weights are offered under {offered}.

Of the texts that this repository's models read, most English stories were written by a machine, parts of the Korean
were translated by one, and the encyclopaedias were written by volunteers. All of them
are by few kinds of people and about few kinds of people; the model repeats their habits and their bias.

## Figures

- {tokens:,} training tokens.
- {figure:.4f} bits per byte on held-out documents of the first text, scored from each document's start.

## Greedy continuations of held-out beginnings

{samples}

## Made by

    python -m models.recipes.causal {name} --texts FOLDER --tokens {tokens:.3g}

SHA-256 of `model.safetensors`: `{digest}`
"""

ROWS = ("#", "|", "- ", "    ")  # what begins a heading, a table, a list, a command


def reflow(card: str) -> str:
    """The card with its paragraphs broken at 120 characters; headings, tables, lists and commands stay as they are."""

    def wrapped(part: str) -> str:
        return part if part.startswith(ROWS) else textwrap.fill(part, 120, break_on_hyphens=False)

    return "\n\n".join(map(wrapped, card.strip("\n").split("\n\n"))) + "\n"


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
    (out / "CARD.md").write_text(reflow(card), encoding="utf-8")


def rewrite(recipe: Recipe, texts: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from the weights in `out`; returns the held-out bits per byte.

    texts: the folder that the recipe read. tokens: how many the training was asked for.
    """
    from .causal import SCORED, bits_per_byte, steps_for

    model = GPT2LMHeadModel.from_pretrained(out, dtype=torch.float32, local_files_only=True)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out, local_files_only=True)
    held = documents(texts, recipe.texts[0])[1]
    figure = bits_per_byte(model, tokenizer, held[:SCORED])
    write_card(recipe, model, tokenizer, out, held, figure, steps_for(recipe, tokens) * recipe.rows * recipe.positions)
    return figure


def main() -> None:
    from .causal import RECIPES, WEIGHTS

    parser = argparse.ArgumentParser(prog="python -m models.recipes.card", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--texts", type=Path, required=True, help="folder that holds the training texts")
    parser.add_argument("--tokens", type=float, required=True, help="tokens that the training was asked for")
    parser.add_argument("--out", type=Path, help="folder of the weights (default: models/weights/NAME)")
    args = parser.parse_args()
    out = args.out or WEIGHTS / args.name
    figure = rewrite(RECIPES[args.name], args.texts, out, args.tokens)
    print(f"{args.name}: {figure:.4f} bits per byte; {out / 'CARD.md'}")


if __name__ == "__main__":
    main()
