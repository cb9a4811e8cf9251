"""Tunes a BERT to give a question and the passage that answers it vectors that lie near each other, by LoRA.

    python -m models.recipes.encoder en-encoder --texts FOLDER --tokens 3e6

A text's vector is the mean of its tokens' first and last states. In each batch a first part must be nearer to its own
second part than to all others' (van den Oord et al., "Representation Learning with Contrastive Predictive Coding",
2018): a question and its passage, a question and its answer, some words and the sentences among which they stand. What
is shipped are the thin matrices beside the BERT's own. The passages on which the encoder is scored are about things,
places and people of which no training question asks; the BERT itself has read the grammar's texts, which tell of them,
too. Which pairs a batch holds is a function of (seed, step) alone.
"""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from transformers import BertModel, PreTrainedModel, PreTrainedTokenizerFast

from .. import adapt
from .card import Card, Reading
from .commandline import command
from .corpus import SENTENCE, Text, by_mark, documents
from .device import fastest, mixed
from .flat import Flat, flatten, padded
from .generated import TITLE
from .grammar.document import spoken
from .grammar.invented import invented
from .grammar.lexicon import Entry, facts, words
from .grammar.planted import capitals, numbers
from .grammar.telling import Telling
from .loop import WEIGHTS, at_rest, go
from .masked import KO_CHAT, KO_STORYBOOK, KO_WIKI, STORIES, STORYBOOK, WIKI
from .optim import Optimizers
from .shelves import PLOTS, passages

ASKED, SHOWN = 100, 20  # questions that the encoder is scored on, and that the card shows
MOST = 6_000  # pairs that are read of a text in a file
MADE = 12_000  # pairs of a question and its passage
WARMTH = 0.05  # the cosines are divided by it before the softmax
PEAK = 0.005
LONGEST = 96  # tokens of a part
MIXED = 0.5  # share of the passages that tell of something what is true of something else
FOUR = 4  # sentences of a passage that is cut from a text
SOUGHT = (3, 8)  # words of it that are searched for


class Pair(NamedTuple):
    """Two parts that belong together, and what they are about: a batch holds one pair about each."""

    first: str
    second: str
    about: str


@dataclass(frozen=True)
class Recipe:
    """Everything that makes one encoder. base: the BERT beside whose matrices it learns; pairs: in a batch.

    beside: the folder in which the BERT's folder lies, if not with the shipped weights. average: the share of the
    run's end over which what is learnt is averaged.
    """

    name: str
    language: str
    base: str
    texts: tuple[Text, ...]
    rank: int = 8
    targets: tuple[str, ...] = ("query", "key", "value", "dense")
    pairs: int = 48
    made: int = MADE
    tokens: float = 3e6
    seed: int = 1
    begin: Path | None = None
    beside: Path | None = None
    decay: float = 0.01
    average: float = 0.0

    @property
    def adapter(self) -> adapt.Adapter:
        return adapt.Adapter(self.base, self.rank, 2 * self.rank, self.targets)


ASKING = Text(
    "",
    0.8,
    by_mark,
    f"{TITLE}: questions and the passages that answer them, half of which say what is not so",
    "Apache-2.0",
)


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "en-encoder",
            "en",
            "stories-bert",
            (ASKING, replace(STORIES, share=0.1), replace(STORYBOOK, share=0.03), replace(WIKI, share=0.07)),
        ),
        Recipe(
            "ko-encoder",
            "ko",
            "ko-bert",
            (ASKING, replace(KO_WIKI, share=0.1), replace(KO_STORYBOOK, share=0.02), replace(KO_CHAT, share=0.08)),
        ),
    )
}


def scored(language: str) -> list[dict[str, str]]:
    """The questions that the encoder is scored on: those whose passages come first in an order that tells nothing."""
    asked = passages(language)["questions"]
    return sorted(asked, key=lambda each: zlib.crc32(each["passage"].encode()))[:ASKED]


@cache
def subjects() -> tuple[tuple[str, Entry, tuple[Entry, ...]], ...]:
    """(kind, what it is about, what is true of it) of all that a training question may ask for."""
    kept = {each["passage"] for each in scored("en")}
    found = [(kind, each, facts(kind, each.key)) for kind in PLOTS for each in words(kind)]
    found += [("country", country, (capital,)) for country, capital in capitals()]
    found += [("place", place, (number,)) for place, number in numbers()]
    return tuple(each for each in found if f"{each[0]} {each[1].key}" not in kept)


@cache
def known(kind: str) -> tuple[Entry, ...]:
    """All that is true of what a training question of this kind may ask for."""
    return tuple({fact.en: fact for other, _, true in subjects() for fact in true if other == kind}.values())


