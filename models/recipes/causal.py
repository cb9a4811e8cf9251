"""Trains a small GPT-2 from texts to shipped weights, in one readable run that can be stopped and resumed.

    python -m models.recipes.causal stories-gpt --texts FOLDER --tokens 12e6

Each row of a batch begins where a document begins (position 0 is the start of a text, as it is for what a person
types) and is filled with whole documents of one source, an end mark between them. Which documents is a function of
(seed, step) alone, so a killed run that resumes sees what it would have seen.

Muon updates the matrices (https://kellerjordan.github.io/posts/muon), AdamW everything else; the learning rate is flat
for 40% of the run and then falls in a line to 1%.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from .card import write_card
from .corpus import Text, by_blank_line, by_lines, by_mark, column, documents, question_and_answer
from .tokenizer import train_bpe

WEIGHTS = Path(__file__).parents[1] / "weights"
SCORED = 340  # held-out documents that the shipped figure is measured on


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one model: its languages, sizes and texts."""

    name: str
    language: str
    vocabulary: int
    texts: tuple[Text, ...]
    width: int = 256
    layers: int = 4
    heads: int = 8
    positions: int = 512
    rows: int = 8
    dropout: float = 0.1
    seed: int = 1


STORIES = Text("en_stories.txt", 0.72, by_mark, "TinyStories (sample)", "CDLA-Sharing-1.0")
STORYBOOK = Text("en_storybook.txt", 0.08, by_blank_line, "African Storybook (English)", "CC BY 3.0/4.0")
CLASSICS = Text(
    "en_classics.txt",
    0.08,
    by_lines(20),
    "Alice in Wonderland; stories by S. C. Bryant, T. W. Burgess and M. Edgeworth",
    "public domain",
)
WIKI = Text("en_wiki.txt", 0.12, by_blank_line, "English Wikipedia (2015), short sentences", "CC BY-SA 3.0")

KO_WIKI = Text("ko_wiki.txt", 0.68, by_mark, "Korean Wikipedia, prose", "CC BY-SA 3.0")
KO_CHAT = Text("ko_chat.csv", 0.17, question_and_answer, "Chatbot question-answer pairs (Korean)", "MIT")
KO_PAIRS = Text(
    "en_ko_pairs.tsv",
    0.10,
    column(2),
    "Korean side of Tatoeba, STS-B/KorSTS captions and African Storybook pairs",
    "CC BY 2.0 FR; CC BY-SA 4.0; CC BY",
)
KO_STORYBOOK = Text("ko_storybook.txt", 0.05, by_blank_line, "African Storybook (Korean)", "CC BY 3.0/4.0")

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("stories-gpt", "en", 3072, (STORIES, STORYBOOK, CLASSICS, WIKI)),
        Recipe("ko-gpt", "ko", 5120, (KO_WIKI, KO_CHAT, KO_PAIRS, KO_STORYBOOK)),
    )
}


class Rows:
    """Batches of token rows, a pure function of (seed, step).

    sources: for each text, its documents as lists of ids, each ending in the end mark.
    """

    def __init__(self, recipe: Recipe, sources: list[list[list[int]]]):
        self.recipe = recipe
        self.sources = sources
        shares = np.array([text.share for text in recipe.texts])
        self.shares = shares / shares.sum()

    def batch(self, step: int) -> torch.Tensor:
        """Returns ids of shape (rows, positions + 1)."""
        chance = np.random.default_rng([self.recipe.seed, step])
        return torch.tensor([self.row(chance) for _ in range(self.recipe.rows)])

    def row(self, chance: np.random.Generator) -> list[int]:
        """Returns one row of positions + 1 ids: whole documents of one source, the last one cut."""
        source = self.sources[chance.choice(len(self.sources), p=self.shares)]
        ids: list[int] = []
        while len(ids) <= self.recipe.positions:
            ids += source[chance.integers(len(source))]
        return ids[: self.recipe.positions + 1]


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


def rate(step: int, steps: int) -> float:
    """The learning rate's factor at a step: flat for 40% of the run, then a line down to 1%."""
    return min(1.0, max(0.01, 1 - 0.99 * (step / steps - 0.4) / 0.6))


def optimizers(model: GPT2LMHeadModel) -> list[tuple[torch.optim.Optimizer, float]]:
    """Returns (optimizer, peak learning rate) for the blocks' matrices and for everything else."""
    blocks = [p for p in model.transformer.h.parameters() if p.ndim == 2]
    chosen = {id(p) for p in blocks}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        (torch.optim.Muon(blocks, lr=0.02, weight_decay=0.01), 0.02),
        (torch.optim.AdamW(rest, lr=0.003, betas=(0.9, 0.95), weight_decay=0.01), 0.003),
    ]


