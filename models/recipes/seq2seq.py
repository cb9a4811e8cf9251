"""Trains a small T5 that turns simple English into Korean, in one readable run that can be stopped and resumed.

    python -m models.recipes.seq2seq en-ko-t5 --texts FOLDER --tokens 10e6

It reads pairs of sentences: of the grammar, whose two languages say the same, and real ones. Which pairs a batch holds
is a function of (seed, step) alone. Names that the grammar holds out stand in lists of names: a translator must know a
name, and is then asked for sentences in which it never saw it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BatchEncoding, PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

from .card import Card, Reading
from .commandline import command
from .corpus import Text, by_mark
from .device import fastest, mixed
from .flat import Flat, flatten, join, padded
from .generate import glossary, pairs
from .generated import TITLE
from .loop import at_rest, go, reread, save
from .optim import Optimizers, again, falling, muon, optimizers
from .read import fresh
from .tokenizer import train_unigram

PAIRS_FILE = "en_ko_pairs.tsv"
REAL_HELD_EVERY = 12
MADE = 40_000  # documents of the grammar, some three sentences each that can be translated by themselves
LISTS = 20_000  # of names: else each name that is held out would be seen some three times
WHOLE = 8  # times that the lists are read when the vocabulary is made: so that most names are one piece
HELD = 300  # of the documents that are kept for scoring
SCORED = 500  # pairs of each sort
NOTHING = -100  # what a label is where nothing is to be said
PEAKS = (0.02, 0.05)  # the second is high, for a T5's embeddings begin fifty times as large as a GPT-2's

Pair = tuple[str, str]


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model. pairs, pools: pairs in a batch, and how many batches a pool is sorted into.

    average: the share of the run's end over which its weights are averaged.
    """

    name: str
    language: str
    texts: tuple[Text, ...]
    vocabulary: int = 3840
    width: int = 160
    heads: int = 5
    inner: int = 352
    layers: int = 3
    positions: int = 128
    pairs: int = 48
    pools: int = 16
    dropout: float = 0.1
    decay: float = 0.01
    average: float = 0.0
    made: int = MADE
    tokens: float = 10e6
    seed: int = 1
    begin: Path | None = None


TEXTS = (
    Text("", 0.75, by_mark, f"{TITLE}, sentence by sentence in both languages", "Apache-2.0"),
    Text("", 0.10, by_mark, "Lists of its names", "Apache-2.0"),
    Text(
        PAIRS_FILE,
        0.15,
        by_mark,
        "Tatoeba, STS-B/KorSTS captions and African Storybook, pairs of sentences",
        "CC BY 2.0 FR; CC BY-SA 4.0; CC BY",
    ),
)
RECIPES = {"en-ko-t5": Recipe("en-ko-t5", "ko", TEXTS)}


@cache
def made(count: int) -> tuple[list[Pair], list[Pair]]:
    """(training, held out) pairs of the grammar."""
    return list(pairs(count)), kept()


def training(recipe: Recipe, folder: Path) -> tuple[list[Pair], ...]:
    """The training pairs of each of the recipe's texts."""
    return made(recipe.made)[0], list(glossary(LISTS)), real(folder)[0]


@cache
def kept() -> list[Pair]:
    """The pairs of the grammar that are held out: each says a name or a pair of words that training never tells of."""
    return list(pairs(HELD, held=True))


def real(folder: Path) -> tuple[list[Pair], list[Pair]]:
    """(training, held out) pairs that people or machines have translated, short enough for the model."""
    rows = [line.split("\t") for line in (folder / PAIRS_FILE).read_text(encoding="utf-8").split("\n")]
    found = list(dict.fromkeys((row[1].strip(), row[2].strip()) for row in rows if len(row) > 2))
    held = found[::REAL_HELD_EVERY]
    return [pair for i, pair in enumerate(found) if i % REAL_HELD_EVERY], held


class Sides(NamedTuple):
    """The pairs of a text as ids, an end mark last in each: the nth of one side belongs to the nth of the other."""

    given: Flat
    wanted: Flat


