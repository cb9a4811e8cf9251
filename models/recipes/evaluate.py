"""Prints one table of what the shipped models can do, measured on held-out text from the files that are shipped.

    python -m models.recipes.evaluate --texts FOLDER
    python -m models.recipes.evaluate MODEL…            any models, on typed texts alone, beside the shipped ones

A figure that a model's card states is compared with the card; where they differ, the table says so and the status is 1.
Each core takes the next model, on one thread: most texts are short, and two threads on one of them are little faster.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from transformers import (
    BertForPreTraining,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5ForConditionalGeneration,
)

from . import causal, early, encoder, masked, seq2seq, vectors
from .causal import SCORED, bits_per_byte, kind_of
from .corpus import held_out
from .document_rows import guesses
from .grammar.document import document
from .loop import WEIGHTS
from .measured import tell
from .table import Row, differs, read_these, shipped, trained
from .typed_rows import typed

DISTANCES = (10, 20, 40, 80, 160)  # tokens from where something was told to where it is asked for
NEAR = 0.25  # how far from one of them a text may be, as a share of it
ASKED = 100  # texts for each distance
TRIED = 6000  # texts looked at to find them
MISSING = "not shipped yet"


def recalled(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, asked: list[tuple[str, str]]) -> float:
    """Share of (text, answer) whose answer's tokens are each the likeliest next one, all of them right."""
    right = 0
    for text, answer in asked:
        before, whole = (tokenizer(part)["input_ids"] for part in (text, text + answer))
        start = next((i for i, (a, b) in enumerate(zip(before, whole, strict=False)) if a != b), len(before))
        with torch.inference_mode():
            likeliest = model(input_ids=torch.tensor([whole])).logits[0].argmax(-1).tolist()
        right += likeliest[start - 1 : -1] == whole[start:]
    return right / len(asked)


