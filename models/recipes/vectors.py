"""Trains word vectors, one for each word whatever surrounds it, as word2vec does: the skip-gram of gensim.

    python -m models.recipes.vectors en-words --texts FOLDER

In English a word is a run of letters in lower case. In Korean it is what stands between spaces without the particle at
its end, where the texts show the same stem before several other particles. A run takes minutes and is not resumed.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from .card import Card, Reading
from .commandline import command
from .corpus import SENTENCE, Text, documents
from .generated import generated
from .grammar.lexicon import load
from .texts import CLASSICS, KO_CHAT, KO_PAIRS, KO_STORYBOOK, KO_WIKI, STORIES, STORYBOOK, WIKI

WIDTH = 48
WORDS = 8000
MADE = 7000  # documents of the grammar: with many, what its sentences say together outweighs what all others say
LATIN, HANGUL = re.compile("[a-z]+"), re.compile("[\uac00-\ud7a3]+")
MANY = 4  # particles that a stem must be seen with before one is taken off


@dataclass(frozen=True)
class Recipe:
    """A language, and the texts it reads, each whole in each epoch: the shares of its texts are not looked at.

    sample: words of a larger share than this are left out now and then (Mikolov et al., 2013, section 2.3).
    """

    name: str
    language: str
    texts: tuple[Text, ...]
    words: int = WORDS
    width: int = WIDTH
    sample: float = 1e-4
    tokens: float = 45e6
    seed: int = 1
    begin: Path | None = None


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("en-words", "en", (STORIES, STORYBOOK, CLASSICS, WIKI, generated("en", 0, MADE))),
        Recipe("ko-words", "ko", (KO_WIKI, KO_CHAT, KO_PAIRS, KO_STORYBOOK, generated("ko", 0, MADE))),
    )
}


def sentences(texts: Iterable[str], language: str) -> Iterator[list[str]]:
    """The words of each sentence, particles still on."""
    letters = LATIN if language == "en" else HANGUL
    for text in texts:
        for part in SENTENCE.split(text.lower()):
            if len(found := letters.findall(part)) > 1:
                yield found


class Stems:
    """Takes Korean particles off, as far as the texts themselves show what is a stem.

    >>> stems = Stems(["ab", "abc", "abd", "x"], ["c", "d"], many=2)
    >>> stems("abc"), stems("x")
    ('ab', 'x')
    """

    def __init__(self, words: Iterable[str], particles: Iterable[str], many: int = MANY):
        self.particles = sorted(particles, key=len, reverse=True)
        self.many = many
        seen: defaultdict[str, set[str]] = defaultdict(set)
        for word in set(words):
            for particle in self.particles:
                if word.endswith(particle) and len(word) > len(particle):
                    seen[word[: -len(particle)]].add(particle)
        self.seen = seen

    def __call__(self, word: str) -> str:
        """The word without its longest particle, or the word itself."""
        for particle in self.particles:
            stem = word[: -len(particle)]
            if stem and word.endswith(particle) and len(self.seen.get(stem, ())) >= self.many:
                return stem
        return word


def rows(recipe: Recipe, folder: Path) -> list[list[str]]:
    """The training texts as lists of words."""
    texts = (part for text in recipe.texts for part in documents(folder, text)[0])
    found = list(sentences(texts, recipe.language))
    if recipe.language == "en":
        return found
    stems = Stems((word for row in found for word in row), load("ko", "particles")["particles"])
    return [[stems(word) for word in row] for row in found]


def train(recipe: Recipe, folder: Path, out: Path, work: Path, tokens: float) -> float:
    """Runs the recipe and writes words.json and model.safetensors; returns the share of analogies solved.

    tokens: words to read, about: as many whole passes over the texts as come nearest. Nothing is kept in `work`.
    """
    from gensim.models import Word2Vec

    if recipe.begin:
        raise ValueError(f"{recipe.name} begins from random vectors alone")
    found = rows(recipe, folder)
    epochs = max(1, round(tokens / sum(map(len, found))))
    counts = Counter(word for row in found for word in row)
    least = sorted(counts.values(), reverse=True)[: recipe.words][-1]
    model = Word2Vec(
        found,
        vector_size=recipe.width,
        window=5,
        sg=1,
        negative=10,
        sample=recipe.sample,
        min_count=max(2, least),
        max_final_vocab=recipe.words,
        epochs=epochs,
        workers=1,  # more would make each run another
        seed=recipe.seed,
    )
    out.mkdir(parents=True, exist_ok=True)
    words = list(model.wv.index_to_key)
    vectors = torch.from_numpy(np.array(model.wv.vectors)).half()
    save_file({"vectors": vectors}, out / "model.safetensors")
    (out / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    return write_card(recipe, folder, out, Reading(epochs * sum(map(len, found))), epochs)


def shipped(folder: Path) -> tuple[list[str], np.ndarray]:
    """(words, vectors (V, D) float32) of a folder."""
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    return words, load_file(folder / "model.safetensors")["vectors"].float().numpy()


def analogies(language: str) -> Iterator[tuple[str, str, str, str]]:
    """a is to b as c is to d: all pairs of pairs of each list."""
    for pairs in load(language, "analogies").values():
        split = [tuple(pair.split()) for pair in pairs]
        for a, b in split:
            for c, d in split:
                if (a, b) != (c, d):
                    yield a, b, c, d


def solved(words: list[str], vectors: np.ndarray, language: str) -> tuple[float, int]:
    """(share of the analogies whose fourth word is nearest to b - a + c, how many have all four words)."""
    place = {word: i for i, word in enumerate(words)}
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = [tuple(place[word] for word in each) for each in analogies(language) if all(word in place for word in each)]
    right = 0
    for a, b, c, d in asked:
        scores = unit @ (unit[b] - unit[a] + unit[c])
        scores[[a, b, c]] = -np.inf
        right += int(scores.argmax()) == d
    return right / max(1, len(asked)), len(asked)


def alike(language: str) -> Iterator[tuple[str, str, str]]:
    """(a, b, c): a and b are of one kind and c of another; all pairs of each list, each with one c."""
    kinds = load(language, "similar")
    chance = random.Random(language)
    for kind, members in kinds.items():
        known = set(members)
        others = [word for other, words in kinds.items() if other != kind for word in words if word not in known]
        for a, b in itertools.permutations(members, 2):
            yield a, b, chance.choice(others)


def nearer(words: list[str], vectors: np.ndarray, language: str) -> tuple[float, int]:
    """(share of `alike` where a is nearer to b than to c, how many have all three words)."""
    place = {word: i for i, word in enumerate(words)}
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = [tuple(place[word] for word in each) for each in alike(language) if all(word in place for word in each)]
    right = sum(float(unit[a] @ unit[b]) > float(unit[a] @ unit[c]) for a, b, c in asked)
    return right / max(1, len(asked)), len(asked)


def nearest(words: list[str], vectors: np.ndarray, word: str, count: int = 8) -> list[str]:
    """The words whose vectors point most nearly the same way, the nearest first."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = unit @ unit[words.index(word)]
    scores[words.index(word)] = -np.inf
    return [words[i] for i in np.argsort(-scores)[:count]]