class Rows:
    """Batches of pairs of like length, a pure function of (seed, step). sources: the pairs of each text."""

    def __init__(self, recipe: Recipe, padding: int, sources: Sequence[Sides]):
        self.recipe, self.padding = recipe, padding
        self.given, self.wanted = join([each.given for each in sources]), join([each.wanted for each in sources])
        self.counts = np.array([len(each.given.lengths) for each in sources])
        self.firsts = self.counts.cumsum() - self.counts
        shares = np.array([text.share for text in recipe.texts])
        self.shares = shares / shares.sum()

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Returns ids (rows, S) padded, and labels (rows, T) with NOTHING where there is none."""
        chance = np.random.default_rng([self.recipe.seed, step])
        count = self.recipe.pairs * self.recipe.pools
        which = chance.choice(len(self.counts), size=count, p=self.shares)
        pool = self.firsts[which] + chance.integers(self.counts[which])
        pool = pool[np.argsort(self.given.lengths[pool], kind="stable")]
        start = int(chance.integers(self.recipe.pools)) * self.recipe.pairs
        chosen = pool[start : start + self.recipe.pairs]
        return padded(self.given, chosen, self.padding), padded(self.wanted, chosen, NOTHING)


def encode(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, found: list[Pair]) -> Sides:
    """Pairs as ids with their end mark; those longer than the model takes are left out."""
    sides = [tokenizer(list(side))["input_ids"] for side in zip(*found, strict=True)]
    kept = [(a, b) for a, b in zip(*sides, strict=True) if max(len(a), len(b)) <= recipe.positions]
    return Sides(flatten(a for a, _ in kept), flatten(b for _, b in kept))


def build(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> T5ForConditionalGeneration:
    """The model that the recipe begins from, or a T5 with random weights of its size."""
    torch.manual_seed(recipe.seed)
    if recipe.begin:
        return T5ForConditionalGeneration.from_pretrained(recipe.begin, dtype=torch.float32, local_files_only=True)
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=len(tokenizer),
            d_model=recipe.width,
            d_kv=recipe.width // recipe.heads,
            d_ff=recipe.inner,
            num_layers=recipe.layers,
            num_decoder_layers=recipe.layers,
            num_heads=recipe.heads,
            relative_attention_num_buckets=32,
            relative_attention_max_distance=64,
            dropout_rate=recipe.dropout,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,
        )
    )


def updates(model: T5ForConditionalGeneration, peaks: tuple[float, float], decay: float = 0.01) -> Optimizers:
    """Muon and AdamW as in the other recipes, but for the queries slower by the root of a head's width.

    A T5 does not divide its scores by that root; its first queries are smaller by as much instead. At Muon's usual rate
    its heads soon look nowhere but at one place.
    """
    (usual, peak), adam = optimizers(model, peaks, decay)
    queries = [p for name, p in model.named_parameters() if name.endswith(".q.weight")]
    chosen = {id(p) for p in queries}
    others = [p for p in usual.param_groups[0]["params"] if id(p) not in chosen]
    return [muon(others, peak, decay), muon(queries, peak / math.sqrt(model.config.d_kv), decay), adam]


def together(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> BatchEncoding:
    """Texts as one padded batch; asked to pad by itself, a tokenizer is saved as one that always does."""
    return tokenizer.pad(tokenizer(list(texts)), return_tensors="pt")


def translate(
    model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], rows: int = 100
) -> list[str]:
    """The greedy translation of each text."""
    device, said = next(model.parameters()).device, []
    for start in range(0, len(texts), rows):
        given = together(tokenizer, texts[start : start + rows]).to(device)
        with at_rest(model):
            out = model.generate(
                input_ids=given.input_ids, attention_mask=given.attention_mask, do_sample=False, max_new_tokens=80
            )
        said += tokenizer.batch_decode(out, skip_special_tokens=True)
    return [each.strip() for each in said]


def exact(model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, found: list[Pair]) -> float:
    """Share of pairs whose translation is the Korean sentence, letter by letter."""
    said = translate(model, tokenizer, [english for english, _ in found])
    return sum(a == b for a, (_, b) in zip(said, found, strict=True)) / len(found)


def chrf(model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, found: list[Pair]) -> float:
    """chrF of the translations (Popović, 2015), 0 to 100, as sacrebleu computes it."""
    from sacrebleu.metrics import CHRF

    said = translate(model, tokenizer, [english for english, _ in found])
    return float(CHRF().corpus_score(said, [[korean for _, korean in found]]).score)


def tokenizer_of(recipe: Recipe, folder: Path, work: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of the weights that the recipe begins from, of its checkpoint, or a new one, kept in `work`."""
    if recipe.begin or (work / "tokenizer.json").exists():
        return PreTrainedTokenizerFast.from_pretrained(recipe.begin or work)
    sentences, lists, real_ones = training(recipe, folder)
    texts = (side for source in (sentences, *[lists] * WHOLE, real_ones) for pair in source for side in pair)
    tokenizer = train_unigram(texts, recipe.vocabulary, recipe.positions)
    tokenizer.save_pretrained(work)
    return tokenizer


def tokenize(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path) -> list[Sides]:
    """The training pairs of each of the recipe's texts, as ids."""
    return [encode(recipe, tokenizer, source) for source in training(recipe, folder)]