def asking(count: int, language: str, seed: int = 1) -> Iterator[Pair]:
    """So many pairs of a question and the passage that answers it, told each time in other words.

    In MIXED of them something else is told than what is true, of countries that do not exist, too: who is to find the
    passage must look at its words.
    """
    for index in range(count):
        chance = random.Random(f"asking {seed} {index}")
        kind, about, true = chance.choice(subjects())
        mixed = chance.random() < MIXED
        if kind in PLOTS:
            tell, ask, asks = PLOTS[kind]
            own = tuple(chance.sample(known(kind) if mixed else true, min(2, len(true))))
            if len(own) < max(asks, 2):
                continue
            given, wanted = (about, *own), (about, *own[:asks])
        else:
            tell = f"planted_{'capital' if kind == 'country' else 'phone'}_a"
            ask = f"ask_{'capital' if kind == 'country' else 'phone'}"
            if mixed and kind == "country":
                about, true = invented("city", chance), (invented("city", chance),)
            given = wanted = (about, *true)
        question, passage = said(chance, ask, wanted, language, 1), said(chance, tell, given, language)
        yield Pair(question, passage, f"{kind} {about.key}")


def said(chance: random.Random, plot: str, given: tuple[Entry, ...], language: str, most: int | None = None) -> str:
    """What a plot tells with its first roles given, or its first sentences alone."""
    telling = Telling(random.Random(chance.random()))
    telling.tell(plot, given)
    return " ".join(spoken(telling.lines[:most], random.Random(chance.random()), canonical=True)[language])


