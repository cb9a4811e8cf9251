"""Trains a small GPT-2 or LSTM from texts to shipped weights, in one readable run that can be stopped and resumed.

    python -m models.recipes.causal stories-gpt --texts FOLDER --tokens 15e6
    python -m models.recipes.causal stories-lstm --texts FOLDER --tokens 15e6

An LSTM is there to stand beside a GPT-2: it has that one's tokenizer, and reads the same rows in the same order.

Each row of a batch begins where a document begins (position 0 is the start of a text, as it is for what a person
types) and is filled with whole documents of one source, an end mark between them. Most batches have rows of half the
length, on which attention is cheaper; half of what short texts give is read in rows of a quarter, in batches of their
own. Which documents is a function of (seed, step) alone, so a killed run that resumes sees what it would have seen.

A second run may go on from the first one's weights and learn, beside what the text says, what both of the pair guess:

    python -m models.recipes.causal stories-gpt --texts FOLDER --tokens 10e6 --begin GPT --teachers GPT LSTM

With little text, what two models together say of a word holds more than the word alone (Hinton et al., "Distilling the
Knowledge in a Neural Network", 2015).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from models.lstm import LSTMConfig, LSTMForCausalLM

from . import attention
from .card import Card, Reading
from .corpus import Text, documents, held_out, sampled
from .loop import WEIGHTS, again, at_rest, command, falling, fresh, go, optimizers, reread, save
from .texts import ENGLISH, KO_CHAT, KO_MADE, KO_PAIRS, KO_STORYBOOK, KO_WIKI, KOREAN
from .tokenizer import train_bpe

PARTS = (1, 2, 2)  # into how many rows a batch cuts one row of all the positions, each as likely
SHORT = 4  # the same, for a batch of short texts alone
TAUGHT = 0.5  # share of the loss that is about what the teachers guess
CONTINUED, LONGEST = 20, 80  # continuations on the card, and the most tokens of one
SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"”'])\s+|\n+")
SCORED, BESIDE = 340, 100  # held-out documents that the shipped figure is measured on, and of each other text


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model: its language, sizes and texts.

    twin: of an LSTM, the GPT-2 beside which it stands, whose tokenizer it has. begin: a folder with shipped weights to
    go on from, in place of random ones. teachers: folders with models whose guesses it learns, too, which have its
    tokenizer. begun: the texts of which the card shows how they go on; none: the first.
    """

    name: str
    language: str
    vocabulary: int
    texts: tuple[Text, ...]
    begun: tuple[Text, ...] = ()
    architecture: str = "GPT-2"
    twin: str = ""
    state: int = 480
    peaks: tuple[float, float] = (0.02, 0.006)
    width: int = 256
    layers: int = 4
    heads: int = 8
    positions: int = 512
    rows: int = 8
    dropout: float = 0.1
    decay: float = 0.1
    tokens: float = 20e6
    seed: int = 1
    begin: Path | None = None
    teachers: tuple[Path, ...] = ()


GPTS = (
    Recipe("stories-gpt", "en", 4096, ENGLISH),
    # An encyclopaedia is too hard for it: how it goes on is shown of each text.
    Recipe("ko-gpt", "ko", 5120, KOREAN, begun=(KO_STORYBOOK, KO_MADE, KO_PAIRS, KO_CHAT, KO_WIKI)),
)
LSTMS = tuple(
    replace(
        gpt, name=gpt.name.replace("gpt", "lstm"), architecture="LSTM", twin=gpt.name, layers=2, peaks=(0.04, 0.006)
    )
    for gpt in GPTS
)
RECIPES = {recipe.name: recipe for recipe in (*GPTS, *LSTMS)}


