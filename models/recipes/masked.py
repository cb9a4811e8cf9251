"""Trains a small BERT from texts to shipped weights, in one readable run that can be stopped and resumed.

    python -m models.recipes.masked stories-bert --texts FOLDER --tokens 12e6

A row is [CLS], some whole sentences of one document, [SEP]; of its tokens 15% are to be guessed: of those 80% are
hidden behind [MASK], 10% stand as another token and 10% as they are (Devlin et al., "BERT", 2019). All rows of a batch
are of one length, drawn anew for each batch, for people type short texts. Which rows and which gaps is a function of
(seed, step) alone, so a killed run that resumes sees what it would have seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from .card import Card
from .causal import CLASSICS, KO_CHAT, KO_PAIRS, KO_STORYBOOK, KO_WIKI, STORIES, STORYBOOK, WIKI
from .corpus import Text, documents
from .loop import Run, command, falling, save
from .tokenizer import train_wordpiece

LENGTHS = (32, 64, 128)  # tokens of a row
BATCH = 2048  # tokens of a batch
HIDDEN, CHANGED = 0.8, 0.1  # shares of the tokens to be guessed
GAPS = 0.15
WARM = 100  # steps until the learning rate is whole: a fresh BERT, whose norms come after, does not stand more
SCORED = 340  # held-out documents that the shipped figure is measured on
SPREAD = 0.05  # standard deviation of the first weights
PEAKS = (0.01, 0.002)  # the highest learning rates of Muon and of AdamW
NOTHING = -100  # a label that counts for nothing


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model: its language, sizes and texts. lower: whether capitals are lost."""

    name: str
    language: str
    vocabulary: int
    alphabet: int
    lower: bool
    texts: tuple[Text, ...]
    width: int = 256
    layers: int = 4
    heads: int = 8
    positions: int = 512
    dropout: float = 0.1
    seed: int = 1


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("stories-bert", "en", 3072, 100, True, (STORIES, STORYBOOK, CLASSICS, WIKI)),
        Recipe("ko-bert", "ko", 5120, 1600, False, (KO_WIKI, KO_CHAT, KO_PAIRS, KO_STORYBOOK)),
    )
}


class Rows:
    """Batches of rows with gaps, a pure function of (seed, step).

    sources: for each text, its documents as lists of ids. ends: the ids that end a sentence.
    """

    def __init__(self, recipe: Recipe, tokenizer: PreTrainedTokenizerFast, sources: list[list[list[int]]]):
        self.recipe, self.tokenizer, self.sources = recipe, tokenizer, sources
        shares = np.array([text.share for text in recipe.texts])
        self.shares = shares / shares.sum()
        self.ends = set(tokenizer.convert_tokens_to_ids([".", "!", "?"]))

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Returns ids and labels, both (rows, length); a label is the token to be guessed, or NOTHING."""
        chance = np.random.default_rng([self.recipe.seed, step])
        length = int(chance.choice(LENGTHS))
        rows = np.array([self.row(length, chance) for _ in range(BATCH // length)])
        return gaps(rows, self.tokenizer, chance)

    def row(self, length: int, chance: np.random.Generator) -> list[int]:
        """One row of that length: sentences of a document from one's beginning on, as many as fit, then padding."""
        source = self.sources[chance.choice(len(self.sources), p=self.shares)]
        document = source[chance.integers(len(source))]
        starts = [0, *(i + 1 for i, token in enumerate(document[:-4]) if token in self.ends)]
        taken = document[chance.choice(starts) :][: length - 2]
        last = max((i for i, token in enumerate(taken) if token in self.ends), default=len(taken) - 1)
        if last + 1 >= len(taken) // 2:
            taken = taken[: last + 1]
        row = [self.tokenizer.cls_token_id, *taken, self.tokenizer.sep_token_id]
        return row + [self.tokenizer.pad_token_id] * (length - len(row))