def figures(words: list[str], vectors: np.ndarray, language: str) -> tuple[str, str]:
    """What the card states: of the analogies, and of the words that are alike."""
    solved_, asked = solved(words, vectors, language)
    nearer_, tried = nearer(words, vectors, language)
    return f"{solved_:.1%} of {asked:,} analogies solved", f"{nearer_:.1%} of {tried:,} pairs of one kind nearer"


def write_card(recipe: Recipe, folder: Path, out: Path, read: Reading, epochs: int) -> float:
    """Writes CARD.md beside the vectors in `out`; returns the share of analogies solved."""
    words, vectors = shipped(out)
    known = [members[0] for members in load(recipe.language, "similar").values() if members[0] in words]
    analogies_, pairs_ = figures(words, vectors, recipe.language)
    sizes = [sum(map(len, documents(folder, text)[0])) for text in recipe.texts]
    Card(
        name=recipe.name,
        language=recipe.language,
        what=f"Vectors of width {vectors.shape[1]} for {len(words):,} words, one for each whatever surrounds it, "
        f"trained by this repository as word2vec's skip-gram, in {epochs} passes over the texts.",
        texts=tuple(replace(text, share=size / sum(sizes)) for text, size in zip(recipe.texts, sizes, strict=True)),
        figures=(
            str(read),
            f"{analogies_} (a is to b as c is to d).",
            f"{pairs_} to each other than to a word of another kind.",
        ),
        heading="The nearest words of some words",
        samples=tuple(f"{word}: {', '.join(nearest(words, vectors, word))}" for word in known),
        command=read.command("vectors", recipe.name),
        read=(part for text in recipe.texts for part in documents(folder, text)[0]),
        shares="characters",
    ).write(out)
    return solved(words, vectors, recipe.language)[0]


def rewrite(recipe: Recipe, folder: Path, out: Path, tokens: float) -> float:
    """Writes CARD.md anew from the vectors in `out`; returns the share of analogies solved."""
    words = sum(map(len, rows(recipe, folder)))
    epochs = max(1, round(tokens / words))
    return write_card(recipe, folder, out, Reading(epochs * words), epochs)


def main() -> None:
    about = (__doc__ or "").split("\n")[0]
    command(RECIPES, about, train, rewrite, "{figure:.1%} of the analogies solved")


if __name__ == "__main__":
    main()
