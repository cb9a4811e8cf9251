"""Trains a small BERT from texts to shipped weights, in one readable run that can be stopped and resumed.

    python -m models.recipes.masked stories-bert --texts FOLDER --tokens 12e6

A row is [CLS], some whole sentences of one document, [SEP]; half of the rows go on with more sentences and a [SEP], and
the model says whether those follow in the document or come from elsewhere. Of the tokens some are to be guessed: of
those 80% are hidden behind [MASK], 10% stand as another token and 10% as they are (Devlin et al., "BERT", 2019).

All rows of a batch are of one length, drawn anew for each batch, for people type short texts. The first batches hold
very short rows: a hidden word's place says nothing of it, so nothing is learnt before some head looks at its
neighbours, and among sixteen tokens those are soon found, among a hundred they are not (figures in LOG.md).

Which rows and which gaps is a function of (seed, step) alone: a killed run that resumes sees what it would have seen.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForPreTraining, PreTrainedTokenizerFast

from .card import Card, Reading
from .corpus import Text, documents, held_out, sampled
from .loop import again, at_rest, command, falling, fresh, go, reread, save
from .texts import CLASSICS, EN_MADE, KO_CHAT, KO_MADE, KO_PAIRS, KO_STORYBOOK, KO_WIKI, STORIES, STORYBOOK, WIKI
from .tokenizer import train_wordpiece

SHORT = (8, 12, 16, 24)  # tokens of a row, in the first batches
FIRST = 1200  # how many batches those are
LENGTHS = (16, 24, 32, 48, 64, 96, 128)  # tokens of a row, afterwards
BATCH = 1536  # tokens of a batch
HIDDEN, CHANGED = 0.8, 0.1  # shares of the tokens to be guessed
GAPS = 0.15  # share of the tokens to be guessed when the model is scored
ASKED = 0.25  # the same while it learns: more to learn from in each row (Wettig et al., 2023)
PAIRS = 0.5  # share of the rows that are two parts
NEXT = 0.3  # weight of the question whether the second part follows
WARM = 100  # steps until the learning rate is whole: a fresh BERT, whose norms come after, does not stand more
SCORED, REPORTED = 140, 14  # held-out batches that the shipped figure is measured on, and that of a checkpoint
SPREAD = 0.05  # standard deviation of the first weights
PEAKS = (0.01, 0.01)  # the highest learning rates of Muon and of AdamW
NOTHING = -100  # a label that counts for nothing
FOLLOWS, ELSEWHERE = 0, 1  # labels of the second part, as BERT counts them


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model: its language, sizes and texts.

    lower: whether capitals are lost. later: texts that the first batches leave out, for they are hard to begin with.
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


class Batch(NamedTuple):
    """What the model sees and what it is to say.

    ids, parts, labels: (rows, length); parts is 1 in a second part, labels the token to be guessed or NOTHING.
    follows: (rows,), FOLLOWS or ELSEWHERE, NOTHING for a row of one part.
    """

    ids: Tensor
    parts: Tensor
    labels: Tensor
    follows: Tensor


class Rows:
    """Batches of rows with gaps, a pure function of (seed, step).

    sources: for each text, its documents as lists of ids. ends: the ids that end a sentence.
    """

    def __init__(self, recipe: Recipe, tokenizer: PreTrainedTokenizerFast, sources: list[list[list[int]]]):
        self.recipe, self.tokenizer, self.sources = recipe, tokenizer, sources
        shares = np.array([text.share for text in recipe.texts])
        first = shares * [text not in recipe.later for text in recipe.texts]
        self.shares, self.first = shares / shares.sum(), first / (first.sum() or 1)
        self.ends = set(tokenizer.convert_tokens_to_ids([".", "!", "?"]))

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        chance = np.random.default_rng([self.recipe.seed, step])
        first = step < FIRST and not self.recipe.begin  # a second run knows already where to look
        length = int(chance.choice(SHORT if first else LENGTHS))
        return self.rows(length, BATCH // length, chance, ASKED, self.first if first else self.shares)

    def rows(
        self, length: int, count: int, chance: np.random.Generator, asked: float, shares: np.ndarray | None = None
    ) -> Batch:
        """That many rows of one length, that share of their tokens to be guessed; shares: of each source."""
        made = [self.row(length, chance, self.shares if shares is None else shares) for _ in range(count)]
        seen, labels = gaps(np.array([row for row, _, _ in made]), self.tokenizer, chance, asked)
        starts = torch.tensor([start for _, start, _ in made])
        parts = (torch.arange(length) >= starts[:, None]) & (seen != self.tokenizer.pad_token_id)
        return Batch(seen, parts.long(), labels, torch.tensor([follows for _, _, follows in made]))

    def row(self, length: int, chance: np.random.Generator, shares: np.ndarray) -> tuple[list[int], int, int]:
        """One row of that length, filled up with padding; where its second part begins; whether that follows."""
        begin, end = self.tokenizer.cls_token_id, self.tokenizer.sep_token_id
        paired = chance.random() < PAIRS
        document, start = self.place(chance, shares)
        first = self.cut(document[start:], (length - 3) // 2 if paired else length - 2)
        row, second, follows = [begin, *first, end], length, NOTHING
        rest = document[start + len(first) :]
        if paired and first[-1] in self.ends and len(rest) > 3:  # cut within a sentence, it would tell what follows
            follows = FOLLOWS
            if chance.random() < 0.5:
                other, start = self.place(chance, shares)
                rest, follows = other[start:], ELSEWHERE
            second = len(row)
            row += [*self.cut(rest, length - len(row) - 1), end]
        return row + [self.tokenizer.pad_token_id] * (length - len(row)), second, follows

    def place(self, chance: np.random.Generator, shares: np.ndarray) -> tuple[list[int], int]:
        """A document and where one of its sentences begins."""
        source = self.sources[chance.choice(len(self.sources), p=shares)]
        document = source[chance.integers(len(source))]
        starts = [0, *(i + 1 for i, token in enumerate(document[:-4]) if token in self.ends)]
        return document, int(chance.choice(starts))

    def cut(self, tokens: list[int], room: int) -> list[int]:
        """As many whole sentences as there is room for; a part of one where they would leave half of it empty."""
        taken = tokens[:room]
        last = max((i for i, token in enumerate(taken) if token in self.ends), default=-1)
        return taken[: last + 1] if last + 1 >= len(taken) // 2 and last >= 0 else taken


def gaps(
    rows: np.ndarray, tokenizer: PreTrainedTokenizerFast, chance: np.random.Generator, share: float
) -> tuple[Tensor, Tensor]:
    """Hides a share of the tokens of rows (B, T), never special ones; returns what is seen and what to guess."""
    asked = (chance.random(rows.shape) < share) & (rows >= len(tokenizer.all_special_ids))
    how = chance.random(rows.shape)
    seen = np.where(asked & (how < HIDDEN), tokenizer.mask_token_id, rows)
    others = chance.integers(len(tokenizer.all_special_ids), len(tokenizer), rows.shape)
    seen = np.where(asked & (how >= HIDDEN) & (how < HIDDEN + CHANGED), others, seen)
    return torch.tensor(seen), torch.tensor(np.where(asked, rows, NOTHING))


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


def held_rows(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path) -> Rows:
    """Rows of what was held out of each text."""
    held = (held_out(folder, text) for text in recipe.texts)
    return Rows(recipe, tokenizer, [tokenizer(texts, add_special_tokens=False)["input_ids"] for texts in held])


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the accuracy on held-out texts."""
    work.mkdir(parents=True, exist_ok=True)
    recipe = fresh(recipe)
    if recipe.begin or (work / "tokenizer.json").exists():
        tokenizer = PreTrainedTokenizerFast.from_pretrained(recipe.begin or work)
    else:
        texts = sampled(recipe.texts, folder)
        tokenizer = train_wordpiece(texts, recipe.vocabulary, recipe.alphabet, recipe.lower, recipe.positions)
        tokenizer.save_pretrained(work)
    sources = [tokenizer(documents(folder, text)[0], add_special_tokens=False)["input_ids"] for text in recipe.texts]
    rows, held = Rows(recipe, tokenizer, sources), held_rows(recipe, tokenizer, folder)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(recipe, tokenizer).to(device)
    model.set_attn_implementation("eager")  # on short rows and a CPU some tenth faster than the fused one
    model.train()

    def loss(step: int) -> Tensor:
        batch = Batch(*(part.to(device) for part in rows.batch(step)))
        with torch.autocast(device, torch.bfloat16):
            scores, wanted, follows = guesses(model, batch, tokenizer.pad_token_id)
        asked = (batch.follows != NOTHING).sum().clamp(min=1)  # very short rows may all be of one part
        told = cross_entropy(follows.float(), batch.follows, reduction="sum") / asked
        return cross_entropy(scores.float(), wanted) + NEXT * told

    def report() -> str:
        told = "{:.4f} right, {:.4f} the most frequent, {:.3f} bits; {:.4f} follow right, {:.4f} the more frequent"
        return told.format(*accuracy(model, held, REPORTED))

    steps = math.ceil(tokens / BATCH)
    rate = again if recipe.begin else warm
    go(recipe, model, loss, report, steps, BATCH, work, rate=rate, peaks=PEAKS, save_every=save_every)
    read = Reading.of_run(steps * BATCH, recipe.begin)
    save(model, tokenizer, out)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config["architectures"] = ["BertForMaskedLM"]  # as the first BERT's: what it is mostly used for
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    return write_card(recipe, reread(BertForPreTraining, out), tokenizer, folder, out, read)


def warm(step: int, steps: int) -> float:
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
