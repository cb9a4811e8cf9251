"""Trains word vectors, one for each word whatever surrounds it, as word2vec does: the skip-gram of gensim.

    python -m models.recipes.vectors en-words --texts FOLDER

In English a word is a run of letters in lower case. In Korean it is what stands between spaces without the particle at
its end, where the texts show the same stem before several other particles. A run takes minutes and is not resumed.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from .causal import RECIPES as CAUSAL
from .corpus import SENTENCE, Text, documents
from .grammar.lexicon import load
from .loop import WEIGHTS

WIDTH = 48
WORDS = 8000
LATIN, HANGUL = re.compile("[a-z]+"), re.compile("[\uac00-\ud7a3]+")
MANY = 4  # particles that a stem must be seen with before one is taken off


@dataclass(frozen=True)
class Recipe:
    """A language, and the texts it reads, each once in each epoch whatever its share.

    sample: words of a larger share than this are left out now and then (Mikolov et al., 2013, section 2.3).
    """

    name: str
    language: str
    texts: tuple[Text, ...]
    words: int = WORDS
    width: int = WIDTH
    epochs: int = 5
    sample: float = 1e-4
    seed: int = 1


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("en-words", "en", CAUSAL["stories-gpt"].texts),
        Recipe("ko-words", "ko", CAUSAL["ko-gpt"].texts),
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


def train(recipe: Recipe, folder: Path, out: Path) -> float:
    """Runs the recipe and writes words.json and model.safetensors; returns the share of analogies solved."""
    from gensim.models import Word2Vec

    found = rows(recipe, folder)
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
        epochs=recipe.epochs,
        workers=1,  # more would make each run another
        seed=recipe.seed,
    )
    out.mkdir(parents=True, exist_ok=True)
    words = list(model.wv.index_to_key)
    vectors = torch.from_numpy(np.array(model.wv.vectors)).half()
    save_file({"vectors": vectors}, out / "model.safetensors")
    (out / "words.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    return solved(words, vectors.float().numpy(), recipe.language)[0]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("name", choices=sorted(RECIPES))
    parser.add_argument("--texts", type=Path, required=True, help="folder that holds the training texts")
    parser.add_argument("--out", type=Path, help="folder for the vectors (default: models/weights/NAME)")
    args = parser.parse_args()
    share = train(RECIPES[args.name], args.texts, args.out or WEIGHTS / args.name)
    print(f"{args.name}: {share:.1%} of the analogies solved")


if __name__ == "__main__":
    main()