def bits_per_byte(model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, texts: list[str]) -> float:
    """Held-out loss in bits per UTF-8 byte, each document scored from its start and cut at the context's end.

    The first token has nothing before it and is not scored, nor are its bytes counted.
    """
    model.eval()
    bits, size = 0.0, 0
    device = next(model.parameters()).device
    with torch.inference_mode():
        for text in texts:
            ids = tokenizer(text)["input_ids"][: model.config.n_positions]
            if len(ids) < 2:
                continue
            tensor = torch.tensor([ids], device=device)
            loss = model(input_ids=tensor, labels=tensor).loss.item()
            bits += loss * (len(ids) - 1) / math.log(2)
            size += len(tokenizer.decode(ids[1:]).encode())
    model.train()
    return bits / size


def build(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> GPT2LMHeadModel:
    """A GPT-2 with random weights of the recipe's size."""
    torch.manual_seed(recipe.seed)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=recipe.positions,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        resid_pdrop=recipe.dropout,
        embd_pdrop=recipe.dropout,
        attn_pdrop=recipe.dropout,
        bos_token_id=tokenizer.eos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return GPT2LMHeadModel(config)


def save(recipe: Recipe, model: GPT2LMHeadModel, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes the model as float16 safetensors, half the size at a rounding far below the model's own errors."""
    import copy

    shipped = copy.deepcopy(model).eval().half()
    shipped.save_pretrained(out)
    tokenizer.save_pretrained(out)


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the held-out bits per byte."""
    work.mkdir(parents=True, exist_ok=True)
    held = documents(folder, recipe.texts[0])[1]
    if (work / "tokenizer.json").exists():
        tokenizer = PreTrainedTokenizerFast.from_pretrained(work)
    else:
        texts = (part for text in recipe.texts for part in documents(folder, text)[0])
        tokenizer = train_bpe(texts, recipe.vocabulary, recipe.positions)
        tokenizer.save_pretrained(work)

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = build(recipe, tokenizer).to(device)
    pairs = optimizers(model)
    steps = steps_for(recipe, tokens)
    first = 0
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        for (optimizer, _), saved in zip(pairs, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        first = state["step"]

    rows = Rows(recipe, tokenize(recipe, tokenizer, folder))
    model.train()
    began = time.monotonic()
    for step in range(first, steps):
        for optimizer, peak in pairs:
            optimizer.param_groups[0]["lr"] = peak * rate(step, steps)
        torch.manual_seed(recipe.seed * 1_000_003 + step)  # dropout, too, is a function of the step
        ids = rows.batch(step).to(device)
        with torch.autocast(device, torch.bfloat16):
            logits = model(input_ids=ids[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, _ in pairs:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        done = step + 1
        if done % 25 == 0 or done == steps:
            speed = (done - first) * recipe.rows * recipe.positions / (time.monotonic() - began)
            print(f"{recipe.name} step {done}/{steps} loss {loss.item():.3f} {speed:.0f} tokens/s", flush=True)
        if done % save_every == 0 or done == steps:
            state = {"model": model.state_dict(), "optimizers": [o.state_dict() for o, _ in pairs], "step": done}
            torch.save(state, work / "checkpoint.tmp")
            (work / "checkpoint.tmp").replace(checkpoint)
            figure = bits_per_byte(model, tokenizer, held[:60])
            print(f"{recipe.name} step {done}: {figure:.4f} bits/byte on 60 held-out documents", flush=True)

    figure = bits_per_byte(model, tokenizer, held[:SCORED])
    save(recipe, model, tokenizer, out)
    write_card(recipe, model, tokenizer, out, held, figure, steps * recipe.rows * recipe.positions)
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--texts", type=Path, required=True, help="folder that holds the training texts")
    parser.add_argument("--tokens", type=float, default=12e6, help="the dial for size: tokens to train on")
    parser.add_argument("--out", type=Path, help="folder for the weights (default: models/weights/NAME)")
    parser.add_argument("--work", type=Path, help="folder for checkpoints (default: runs/NAME)")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: torch decides)")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    recipe = RECIPES[args.name]
    out = args.out or WEIGHTS / recipe.name
    figure = train(recipe, args.texts, out, args.work or Path("runs") / recipe.name, args.tokens)
    print(f"{recipe.name}: {figure:.4f} bits per byte on held-out documents of {recipe.texts[0].title}; in {out}")


if __name__ == "__main__":
    main()
