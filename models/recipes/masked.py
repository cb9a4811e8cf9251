"""Trains a small BERT from texts to shipped weights, in one readable run that can be stopped and resumed.

    python -m models.recipes.masked stories-bert --texts FOLDER --tokens 12e6

What a row holds, and what of it is hidden, stands in masked_rows.py. All rows of a batch are of one length, drawn anew
for each batch, for people type short texts. The first batches hold very short rows: a hidden word's place says nothing
of it, so nothing is learnt before some head looks at its neighbours, and among sixteen tokens those are soon found,
among a hundred they are not (figures in LOG.md).

Which rows and which gaps is a function of (seed, step) alone: a killed run that resumes sees what it would have seen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForPreTraining, PreTrainedTokenizerFast

from .card import Card, Reading
from .commandline import command
from .corpus import Text, documents, held_out, sampled
from .device import fastest, mixed
from .flat import Flat, flatten, limit
from .loop import at_rest, go, reread, save
from .masked_rows import NOTHING, Batch, Maker, gaps
from .optim import again, falling, optimizers
from .read import fresh
from .texts import CLASSICS, EN_MADE, KO_CHAT, KO_MADE, KO_PAIRS, KO_STORYBOOK, KO_WIKI, STORIES, STORYBOOK, WIKI
from .tokenizer import train_wordpiece

SHORT = (8, 12, 16, 24)  # tokens of a row, in the first batches
FIRST = 1200  # how many batches those are
LENGTHS = (16, 24, 32, 48, 64, 96, 128)  # tokens of a row, afterwards
BATCH = 1536  # tokens of a batch
GAPS = 0.15  # share of the tokens to be guessed when the model is scored
ASKED = 0.25  # the same while it learns: more to learn from in each row (Wettig et al., 2023)
NEXT = 0.3  # weight of the question whether the second part follows
WARM = 100  # steps until the learning rate is whole: a fresh BERT, whose norms come after, does not stand more
SCORED, REPORTED = 140, 14  # held-out batches that the shipped figure is measured on, and that of a checkpoint
SPREAD = 0.05  # standard deviation of the first weights
PEAKS = (0.01, 0.01)  # the highest learning rates of Muon and of AdamW


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model: its language, sizes and texts.

    lower: whether capitals are lost. later: texts that the first batches leave out, for they are hard to begin with.
    average: the share of the run's end over which its weights are averaged. times: how many BATCH tokens a batch holds.
    """

    name: str
    language: str
    vocabulary: int
    alphabet: int
    lower: bool
    texts: tuple[Text, ...]
    later: tuple[Text, ...] = ()
    width: int = 192
    layers: int = 4
    heads: int = 6
    positions: int = 512
    dropout: float = 0.1
    decay: float = 0.01
    average: float = 0.0
    times: int = 1
    tokens: float = 12e6
    seed: int = 1
    begin: Path | None = None


ENGLISH = tuple(
    replace(text, share=share)
    for text, share in ((STORIES, 0.55), (STORYBOOK, 0.07), (CLASSICS, 0.07), (WIKI, 0.11), (EN_MADE, 0.20))
)
# Less of the encyclopaedia than the GPT reads, more of plain sentences: these show what surrounds a gap.
KOREAN = tuple(
    replace(text, share=share)
    for text, share in ((KO_WIKI, 0.42), (KO_CHAT, 0.13), (KO_PAIRS, 0.08), (KO_STORYBOOK, 0.02), (KO_MADE, 0.35))
)
RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("stories-bert", "en", 3072, 100, True, ENGLISH),
        Recipe("ko-bert", "ko", 5120, 1600, False, KOREAN, later=KOREAN[:1]),
    )
}


