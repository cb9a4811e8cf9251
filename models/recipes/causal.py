"""Trains a small GPT-2 or LSTM from texts to shipped weights, in one readable run that can be stopped and resumed.

    python -m models.recipes.causal stories-gpt --texts FOLDER --tokens 15e6
    python -m models.recipes.causal stories-lstm --texts FOLDER --tokens 15e6

An LSTM is there to stand beside a GPT-2: it has that one's tokenizer, and reads the same rows in the same order.

What a batch holds (rows.py) is a function of (seed, step): a killed run that resumes sees what it would have seen.

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
from .commandline import command
from .corpus import Text, documents, held_out, sampled
from .device import fastest, mixed
from .flat import Flat, flatten, limit, split_long
from .loop import WEIGHTS, at_rest, go, reread, save
from .optim import again, falling, optimizers
from .read import fresh
from .rows import Rows
from .texts import ENGLISH, KO_CHAT, KO_MADE, KO_PAIRS, KO_STORYBOOK, KO_WIKI, KOREAN
from .tokenizer import train_bpe

CACHELESS = {"use_cache": False}  # nobody goes on from a training row
TAUGHT = 0.5  # share of the loss that is about what the teachers guess
CONTINUED, LONGEST = 20, 80  # continuations on the card, and the most tokens of one
SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"”'])\s+|\n+")
SCORED, BESIDE = 340, 100  # held-out documents that the shipped figure is measured on, and of each other text


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model: its language, sizes and texts.

    twin: of an LSTM, the GPT-2 beside which it stands, whose tokenizer it has. begin: a folder with shipped weights to
    go on from, in place of random ones. teachers: folders with models whose guesses it learns, too, which have its
    tokenizer. average: the share of the run's end over which its weights are averaged. begun: the texts of which the
    card shows how they go on; none: the first.
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
    average: float = 0.0
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


def tokenize(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path, room: float = math.inf) -> list[Flat]:
    """Returns for each text its training documents as ids, an end mark last in each.

    room: of a text in a file, no more than its share of so many tokens, chosen at random.
    """
    sources = []
    for text in recipe.texts:
        encoded = tokenizer(documents(folder, text)[0])["input_ids"]
        found = flatten([*ids, tokenizer.eos_token_id] for ids in encoded)
        found = found if text.made else limit(found, text.share * room)
        sources.append(split_long(found, recipe.positions))
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
        with mixed(of):
            return of(input_ids=ids, **CACHELESS).logits.float().flatten(0, 1)

    def loss(step: int) -> torch.Tensor:
        ids, filed = rows.batch(step)
        ids = torch.cat([ids[filed], ids[~filed]]).to(device, non_blocking=True)  # those that are taught first
        own = scores(model, ids[:, :-1])
        said = cross_entropy(own, ids[:, 1:].flatten(), reduction="none")
        count = int(filed.sum())
        if not teachers or not count:
            return said.mean()
        with torch.no_grad():
            guessed = torch.stack([scores(each, ids[:count, :-1]).softmax(-1) for each in teachers]).mean(0)
        told = cross_entropy(own[: len(guessed)], guessed, reduction="none") - said[: len(guessed)]
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


def ship(recipe: Recipe, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes the weights as they are shipped."""
    save(model, tokenizer, out)


def learn(
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerFast,
    sources: Sequence[Flat],
    work: Path,
    tokens: float,
    report: Callable[[PreTrainedModel], str],
    device: str = "cpu",
    **more: Any,
) -> tuple[PreTrainedModel, Reading]:
    """Runs the recipe on its documents, resuming from `work` if it holds a checkpoint; more: as of `loop.Run`."""
    recipe = fresh(recipe)
    model = build(recipe, tokenizer).to(device)
    if device == "cpu" and recipe.architecture != "LSTM":
        model.set_attn_implementation(attention.NAME)
    size = recipe.rows * recipe.positions
    loss = guessing(model, Rows(recipe, sources), teachers_of(recipe, device))
    more = {
        "rate": again if recipe.teachers else falling,
        "peaks": recipe.peaks,
        "updates": partial(optimizers, decay=recipe.decay),
        **more,
    }
    steps = go(recipe, model, loss, report, steps_for(recipe, tokens), size, work, **more)
    return model, Reading.of_run(steps * size, recipe.begin, recipe.teachers)


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the held-out bits per byte."""
    work.mkdir(parents=True, exist_ok=True)
    held = held_out(folder, recipe.texts[0])
    tokenizer = tokenizer_of(recipe, folder, work)
    sources = tokenize(recipe, tokenizer, folder)

    def report(model: PreTrainedModel) -> str:
        return f"{bits_per_byte(model, tokenizer, held[:60]):.4f} bits/byte on 60 held-out documents"

    model, read = learn(recipe, tokenizer, sources, work, tokens, report, fastest(), save_every=save_every)
    ship(recipe, model, tokenizer, out)
    return write_card(recipe, shipped(recipe, out), tokenizer, folder, out, read)


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.4f} bits per byte on held-out documents of {title}")


if __name__ == "__main__":
    main()