def ship(recipe: Recipe, model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes the weights as they are shipped."""
    save(model, tokenizer, out)


def guessing(model: T5ForConditionalGeneration, rows: Rows) -> Callable[[int], Tensor]:
    """step -> the cross-entropy of each token of its translations given those before it, in nats."""
    device = next(model.parameters()).device

    def loss(step: int) -> Tensor:
        ids, labels = (part.to(device, non_blocking=True) for part in rows.batch(step))
        with mixed(model):
            logits = model(input_ids=ids, attention_mask=(ids != rows.padding).long(), labels=labels).logits
        return cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=NOTHING)

    return loss


def learn(
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerFast,
    sources: Sequence[Sides],
    work: Path,
    tokens: float,
    report: Callable[[T5ForConditionalGeneration], str],
    device: str = "cpu",
    **more: Any,
) -> tuple[T5ForConditionalGeneration, Reading]:
    """Runs the recipe on its texts' pairs, resuming from `work` if it holds a checkpoint; more: as of `loop.Run`."""
    recipe = fresh(recipe)
    model = build(recipe, tokenizer).to(device)
    loss = guessing(model, Rows(recipe, tokenizer.pad_token_id, sources))
    size = per_step(recipe, sources)
    more = {
        "rate": again if recipe.begin else falling,
        "peaks": PEAKS,
        "updates": partial(updates, decay=recipe.decay),
        **more,
    }
    steps = go(recipe, model, loss, report, max(1, round(tokens / size)), size, work, **more)
    return model, Reading.of_run(steps * size, recipe.begin)


def reporting(tokenizer: PreTrainedTokenizerFast) -> Callable[[T5ForConditionalGeneration], str]:
    """What is printed of a model while it learns."""
    return lambda model: f"{exact(model, tokenizer, kept()[:100]):.2%} of 100 held-out sentences translated exactly"


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the share of exact translations."""
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_of(recipe, folder, work)
    sources, report = tokenize(recipe, tokenizer, folder), reporting(tokenizer)
    model, read = learn(recipe, tokenizer, sources, work, tokens, report, fastest(), save_every=save_every)
    ship(recipe, model, tokenizer, out)
    return write_card(recipe, reread(T5ForConditionalGeneration, out), tokenizer, folder, out, read)


def per_step(recipe: Recipe, sources: Sequence[Sides]) -> int:
    """How many tokens of both languages a batch holds on average."""
    shares = np.array([text.share for text in recipe.texts])
    means = [each.given.lengths.mean() + each.wanted.lengths.mean() for each in sources]
    return round(recipe.pairs * float(shares / shares.sum() @ np.array(means)))


def write_card(
    recipe: Recipe,
    model: T5ForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    out: Path,
    read: Reading,
) -> float:
    """Writes CARD.md beside the weights in `out`; returns the share of exact translations that it states."""
    simple, people = kept()[:SCORED], real(folder)[1][:SCORED]
    share = exact(model, tokenizer, simple)
    shown = [*simple[:10], *people[:10]]
    said = translate(model, tokenizer, [english for english, _ in shown])
    Card(
        name=recipe.name,
        language=recipe.language,
        what=f"A T5 of {model.num_parameters():,} parameters ({recipe.layers} layers of width {recipe.width} on each "
        f"side, {recipe.heads} heads, a Unigram vocabulary of {len(tokenizer):,} pieces of both languages, bytes for "
        "what is not among them), trained from random weights by this repository to turn simple English into Korean.",
        texts=recipe.texts,
        figures=(
            f"About {read}",
            f"{share:.1%} of {len(simple)} held-out sentences of the grammar translated exactly.",
            f"chrF {chrf(model, tokenizer, people):.1f} on {len(people)} held-out real pairs.",
        ),
        heading="Held-out sentences: ten of the grammar, ten real ones",
        samples=tuple(f"{english} → {korean}" for (english, _), korean in zip(shown, said, strict=True)),
        command=read.command("seq2seq", recipe.name),
        read=(korean for source in training(recipe, folder) for _, korean in source),
        shares="pairs",
        held=f"Every {REAL_HELD_EVERY}th real pair was held out before training; of what the grammar makes, "
        "sentences that say a name which training shows in lists of names only, or words that it never shows together.",
    ).write(out)
    return share


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from the weights in `out`; returns the share of exact translations."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out, local_files_only=True)
    read = Reading.kept(out, round(tokens))
    return write_card(recipe, reread(T5ForConditionalGeneration, out), tokenizer, folder, out, read)


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.1%} of held-out sentences translated exactly")


if __name__ == "__main__":
    main()