class Rows:
    """Batches of rows with gaps, a pure function of (seed, step). sources: the documents of each text."""

    def __init__(self, recipe: Recipe, tokenizer: PreTrainedTokenizerFast, sources: Sequence[Flat]):
        self.recipe, self.tokenizer, self.maker = recipe, tokenizer, Maker(tokenizer, sources)
        shares = np.array([text.share for text in recipe.texts])
        first = shares * [text not in recipe.later for text in recipe.texts]
        self.shares, self.first = shares / shares.sum(), first / (first.sum() or 1)

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        chance = np.random.default_rng([self.recipe.seed, step])
        first = step < FIRST and not self.recipe.begin  # a second run knows already where to look
        length = int(chance.choice(SHORT if first else LENGTHS))
        count = self.recipe.times * BATCH // length
        return self.rows(length, count, chance, ASKED, self.first if first else self.shares)

    def rows(
        self, length: int, count: int, chance: np.random.Generator, asked: float, shares: np.ndarray | None = None
    ) -> Batch:
        """That many rows of one length, that share of their tokens to be guessed; shares: of each source."""
        made = self.maker.make(length, count, chance, self.shares if shares is None else shares)
        seen, labels = gaps(made.rows, self.tokenizer, chance, asked)
        parts = (np.arange(length) >= made.seconds[:, None]) & (seen != self.tokenizer.pad_token_id).numpy()
        return Batch(seen, torch.from_numpy(parts).long(), labels, torch.from_numpy(made.follows))