class Rows:
    """Batches of token rows, a pure function of (seed, step).

    sources: for each text, its documents as lists of ids, each ending in the end mark.
    """

    def __init__(self, recipe: Recipe, sources: list[list[list[int]]]):
        self.recipe = recipe
        self.sources = sources
        shares = np.array([text.share for text in recipe.texts])
        brief = np.array([text.share * text.short / 2 for text in recipe.texts])
        self.apart = brief.sum() / shares.sum()  # the share of the batches that are short texts' own
        self.brief = brief / max(brief.sum(), 1e-9)
        self.shares = (shares - brief) / (shares - brief).sum()

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns ids of shape (rows, positions + 1), or as many more rows of a half or a quarter of the positions; and
        whether each row comes from a file (rows,): what the grammar makes is without end, and needs no teacher."""
        chance = np.random.default_rng([self.recipe.seed, step])
        short = chance.random() < self.apart
        parts, shares = (SHORT, self.brief) if short else (int(chance.choice(PARTS)), self.shares)
        length = self.recipe.positions // parts
        made = [self.row(chance, length, shares) for _ in range(self.recipe.rows * parts)]
        return torch.tensor([ids for ids, _ in made]), torch.tensor([not text.made for _, text in made])

    def row(self, chance: np.random.Generator, length: int, shares: np.ndarray) -> tuple[list[int], Text]:
        """Returns one row of length + 1 ids, whole documents of one text, the last one cut; and that text."""
        which = int(chance.choice(len(self.sources), p=shares))
        source = self.sources[which]
        ids: list[int] = []
        while len(ids) <= length:
            ids += source[chance.integers(len(source))]
        return ids[: length + 1], self.recipe.texts[which]


def split_long(ids: list[int], length: int) -> list[list[int]]:
    """Cuts a document longer than a row into row-sized pieces, so that its end is seen as often as its beginning."""
    return [ids[i : i + length] for i in range(0, len(ids), length)]


def tokenize(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path) -> list[list[list[int]]]:
    """Returns for each text its training documents as lists of ids."""
    sources = []
    for text in recipe.texts:
        train, _ = documents(folder, text)
        encoded = tokenizer(train)["input_ids"]
        ended = ([*ids, tokenizer.eos_token_id] for ids in encoded)
        sources.append([piece for ids in ended for piece in split_long(ids, recipe.positions)])
    return sources


def steps_for(recipe: Recipe, tokens: float) -> int:
    """The steps that it takes to train on at least so many tokens."""
    return math.ceil(tokens / (recipe.rows * recipe.positions))


def bits_per_byte(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> float:
    """Held-out loss in bits per UTF-8 byte, each document scored from its start and cut at the context's end.

    The first token has nothing before it and is not scored, nor are its bytes counted.
    """
    bits, size = 0.0, 0
    device = next(model.parameters()).device
    with at_rest(model):
        for text in texts:
            ids = tokenizer(text)["input_ids"][: tokenizer.model_max_length]
            if len(ids) < 2:
                continue
            tensor = torch.tensor([ids], device=device)
            loss = model(input_ids=tensor, labels=tensor).loss.item()
            bits += loss * (len(ids) - 1) / math.log(2)
            size += len(tokenizer.decode(ids[1:]).encode())
    return bits / size


def build(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """The model that the recipe begins from, or one with random weights of its size."""
    torch.manual_seed(recipe.seed)
    if recipe.begin:
        more = {} if recipe.architecture == "LSTM" else {"attn_pdrop": 0.0}  # as below
        return kind_of(recipe).from_pretrained(recipe.begin, dtype=torch.float32, local_files_only=True, **more)
    if recipe.architecture == "LSTM":
        return LSTMForCausalLM(
            LSTMConfig(
                vocab_size=len(tokenizer),
                embedding_size=recipe.width,
                hidden_size=recipe.state,
                num_hidden_layers=recipe.layers,
                dropout=recipe.dropout,
                bos_token_id=tokenizer.eos_token_id,
                eos_token_id=tokenizer.eos_token_id,
            )
        )
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=recipe.positions,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        resid_pdrop=recipe.dropout,
        embd_pdrop=recipe.dropout,
        attn_pdrop=0.0,  # with it, torch has no fast attention on a CPU: half of the speed was lost
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return GPT2LMHeadModel(config)


def continuation(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, text: str) -> str:
    """A text's first sentence (of one alone, half of it) and how the model goes on: three sentences or 80 tokens."""
    start, *more = SENTENCES.split(text.strip(), maxsplit=1)
    if not more:
        words = start.split()
        start = " ".join(words[: (len(words) + 1) // 2])
    most = tokenizer.model_max_length
    room = min(most, getattr(model.config, "max_position_embeddings", most))  # an LSTM has none
    first = tokenizer(start)["input_ids"][: room // 2]
    ids, rest = list(first), ""
    with at_rest(model):
        while len(ids) < min(len(first) + LONGEST, room) and len(SENTENCES.split(rest)) <= 3:
            tensor = torch.tensor([ids], device=next(model.parameters()).device)
            ids.append(int(model(input_ids=tensor).logits[0, -1].argmax()))
            if ids[-1] == tokenizer.eos_token_id:
                break
            rest = tokenizer.decode(ids[len(first) :], skip_special_tokens=True)
    said = " ".join(" ".join(SENTENCES.split(rest.strip())[:3]).split())
    return f"{start} → {said}"


def guessing(
    model: PreTrainedModel, rows: Rows, teachers: Sequence[PreTrainedModel] = ()
) -> Callable[[int], torch.Tensor]:
    """step -> the cross-entropy of each token of its batch given those before it, in nats.

    With teachers, in rows that come from a file half of it is the cross-entropy of what these guess: of the mean of
    their probabilities.
    """
    device = next(model.parameters()).device

    def scores(of: PreTrainedModel, ids: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device.type, torch.bfloat16):
            return of(input_ids=ids).logits.float().flatten(0, 1)

    def loss(step: int) -> torch.Tensor:
        ids, filed = (part.to(device) for part in rows.batch(step))
        own = scores(model, ids[:, :-1])
        said = cross_entropy(own, ids[:, 1:].flatten(), reduction="none")
        if not teachers or not filed.any():
            return said.mean()
        with torch.no_grad():
            guessed = torch.stack([scores(each, ids[filed, :-1]).softmax(-1) for each in teachers]).mean(0)
        taught = filed.repeat_interleave(ids.shape[1] - 1)
        told = cross_entropy(own[taught], guessed, reduction="none") - said[taught]
        return (said.sum() + TAUGHT * told.sum()) / len(said)

    return loss


def teachers_of(recipe: Recipe, device: str) -> list[PreTrainedModel]:
    """The models that teach, GPT-2s and LSTMs."""
    return [
        AutoModelForCausalLM.from_pretrained(each, dtype=torch.float32, local_files_only=True).to(device).eval()
        for each in recipe.teachers
    ]


def kind_of(recipe: Recipe) -> type[PreTrainedModel]:
    """The class of the recipe's model."""
    return LSTMForCausalLM if recipe.architecture == "LSTM" else GPT2LMHeadModel


def sizes(recipe: Recipe, model: PreTrainedModel) -> str:
    """What the model is, in a sentence or two."""
    parts = f"vocabulary {recipe.vocabulary:,}, trained on texts of {recipe.positions} tokens"
    if recipe.architecture == "LSTM":
        layers = f"{recipe.layers} layers with states of width {recipe.state}, embeddings of width {recipe.width}"
    else:
        layers = f"{recipe.layers} layers of width {recipe.width}, {recipe.heads} heads"
    article = "An" if recipe.architecture == "LSTM" else "A"
    what = f"{article} {recipe.architecture} of {model.num_parameters():,} parameters ({layers}, {parts}), trained from random weights by this repository."  # noqa: E501
    twin = f" It has the tokenizer of {recipe.twin}, beside which it stands, and read the same rows in the same order."
    return what + (twin if recipe.twin else "")


def write_card(
    recipe: Recipe, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, folder: Path, out: Path, read: Reading
) -> float:
    """Writes CARD.md beside the weights in `out`; returns the held-out bits per byte that it states."""
    held = [held_out(folder, text) for text in recipe.texts]
    figure = bits_per_byte(model, tokenizer, held[0][:SCORED])
    others = zip(held[1:], recipe.texts[1:], strict=True)
    begun = [held[recipe.texts.index(text)] for text in recipe.begun or recipe.texts[:1]]
    Card(
        name=recipe.name,
        language=recipe.language,
        what=sizes(recipe, model),
        texts=recipe.texts,
        figures=(
            str(read),
            f"{figure:.4f} bits per byte on held-out documents of the first text, scored from each document's start.",
            *(
                f"{beside(model, tokenizer, each):.3f} bits per byte on those of “{text.title}”."
                for each, text in others
            ),
        ),
        heading="Greedy continuations of the first held-out documents' first sentences",
        samples=tuple(continuation(model, tokenizer, text) for text in in_turn(begun, CONTINUED)),
        command=read.command("causal", recipe.name),
        read=(part for text in recipe.texts for part in documents(folder, text)[0]),
    ).write(out)
    return figure


def beside(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, held: list[str]) -> float:
    """Bits per byte on the first held-out documents of a text that is not the first."""
    return bits_per_byte(model, tokenizer, held[:BESIDE])


def in_turn(texts: list[list[str]], count: int) -> list[str]:
    """The first documents of each text, one of each in turn."""
    rounds = zip_longest(*texts)
    return [each for row in rounds for each in row if each][:count]


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from the weights in `out`; returns the held-out bits per byte."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(out, local_files_only=True)
    read = Reading.kept(out, steps_for(recipe, tokens) * recipe.rows * recipe.positions)
    return write_card(recipe, shipped(recipe, out), tokenizer, folder, out, read)


def shipped(recipe: Recipe, folder: Path) -> PreTrainedModel:
    """The weights of a folder, of the recipe's kind."""
    return reread(kind_of(recipe), folder)


def tokenizer_of(recipe: Recipe, folder: Path, work: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of the weights that the recipe begins from, of its twin, of its checkpoint, or a new one, kept in
    `work`. A twin in training stands beside `work`, one that is done in WEIGHTS. Raises ValueError if a teacher has
    another."""
    twins = [work.with_name(recipe.twin), WEIGHTS / recipe.twin] if recipe.twin else []
    places = [recipe.begin, work, *twins]
    found = next((place for place in places if place and (place / "tokenizer.json").exists()), None)
    if found:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(found)
    else:
        tokenizer = train_bpe(sampled(recipe.texts, folder), recipe.vocabulary, recipe.positions)
    if found != work:
        tokenizer.save_pretrained(work)
    for teacher in recipe.teachers:
        if PreTrainedTokenizerFast.from_pretrained(teacher).get_vocab() != tokenizer.get_vocab():
            raise ValueError(f"{teacher} has another vocabulary than {recipe.name}")
    return tokenizer


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the held-out bits per byte."""
    work.mkdir(parents=True, exist_ok=True)
    recipe = fresh(recipe)
    held = held_out(folder, recipe.texts[0])
    tokenizer = tokenizer_of(recipe, folder, work)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(recipe, tokenizer).to(device)
    if device == "cpu" and recipe.architecture != "LSTM":
        model.set_attn_implementation(attention.NAME)
    rows = Rows(recipe, tokenize(recipe, tokenizer, folder))

    def report() -> str:
        return f"{bits_per_byte(model, tokenizer, held[:60]):.4f} bits/byte on 60 held-out documents"

    steps = steps_for(recipe, tokens)
    size = recipe.rows * recipe.positions
    loss = guessing(model, rows, teachers_of(recipe, device))
    rate = again if recipe.teachers else falling
    updates = partial(optimizers, decay=recipe.decay)
    more: dict[str, Any] = {"rate": rate, "peaks": recipe.peaks, "updates": updates, "save_every": save_every}
    go(recipe, model, loss, report, steps, size, work, **more)
    read = Reading.of_run(steps * size, recipe.begin, recipe.teachers)
    save(model, tokenizer, out)
    return write_card(recipe, shipped(recipe, out), tokenizer, folder, out, read)


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.4f} bits per byte on held-out documents of {title}")


if __name__ == "__main__":
    main()