def gaps(rows: np.ndarray, tokenizer: PreTrainedTokenizerFast, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Hides tokens of rows (B, T), never special ones; returns what the model sees and what it is to guess."""
    asked = (chance.random(rows.shape) < GAPS) & (rows >= len(tokenizer.all_special_ids))
    how = chance.random(rows.shape)
    seen = np.where(asked & (how < HIDDEN), tokenizer.mask_token_id, rows)
    others = chance.integers(len(tokenizer.all_special_ids), len(tokenizer), rows.shape)
    seen = np.where(asked & (how >= HIDDEN) & (how < HIDDEN + CHANGED), others, seen)
    return torch.tensor(seen), torch.tensor(np.where(asked, rows, NOTHING))


def guesses(model: BertForMaskedLM, ids: Tensor, labels: Tensor, padding: int) -> tuple[Tensor, Tensor]:
    """Scores (N, V) and labels (N,) of the N tokens to be guessed: of the others nothing is computed."""
    hidden = model.bert(input_ids=ids, attention_mask=(ids != padding).long()).last_hidden_state
    asked = labels != NOTHING
    return model.cls(hidden[asked]), labels[asked]


def build(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> BertForMaskedLM:
    """A BERT with random weights of the recipe's size.

    A hidden word's place says nothing of it, so nothing is learnt before some head looks at its neighbours. Two things
    shorten that wait: larger weights than BERT's own 0.02, which suits a width of 768, and positions that begin as
    waves (Vaswani et al., 2017), among which a neighbour is found by one rotation; both are trained like all the rest.
    """
    torch.manual_seed(recipe.seed)
    model = BertForMaskedLM(
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


def accuracy(
    model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, texts: list[str]
) -> tuple[float, float, float]:
    """Of held-out texts, each cut at 128 tokens: the share of 15% hidden tokens that the model guesses, the share that
    the most frequent token of these texts is, and the bits that a hidden token takes the model on average."""
    model.eval()
    chance, device = np.random.default_rng(0), next(model.parameters()).device
    right, count, bits, tokens = 0, 0, 0.0, []
    for text in texts:
        row = tokenizer(text, truncation=True, max_length=128)["input_ids"]
        ids, labels = gaps(np.array([row]), tokenizer, chance)
        ids = torch.where(labels == NOTHING, ids, tokenizer.mask_token_id)  # all of them hidden
        with torch.inference_mode():
            scores, wanted = guesses(model, ids.to(device), labels.to(device), tokenizer.pad_token_id)
        right += int((scores.argmax(-1) == wanted).sum())
        bits += float(torch.nn.functional.cross_entropy(scores.float(), wanted, reduction="sum")) / math.log(2)
        tokens += wanted.tolist()
        count += len(wanted)
    model.train()
    return right / count, max(np.bincount(tokens)) / count, bits / count


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the accuracy on held-out texts."""
    work.mkdir(parents=True, exist_ok=True)
    held = documents(folder, recipe.texts[0])[1]
    if (work / "tokenizer.json").exists():
        tokenizer = PreTrainedTokenizerFast.from_pretrained(work)
    else:
        texts = (part for text in recipe.texts for part in documents(folder, text)[0])
        tokenizer = train_wordpiece(texts, recipe.vocabulary, recipe.alphabet, recipe.lower, recipe.positions)
        tokenizer.save_pretrained(work)
    sources = [tokenizer(documents(folder, text)[0], add_special_tokens=False)["input_ids"] for text in recipe.texts]
    rows = Rows(recipe, tokenizer, sources)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(recipe, tokenizer).to(device)
    model.train()

    def loss(step: int) -> Tensor:
        ids, labels = rows.batch(step)
        with torch.autocast(device, torch.bfloat16):
            scores, wanted = guesses(model, ids.to(device), labels.to(device), tokenizer.pad_token_id)
        return torch.nn.functional.cross_entropy(scores.float(), wanted)

    def report() -> str:
        return "{:.4f} right, {:.4f} the most frequent, {:.3f} bits".format(*accuracy(model, tokenizer, held[:60]))

    steps = math.ceil(tokens / BATCH)
    Run(recipe.name, model, loss, report, steps, BATCH, work, recipe.seed, warm, PEAKS, save_every).go()
    save(model, tokenizer, out)
    return write_card(recipe, model, tokenizer, folder, out, tokens)


def warm(step: int, steps: int) -> float:
    """The learning rate's factor at a step: up in a line, then flat, then falling."""
    return min(1.0, (step + 1) / WARM) * falling(step, steps)


def filled(model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """A text's first sentence with each of its words hidden in turn, every fourth of them shown with the guess."""
    row = tokenizer(text, truncation=True, max_length=24)["input_ids"]
    model.eval()
    shown = []
    for place in range(2, len(row) - 1, 4):
        ids = torch.tensor([[*row[:place], tokenizer.mask_token_id, *row[place + 1 :]]])
        with torch.inference_mode():
            guess = int(model(input_ids=ids.to(next(model.parameters()).device)).logits[0, place].argmax())
        shown.append(f"{tokenizer.convert_ids_to_tokens(row[place])}: {tokenizer.convert_ids_to_tokens(guess)}")
    return f"{tokenizer.decode(row, skip_special_tokens=True)} → {', '.join(shown)}"


def write_card(
    recipe: Recipe, model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, folder: Path, out: Path, tokens: float
) -> float:
    """Writes CARD.md beside the weights in `out`; returns the accuracy that it states."""
    held = documents(folder, recipe.texts[0])[1]
    right, frequent, bits = accuracy(model, tokenizer, held[:SCORED])
    read = math.ceil(tokens / BATCH) * BATCH
    Card(
        name=recipe.name,
        language=recipe.language,
        what=f"A BERT of {model.num_parameters():,} parameters ({recipe.layers} layers of width {recipe.width}, "
        f"{recipe.heads} heads, WordPiece vocabulary of {recipe.vocabulary:,} with [UNK], "
        f"{'lower case only' if recipe.lower else 'capitals kept'}), trained from random weights by this repository "
        "to fill gaps. It was not trained to say whether one sentence follows another.",
        texts=recipe.texts,
        figures=(
            f"{read:,} training tokens, padding counted.",
            f"{right:.1%} of hidden tokens (15% of held-out documents of the first text) guessed right; always "
            f"guessing the most frequent token: {frequent:.1%}.",
            f"{bits:.3f} bits for a hidden token on average.",
        ),
        heading="Held-out beginnings, some tokens hidden one at a time: the token and the guess",
        samples=tuple(filled(model, tokenizer, text) for text in held[:10]),
        command=f"python -m models.recipes.masked {recipe.name} --texts FOLDER --tokens {read:.3g}",
    ).write(out)
    return right


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from the weights in `out`; returns the accuracy that it states."""
    model = BertForMaskedLM.from_pretrained(out, dtype=torch.float32, local_files_only=True)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out, local_files_only=True)
    return write_card(recipe, model, tokenizer, folder, out, tokens)


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.2%} of hidden tokens of {title} guessed right")


if __name__ == "__main__":
    main()