def guesses(model: BertForPreTraining, batch: Batch, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """Scores (N, V) and labels (N,) of the N tokens to be guessed, of the others nothing is computed; and the scores
    (rows, 2) of whether the second part follows."""
    seen = (batch.ids != padding).long()
    out = model.bert(input_ids=batch.ids, token_type_ids=batch.parts, attention_mask=seen)
    asked = batch.labels != NOTHING
    scores, follows = model.cls(out.last_hidden_state[asked], out.pooler_output)
    return scores, batch.labels[asked], follows


def build(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> BertForPreTraining:
    """The model that the recipe begins from, or a BERT with random weights of its size.

    Besides the short rows, two things help the first heads to find their neighbours: larger weights than BERT's own
    0.02, which suits a width of 768, and positions that begin as waves (Vaswani et al., 2017), among which a neighbour
    is found by one rotation; both are trained like all the rest.
    """
    torch.manual_seed(recipe.seed)
    if recipe.begin:
        return BertForPreTraining.from_pretrained(recipe.begin, dtype=torch.float32, local_files_only=True)
    model = BertForPreTraining(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            intermediate_size=4 * recipe.width,
            max_position_embeddings=recipe.positions,
            hidden_dropout_prob=recipe.dropout,
            attention_probs_dropout_prob=recipe.dropout,
            pad_token_id=tokenizer.pad_token_id,
            initializer_range=SPREAD,
        )
    )
    place = torch.arange(recipe.positions)[:, None] / 10_000 ** (torch.arange(0, recipe.width, 2) / recipe.width)
    with torch.no_grad():
        positions = model.bert.embeddings.position_embeddings.weight
        positions[:, 0::2], positions[:, 1::2] = SPREAD * place.sin(), SPREAD * place.cos()
    return model


class Score(NamedTuple):
    """On held-out texts: share of hidden tokens guessed right, share that their most frequent token is, bits that one
    takes on average; share of second parts told right, and share that the more frequent answer is."""

    right: float
    frequent: float
    bits: float
    follows: float
    guessed: float


def accuracy(model: BertForPreTraining, rows: Rows, count: int) -> Score:
    """Scores a model on `count` batches of held-out rows, at several lengths, 15% of them hidden."""
    chance, device = np.random.default_rng(0), next(model.parameters()).device
    right, bits = 0, 0.0
    tokens: list[int] = []
    answers: list[tuple[int, int]] = []
    for i in range(count):
        length = LENGTHS[i % len(LENGTHS)]
        batch = rows.rows(length, BATCH // length, chance, GAPS)
        hidden = torch.where(batch.labels == NOTHING, batch.ids, rows.tokenizer.mask_token_id)  # all of them hidden
        with at_rest(model):
            moved = Batch(*(part.to(device) for part in batch._replace(ids=hidden)))
            scores, wanted, follows = guesses(model, moved, rows.tokenizer.pad_token_id)
        right += int((scores.argmax(-1) == wanted).sum())
        bits += float(cross_entropy(scores.float(), wanted, reduction="sum")) / math.log(2)
        tokens += wanted.tolist()
        told = zip(follows.argmax(-1).tolist(), batch.follows.tolist(), strict=True)
        answers += [(said, true) for said, true in told if true != NOTHING]
    return Score(
        right / len(tokens),
        max(np.bincount(tokens)) / len(tokens),
        bits / len(tokens),
        sum(said == true for said, true in answers) / len(answers),
        max(np.bincount([true for _, true in answers])) / len(answers),
    )


def encode(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Flat:
    """Documents as ids, nothing put around them."""
    return flatten(tokenizer(list(texts), add_special_tokens=False)["input_ids"])


def held_rows(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Rows:
    """Rows of what was held out of each text."""
    return Rows(recipe, tokenizer, [encode(tokenizer, held_out(folder, text)) for text in recipe.texts])


def tokenizer_of(recipe: Recipe, folder: Path, work: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of the weights that the recipe begins from, of its checkpoint, or a new one, kept in `work`."""
    if recipe.begin or (work / "tokenizer.json").exists():
        return PreTrainedTokenizerFast.from_pretrained(recipe.begin or work)
    texts = sampled(recipe.texts, folder)
    tokenizer = train_wordpiece(texts, recipe.vocabulary, recipe.alphabet, recipe.lower, recipe.positions)
    tokenizer.save_pretrained(work)
    return tokenizer


def tokenize(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path, room: float = math.inf) -> list[Flat]:
    """Returns for each text its training documents as ids; room: as of the GPT-2's."""
    found = ((text, encode(tokenizer, documents(folder, text)[0])) for text in recipe.texts)
    return [flat if text.made else limit(flat, text.share * room) for text, flat in found]


def ship(recipe: Recipe, model: BertForPreTraining, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes the weights as they are shipped, for what they are mostly used for, as the first BERT's."""
    save(model, tokenizer, out)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config["architectures"] = ["BertForMaskedLM"]
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def guessing(model: BertForPreTraining, rows: Rows, padding: int) -> Callable[[int], Tensor]:
    """step -> the cross-entropy of its hidden tokens, and NEXT times that of its second parts, in nats."""
    device = next(model.parameters()).device

    def loss(step: int) -> Tensor:
        batch = rows.batch(step)
        asked = max(1, int((batch.follows != NOTHING).sum()))  # very short rows may all be of one part
        batch = Batch(*(part.to(device, non_blocking=True) for part in batch))
        with mixed(model):
            scores, wanted, follows = guesses(model, batch, padding)
        told = cross_entropy(follows.float(), batch.follows, reduction="sum") / asked
        return cross_entropy(scores.float(), wanted) + NEXT * told

    return loss


def learn(
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerFast,
    sources: Sequence[Flat],
    work: Path,
    tokens: float,
    report: Callable[[BertForPreTraining], str],
    device: str = "cpu",
    **more: Any,
) -> tuple[BertForPreTraining, Reading]:
    """Runs the recipe on its documents, resuming from `work` if it holds a checkpoint; more: as of `loop.Run`."""
    recipe = fresh(recipe)
    model = build(recipe, tokenizer).to(device)
    model.set_attn_implementation("eager")  # on short rows and a CPU some tenth faster than the fused one
    loss = guessing(model, Rows(recipe, tokenizer, sources), tokenizer.pad_token_id)
    size = recipe.times * BATCH
    more = {
        "rate": again if recipe.begin else warm,
        "peaks": PEAKS,
        "updates": partial(optimizers, decay=recipe.decay),
        **more,
    }
    steps = go(recipe, model, loss, report, math.ceil(tokens / size), size, work, **more)
    return model, Reading.of_run(steps * size, recipe.begin)


def told(score: Score) -> str:
    """What is printed of a score."""
    return "{:.4f} right, {:.4f} the most frequent, {:.3f} bits; {:.4f} follow right, {:.4f} the more frequent".format(
        *score
    )


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the accuracy on held-out texts."""
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer_of(recipe, folder, work)
    sources, held = tokenize(recipe, tokenizer, folder), held_rows(recipe, tokenizer, folder)

    def report(model: BertForPreTraining) -> str:
        return told(accuracy(model, held, REPORTED))

    model, read = learn(recipe, tokenizer, sources, work, tokens, report, fastest(), save_every=save_every)
    ship(recipe, model, tokenizer, out)
    return write_card(recipe, reread(BertForPreTraining, out), tokenizer, folder, out, read)


def warm(step: float, steps: float) -> float:
    """The learning rate's factor at a step: up in a line, then flat, then falling."""
    return min(1.0, (step + 1) / WARM) * falling(step, steps)


def filled(model: BertForPreTraining, tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """A text's first sentence with each of its words hidden in turn, every fourth of them shown with the guess."""
    row = tokenizer(text, truncation=True, max_length=24)["input_ids"]
    shown = []
    for place in range(2, len(row) - 1, 4):
        ids = torch.tensor([[*row[:place], tokenizer.mask_token_id, *row[place + 1 :]]])
        with at_rest(model):
            guess = int(model(input_ids=ids.to(next(model.parameters()).device)).prediction_logits[0, place].argmax())
        shown.append(f"{tokenizer.convert_ids_to_tokens(row[place])}: {tokenizer.convert_ids_to_tokens(guess)}")
    return f"{tokenizer.decode(row, skip_special_tokens=True)} → {', '.join(shown)}"


def read_of(recipe: Recipe, tokens: int) -> tuple[Text, ...]:
    """The texts with the shares that they had of a whole run, the first batches and the later ones together."""
    first = min(1.0, FIRST * BATCH / tokens)
    total = sum(text.share for text in recipe.texts)
    early = sum(text.share for text in recipe.texts if text not in recipe.later)
    return tuple(
        replace(text, share=(1 - first) * text.share / total + first * (text not in recipe.later) * text.share / early)
        for text in recipe.texts
    )


def write_card(
    recipe: Recipe,
    model: BertForPreTraining,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    out: Path,
    read: Reading,
) -> float:
    """Writes CARD.md beside the weights in `out`; returns the accuracy that it states."""
    score = accuracy(model, held_rows(recipe, tokenizer, folder), SCORED)
    held = [held_out(folder, text) for text in recipe.texts]
    Card(
        name=recipe.name,
        language=recipe.language,
        what=f"A BERT of {model.num_parameters():,} parameters ({recipe.layers} layers of width {recipe.width}, "
        f"{recipe.heads} heads, WordPiece vocabulary of {recipe.vocabulary:,} with [UNK], "
        f"{'lower case only' if recipe.lower else 'capitals kept'}), trained from random weights by this repository "
        "to fill gaps and to say whether the second of two parts follows the first.",
        texts=read_of(recipe, read.total),
        figures=(
            f"{read} Padding is counted.",
            f"{score.right:.1%} of hidden tokens (15% of held-out rows of these texts, 16 to 128 tokens long) "
            f"guessed right; always guessing the most frequent token: {score.frequent:.1%}.",
            f"{score.bits:.3f} bits for a hidden token on average.",
            f"{score.follows:.1%} of the same rows' second parts told right (follows, or comes from elsewhere); always "
            f"giving the more frequent answer: {score.guessed:.1%}.",
        ),
        heading="Held-out beginnings, some tokens hidden one at a time: the token and the guess",
        samples=tuple(filled(model, tokenizer, texts[i]) for i in range(4) for texts in held if i < len(texts)),
        command=read.command("masked", recipe.name),
        read=(part for text in recipe.texts for part in documents(folder, text)[0]),
    ).write(out)
    return score.right


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from the weights in `out`; returns the accuracy that it states."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out, local_files_only=True)
    return write_card(
        recipe,
        reread(BertForPreTraining, out),
        tokenizer,
        folder,
        out,
        Reading.kept(out, math.ceil(tokens / BATCH) * BATCH),
    )


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.2%} of hidden tokens guessed right")


if __name__ == "__main__":
    main()
