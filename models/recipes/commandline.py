"""The recipes' command line: which model, from which texts, into which folder."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from .loop import WEIGHTS
from .read import R


def choose(recipes: dict[str, R], about: str) -> tuple[R, argparse.Namespace]:
    """What the command line asks for: the recipe with its begin and teachers, and texts, tokens, out, work and card."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("name", choices=sorted(recipes))
    parser.add_argument("--texts", type=Path, required=True, help="folder that holds the training texts")
    parser.add_argument("--tokens", type=float, help="the dial for size: tokens to train on (default: the recipe's)")
    parser.add_argument("--out", type=Path, help="folder for the weights (default: models/weights/NAME)")
    parser.add_argument(
        "--work", type=Path, help="folder for checkpoints (default: runs/NAME, with --begin runs/NAME-again)"
    )
    parser.add_argument("--begin", type=Path, help="folder with shipped weights to begin from, in place of random ones")
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[], help="folders whose models' guesses it learns, too"
    )
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: torch decides)")
    parser.add_argument("--card", action="store_true", help="only write the card anew, from weights that are there")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    recipe = recipes[args.name]
    args.tokens = args.tokens or recipe.tokens
    args.out = args.out or WEIGHTS / args.name
    args.work = args.work or Path("runs") / (f"{args.name}-again" if args.begin else args.name)
    if args.teachers and not (args.begin and hasattr(recipe, "teachers")):
        parser.error("--teachers goes with --begin, and only with a model that continues a text")
    if args.begin:
        recipe = replace(recipe, begin=args.begin)  # type: ignore[type-var]  # a protocol cannot say "dataclass"
    if args.teachers:
        recipe = replace(recipe, teachers=tuple(args.teachers))  # type: ignore[type-var]
    return recipe, args


def command(
    recipes: dict[str, R], about: str, train: Callable[..., float], rewrite: Callable[..., float], told: str
) -> None:
    """A recipe's command line: trains the model that is named, or only writes its card anew, and prints its figure.

    train: (recipe, texts, out, work, tokens) -> figure. rewrite: (recipe, texts, out, tokens) -> figure.
    told: what the figure says, with {figure} and {title}, the first text's.
    """
    recipe, args = choose(recipes, about)
    if args.card:
        figure = rewrite(recipe, args.texts, args.out, args.tokens)
    else:
        figure = train(recipe, args.texts, args.out, args.work, args.tokens)
    print(f"{args.name}: {told.format(figure=figure, title=recipe.texts[0].title)}; in {args.out}")