def halves(texts: Iterable[str]) -> Iterator[Pair]:
    """Of each text its first half of sentences and its second, such as a question and its answer."""
    for text in texts:
        found = sentences(text)
        first, second = " ".join(found[: len(found) // 2]), " ".join(found[len(found) // 2 :])
        if first and second:
            yield Pair(first, second, second)


def searches(texts: Iterable[str], seed: int = 1) -> Iterator[Pair]:
    """Some words of a sentence, and the sentences among which it stands; in half of the pairs it is taken out of them.

    So Lee, Chang and Toutanova, "Latent Retrieval for Weakly Supervised Open Domain Question Answering", 2019.
    """
    for index, text in enumerate(texts):
        chance = random.Random(f"search {seed} {index}")
        found = sentences(text)
        for at in range(0, len(found) - 1, FOUR):
            window = found[at : at + FOUR]
            sought = window.pop(chance.randrange(len(window)))
            whole = sought.split()
            start = chance.randrange(max(1, len(whole) - SOUGHT[0] + 1))
            if chance.random() < 0.5:
                window.insert(chance.randrange(len(window) + 1), sought)
            if passage := " ".join(window):
                yield Pair(" ".join(whole[start : start + chance.randint(*SOUGHT)]), passage, passage)


def sentences(text: str) -> list[str]:
    return [part.strip() for part in SENTENCE.split(text) if len(part.strip()) > 3]


def sources(recipe: Recipe, folder: Path) -> list[list[Pair]]:
    """The pairs of each text."""
    asked = list(asking(recipe.made, recipe.language, recipe.seed))
    return [asked, *(list(cut(text, documents(folder, text)[0])) for text in recipe.texts[1:])]


def cut(text: Text, found: Iterable[str]) -> Iterator[Pair]:
    """The pairs that documents of a text give."""
    return halves(found) if text.short else searches(found)


class Sides(NamedTuple):
    """Pairs of a text as ids of their first and second parts, and a number for what each is about."""

    first: Flat
    second: Flat
    about: np.ndarray


def encode(tokenizer: PreTrainedTokenizerFast, found: Sequence[Pair]) -> Sides:
    """Pairs as ids, each part with what the model wants around it, those that are too long cut."""
    first, second = (
        flatten(tokenizer(list(part), truncation=True, max_length=LONGEST)["input_ids"])
        for part in ([pair.first for pair in found], [pair.second for pair in found])
    )
    return Sides(first, second, np.unique([pair.about for pair in found], return_inverse=True)[1])


class Rows:
    """Batches of pairs, a pure function of (seed, step); no two pairs of a batch are about the same."""

    def __init__(self, recipe: Recipe, padding: int, found: Sequence[Sides]):
        self.recipe, self.padding, self.found = recipe, padding, found
        shares = np.array([text.share for text in recipe.texts])
        self.shares = shares / shares.sum()

    def chosen(self, step: int) -> tuple[int, np.ndarray]:
        """The text of a step, one alone, for pairs of another would be told apart by their manner; and its pairs."""
        chance = np.random.default_rng([self.recipe.seed, step])
        which = int(chance.choice(len(self.found), p=self.shares))
        about = self.found[which].about
        drawn = chance.integers(len(about), size=3 * self.recipe.pairs)
        return which, drawn[np.sort(np.unique(about[drawn], return_index=True)[1])][: self.recipe.pairs]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """The ids of both parts of a step's pairs (pairs, tokens), padded."""
        which, chosen = self.chosen(step)
        return tuple(padded(side, chosen, self.padding) for side in self.found[which][:2])


def vectors(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> Tensor:
    """(N, D), of length 1: the mean over each text's tokens, special ones too, of their first and last states.

    Each state is brought to length 1 before. The first, the embedding, says which words there are, the last what they
    mean where they stand (Su et al., "Whitening Sentence Representations for Better Semantics and Faster Retrieval",
    2021).
    """
    given = tokenizer(list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    given = given.to(next(model.parameters()).device)
    return means(model, given.input_ids, given.attention_mask)


def means(model: PreTrainedModel, ids: Tensor, mask: Tensor) -> Tensor:
    """The same of ids (N, T) that are padded where the mask (N, T) is 0."""
    found = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    first, last = (normalize(found.hidden_states[layer].float(), dim=-1) for layer in (0, -1))
    states = first + last
    seen = mask[..., None].float()
    return normalize((states * seen).sum(1) / seen.sum(1), dim=-1)


def first_right(near: np.ndarray, wanted: Sequence[int]) -> float:
    """Share of questions (N, P) whose own passage is the nearest."""
    return float((near.argmax(1) == np.array(wanted)).mean())


def wanted(language: str) -> list[int]:
    """For each question that is scored, the place of its passage on the shelf."""
    place = {each["id"]: i for i, each in enumerate(passages(language)["passages"])}
    return [place[each["passage"]] for each in scored(language)]


def nearness(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, language: str) -> np.ndarray:
    """(ASKED, passages): the cosine of each question that is scored and each passage."""
    with at_rest(model):
        found = vectors(model, tokenizer, [each["text"] for each in passages(language)["passages"]])
        given = vectors(model, tokenizer, [each["text"] for each in scored(language)])
        return (given @ found.mT).float().cpu().numpy()


def score(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, language: str) -> float:
    """Share of the questions that are scored whose passage comes first among all."""
    return first_right(nearness(model, tokenizer, language), wanted(language))


def by_words(language: str) -> float:
    """The same by words in common: cosines of counts, each word's times log(passages / passages that hold it)."""
    shelf, asked = passages(language)["passages"], scored(language)
    bags = [Counter(words_of(each["text"])) for each in shelf]
    held = Counter(word for bag in bags for word in bag)

    def row(bag: Counter[str]) -> np.ndarray:
        found = np.array([bag[word] * np.log(len(bags) / held[word]) for word in held])
        return found / max(float(np.linalg.norm(found)), 1e-12)

    given = np.array([row(Counter(words_of(each["text"]))) for each in asked])
    return first_right(given @ np.array([row(bag) for bag in bags]).T, wanted(language))


def words_of(text: str) -> list[str]:
    return [word.strip(".,?!\"':").lower() for word in text.split()]


def bert(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The BERT of a folder, without what it has on top, in float32; and its tokenizer."""
    model = BertModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True, add_pooling_layer=False)
    return model, PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


def base_of(recipe: Recipe) -> Path:
    """The folder of the BERT beside whose matrices an encoder learns. Raises ValueError if it is to be another."""
    if recipe.begin:
        raise ValueError(f"{recipe.name} stands beside {recipe.base} and begins from nothing else")
    return (recipe.beside or WEIGHTS) / recipe.base


def shipped(folder: Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The encoder of a folder: its BERT with what it learnt added; and the tokenizer."""
    model, tokenizer = bert(WEIGHTS / adapt.read(folder).base)
    adapt.merge(model, folder)
    return model.eval(), tokenizer


def adam(model: PreTrainedModel, peaks: tuple[float, float], decay: float = 0.01) -> Optimizers:
    """AdamW for what is learnt."""
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [(torch.optim.AdamW(learnt, lr=peaks[0], weight_decay=decay), peaks[0])]


def tokenize(recipe: Recipe, tokenizer: PreTrainedTokenizerFast, folder: Path) -> list[Sides]:
    """The pairs of each text as ids; of one that is in a file no more than MOST, evenly chosen."""
    asked, *others = sources(recipe, folder)
    return [encode(tokenizer, pairs) for pairs in (asked, *(pairs[:: -(-len(pairs) // MOST) or 1] for pairs in others))]


def ship(recipe: Recipe, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes what was learnt as it is shipped."""
    adapt.save(model, recipe.adapter, out)


def guessing(model: PreTrainedModel, rows: Rows) -> Callable[[int], Tensor]:
    """step -> the cross-entropy of which second part belongs to each first one of its batch, and which first one."""
    device = next(model.parameters()).device

    def loss(step: int) -> Tensor:
        with mixed(model):
            parts = (part.to(device, non_blocking=True) for part in rows.batch(step))
            a, b = (means(model, part, (part != rows.padding).long()) for part in parts)
        near = a.float() @ b.float().mT / WARMTH
        own = torch.arange(len(near), device=near.device)
        return (cross_entropy(near, own) + cross_entropy(near.mT, own)) / 2

    return loss


def learn(
    recipe: Recipe,
    tokenizer: PreTrainedTokenizerFast,
    found: Sequence[Sides],
    work: Path,
    tokens: float,
    report: Callable[[PreTrainedModel], str],
    device: str = "cpu",
    **more: Any,
) -> tuple[PreTrainedModel, Reading]:
    """Runs the recipe on its texts' pairs, resuming from `work` if it holds a checkpoint; more: as of `loop.Run`."""
    torch.manual_seed(recipe.seed)
    model, _ = bert(base_of(recipe))
    adapt.wrap(model, recipe.adapter)
    loss = guessing(model.to(device), Rows(recipe, tokenizer.pad_token_id, found))
    size = per_step(recipe, found)
    more = {"peaks": (PEAK, PEAK), "updates": partial(adam, decay=recipe.decay), **more}
    steps = go(recipe, model, loss, report, max(1, round(tokens / size)), size, work, **more)
    return model, Reading(steps * size)


def reporting(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> Callable[[PreTrainedModel], str]:
    """What is printed of a model while it learns."""
    return lambda model: f"{score(model, tokenizer, recipe.language):.1%} of the passages first"


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float, save_every: int = 200) -> float:
    """Runs the recipe, resuming from `work` if it holds a checkpoint; returns the share of passages that came first."""
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(base_of(recipe), local_files_only=True)
    found, report = tokenize(recipe, tokenizer, folder), reporting(recipe, tokenizer)
    model, read = learn(recipe, tokenizer, found, work, tokens, report, fastest(), save_every=save_every)
    ship(recipe, model, tokenizer, out)
    return write_card(recipe, folder, out, read)


def per_step(recipe: Recipe, found: Sequence[Sides]) -> int:
    """How many tokens a batch holds, about."""
    shares = np.array([text.share for text in recipe.texts])
    some = np.array([each.first.lengths.mean() + each.second.lengths.mean() for each in found])
    return round(recipe.pairs * float(shares / shares.sum() @ some))


def write_card(recipe: Recipe, folder: Path, out: Path, read: Reading) -> float:
    """Writes CARD.md beside what was learnt in `out`; returns the share of passages that came first."""
    model, tokenizer = bert(base_of(recipe))
    before = score(model, tokenizer, recipe.language)
    learnt = sum(recipe.rank * sum(layer.weight.shape) for _, layer in adapt.targets(model, recipe.adapter))
    adapt.merge(model, out)
    figure = score(model, tokenizer, recipe.language)
    shelf = passages(recipe.language)["passages"]
    Card(
        name=recipe.name,
        language=recipe.language,
        what=f"An encoder of texts: {recipe.base} and {learnt:,} numbers learnt beside its matrices (LoRA of rank "
        f"{recipe.rank}), so that the mean of a question's first and last states lies near that of the passage that "
        "answers it.",
        texts=recipe.texts,
        figures=(
            f"About {read}",
            f"The right passage first, of {len(shelf)}, for {figure:.0%} of {ASKED} questions about things, places and "
            "people of which no training question asks.",
            f"Without what was learnt: {before:.0%}; by words in common (tf-idf): {by_words(recipe.language):.0%}.",
        ),
        heading="Questions that it is scored on",
        samples=tuple(f"{asked} → {found}" for asked, found, _ in answers(model, tokenizer, recipe.language)),
        command=read.command("encoder", recipe.name),
        read=(part for source in sources(recipe, folder) for pair in source for part in pair[:2]),
        shares="batches",
        held=f"Every 20th document of each file was held out before training, and all questions about {ASKED} things, "
        "places and people. The BERT itself has read the grammar's texts, which tell of these, too.",
        file=adapt.WEIGHTS,
    ).write(out)
    return figure


def answers(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, language: str) -> Iterator[Pair]:
    """Some questions that are scored, each with the passage that comes first."""
    shelf, near = passages(language)["passages"], nearness(model, tokenizer, language)
    for each, best in zip(scored(language)[:SHOWN], near.argmax(1).tolist(), strict=False):
        yield Pair(each["text"], shelf[best]["text"], each["passage"])


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from what is in `out`; returns the share of passages that came first."""
    return write_card(recipe, folder, out, Reading.kept(out, round(tokens)))


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.0%} of the passages first")


if __name__ == "__main__":
    main()