def questions(tokenizer: PreTrainedTokenizerFast, language: str) -> dict[int, list[tuple[str, str]]]:
    """For each distance, texts with names that training never shows, and what each ends by asking for."""
    found: dict[int, list[tuple[str, str]]] = {distance: [] for distance in DISTANCES}
    for index in range(TRIED):
        kind = "recall" if index % 2 else "near"
        told = document(1, index, held=True, kind=kind, filler=index // 2 % 10)
        text, answer = told.cloze(language)
        ids = tokenizer(text)["input_ids"]
        away = len(tokenizer(text[max(text.lower().rfind(answer.lower()), 0) :].rstrip())["input_ids"])
        for distance, kept in found.items():
            if abs(away - distance) <= NEAR * distance and len(kept) < ASKED and len(ids) < tokenizer.model_max_length:
                kept.append((text, answer))
                break
        if all(len(kept) == ASKED for kept in found.values()):
            break
    return found


def recall(folder: Path, recipe: causal.Recipe) -> Iterator[Row]:
    """How well a model recalls what was told 10 to 160 tokens before."""
    model, tokenizer = shipped(recipe.name, kind_of(recipe))
    for distance, asked in questions(tokenizer, recipe.language).items():
        share = recalled(model, tokenizer, asked) if asked else float("nan")
        yield Row(recipe.name, f"recall over {distance} tokens ({len(asked)} generated texts)", f"{share:.0%}")


def gaps(folder: Path, recipe: masked.Recipe) -> Iterator[Row]:
    """What a model that fills gaps gets right."""
    model, tokenizer = shipped(recipe.name, BertForPreTraining)
    these = read_these(recipe)
    score = masked.accuracy(model, masked.held_rows(recipe, tokenizer, folder), masked.SCORED)
    share = f"{score.right:.1%}"
    yield Row(recipe.name, "hidden tokens guessed right", share, f"{share} of hidden tokens" * these)
    yield Row(recipe.name, "  the most frequent token", f"{score.frequent:.1%}")
    bits = f"{score.bits:.3f}"
    yield Row(recipe.name, "bits for a hidden token", bits, f"{bits} bits for a hidden" * these)
    share = f"{score.follows:.1%}"
    yield Row(recipe.name, "second parts told right", share, f"{share} of the same rows" * these)
    yield Row(recipe.name, "  the more frequent answer", f"{score.guessed:.1%}")


def translations(folder: Path, recipe: seq2seq.Recipe) -> Iterator[Row]:
    """How many held-out sentences the T5 translates exactly, and how near it comes to what people said."""
    if not trained(recipe.name):
        yield Row(recipe.name, MISSING, "")
        return
    model, tokenizer = shipped(recipe.name, T5ForConditionalGeneration)
    simple, people = seq2seq.kept()[: seq2seq.SCORED], seq2seq.real(folder)[1][: seq2seq.SCORED]
    share = f"{seq2seq.exact(model, tokenizer, simple):.1%}"
    what = f"exact translations of {len(simple)} generated sentences"
    yield Row(recipe.name, what, share, f"{share} of {len(simple)} held-out")
    near = f"{seq2seq.chrf(model, tokenizer, people):.1f}"
    yield Row(recipe.name, f"chrF on {len(people)} real pairs", near, f"chrF {near} on")


def words(folder: Path, recipe: vectors.Recipe) -> Iterator[Row]:
    """What word vectors know of words that belong together."""
    known, table = vectors.shipped(WEIGHTS / recipe.name)
    for stated in vectors.figures(known, table, recipe.language):
        share, _, what = stated.partition(" of ")
        yield Row(recipe.name, what, share, stated)


def passages(folder: Path, recipe: encoder.Recipe) -> Iterator[Row]:
    """For how many questions the passage that answers comes first."""
    if not trained(recipe.name):
        yield Row(recipe.name, MISSING, "")
        return
    share = f"{encoder.score(*encoder.shipped(WEIGHTS / recipe.name), recipe.language):.0%}"
    stated = f"for {share} of {encoder.ASKED} questions"
    yield Row(recipe.name, f"the right passage first, {encoder.ASKED} questions", share, stated)
    plain = f"{encoder.score(*encoder.bert(WEIGHTS / recipe.base), recipe.language):.0%}"
    yield Row(recipe.name, f"  {recipe.base} as it is", plain, f"Without what was learnt: {plain}")
    common = f"{encoder.by_words(recipe.language):.0%}"
    yield Row(recipe.name, "  words in common (tf-idf)", common, f"(tf-idf): {common}")


def learning(folder: Path, which: int) -> Iterator[Row]:
    """What the heads of the small twin do, as it was kept the which-th time: before they learn, and while they do."""
    name = early.folder_of(WEIGHTS / early.TWIN.name, which).name
    if not trained(name):
        yield Row(name, MISSING, "")
        return
    model, tokenizer = shipped(name, GPT2LMHeadModel)
    held = held_out(folder, early.TWIN.texts[0])[:SCORED]
    figure = f"{bits_per_byte(model, tokenizer, held):.4f}"
    yield Row(name, f"bits per byte, {early.TWIN.texts[0].title}", figure, f"{figure} bits per byte")
    told = early.told(model, len(tokenizer))
    yield Row(name, told, "", told)


PARTS: tuple[tuple[Callable[..., Iterator[Row]], Iterable[object]], ...] = (
    (guesses, causal.RECIPES.values()),
    (typed, causal.RECIPES.values()),
    (recall, causal.RECIPES.values()),
    (gaps, masked.RECIPES.values()),
    (translations, seq2seq.RECIPES.values()),
    (words, vectors.RECIPES.values()),
    (passages, encoder.RECIPES.values()),
    (learning, range(len(early.KEPT))),
)


def rows(part: int, which: int, folder: Path) -> list[Row]:
    """What a part of the table says of one of its recipes, both as numbers: a recipe cannot go to another process."""
    told, recipes = PARTS[part]
    return list(told(folder, list(recipes)[which]))


def print_table(folder: Path) -> int:
    """The table of the shipped models; how many figures their cards state otherwise."""
    wrong = 0
    fresh = multiprocessing.get_context("spawn")  # torch's threads do not outlive a fork
    with ProcessPoolExecutor(os.cpu_count(), fresh, torch.set_num_threads, (1,)) as cores:
        jobs = [(part, which) for part, (_, recipes) in enumerate(PARTS) for which, _ in enumerate(recipes)]
        found = [cores.submit(rows, *job, folder) for job in jobs]
        for row in (row for each in found for row in each.result()):
            note = " (its card says otherwise)" if differs(row) else ""
            wrong += bool(note)
            print(f"| {row.model} | {row.what} | {row.figure}{note} |", flush=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    about = "a name of the catalogue, a folder, or a GGUF file: measured on typed texts, too"
    parser.add_argument("models", nargs="*", metavar="MODEL", help=about)
    parser.add_argument("--texts", type=Path, help="folder that holds the training texts, for the shipped models")
    parser.add_argument("--most", type=int, help="of each kind of typed text so many at most, for a quick look")
    asked, began = parser.parse_args(), time.monotonic()
    if not asked.texts and not asked.models:
        parser.error("name --texts FOLDER, or a model")
    print("| model | what | figure |\n| --- | --- | --- |")
    wrong = print_table(asked.texts) if asked.texts else 0
    failed = tell(asked.models, "reporting" if asked.texts else "choosing", asked.most)
    print(f"\n{time.monotonic() - began:.0f} s", file=sys.stderr)
    return int(wrong > 0) | failed


if __name__ == "__main__":
    sys.exit(main())
