"""What the models read, as token ids in a few small files: made once, where the texts are, for machines without them.

A shard is a folder: the tokenizer, and the ids of each text's documents in 16 bits, under LZMA.
"""

from __future__ import annotations

import io
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerFast

from . import causal, encoder, masked, seq2seq
from .flat import Flat
from .generated import fewer

FILE = "ids.xz"
MIB = 2**20
MOST = 50 * MIB  # of all shards together
ROOM = 24e6  # tokens: of a text in a file its share of them, and no more
ROOM_BERT = 12e6  # the same of what the BERTs read
GRAMMAR = 20_000  # documents of the grammar of each sort: all that is planted, and what 30M tokens' shares read twice
# 16 bits at a time: the second byte of an id says much about the first.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 3, "lp": 1, "pb": 1}]


def smallest(array: np.ndarray) -> np.ndarray:
    """The same whole numbers, none below 0, in as few bits as hold them: 16 or 32."""
    return array.astype(np.uint16 if array.max(initial=0) < 2**16 else np.uint32)


def arrays(source: Any) -> Iterator[np.ndarray]:
    """All arrays of a source, whatever tuples they stand in."""
    for part in source if isinstance(source, tuple) else (source,):
        if isinstance(part, tuple):
            yield from arrays(part)
        else:
            yield part


def write(folder: Path, sources: Sequence[Any]) -> int:
    """Writes the sources of a shard, each a tuple of as many arrays; returns the file's bytes."""
    found = [list(arrays(source)) for source in sources]
    plain = io.BytesIO()
    np.save(plain, np.array([len(found), len(found[0])]))
    for array in (array for each in found for array in each):
        np.save(plain, smallest(array))
    packed = lzma.compress(plain.getvalue(), filters=FILTERS)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(packed)
    return len(packed)


def read(folder: Path) -> list[list[np.ndarray]]:
    """The arrays of each source of a shard, ids as uint16, all others as int64."""
    plain = io.BytesIO(lzma.decompress((folder / FILE).read_bytes()))
    sources, each = np.load(plain, allow_pickle=False)
    found = [[np.load(plain, allow_pickle=False) for _ in range(each)] for _ in range(sources)]
    return [[array if i % 2 == 0 and i < 4 else array.astype(np.int64) for i, array in enumerate(of)] for of in found]


def flats(folder: Path) -> list[Flat]:
    """The documents of each text."""
    return [Flat(*each) for each in read(folder)]


def translations(folder: Path) -> list[seq2seq.Sides]:
    """The pairs of sentences of each text."""
    return [seq2seq.Sides(Flat(*each[:2]), Flat(*each[2:])) for each in read(folder)]


def questions(folder: Path) -> list[encoder.Sides]:
    """The pairs of parts of each text, and what each is about."""
    return [encoder.Sides(Flat(*each[:2]), Flat(*each[2:4]), each[4]) for each in read(folder)]


def tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a shard."""
    return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


def small(recipe: Any) -> Any:
    """A recipe that reads no more of the grammar's documents than shards hold."""
    return replace(recipe, texts=tuple(fewer(text, GRAMMAR) for text in recipe.texts))


def makers() -> Iterator[tuple[str, Callable[[Path, Path], list[Any]]]]:
    """(name, (texts, folder of the shard) -> sources) of each shard; an encoder's comes after its BERT's."""
    for gpt in causal.GPTS:
        yield gpt.name, partial(tokenized, causal, small(gpt), {"room": ROOM})
    for bert in masked.RECIPES.values():
        yield bert.name, partial(tokenized, masked, small(bert), {"room": ROOM_BERT})
    for t5 in seq2seq.RECIPES.values():
        yield t5.name, partial(tokenized, seq2seq, t5, {})
    for recipe in encoder.RECIPES.values():
        yield recipe.name, partial(paired, recipe)


def tokenized(module: Any, recipe: Any, room: dict[str, float], texts: Path, folder: Path) -> list[Any]:
    """A recipe's sources, by the tokenizer in the shard's folder or a new one."""
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Any] = module.tokenize(recipe, module.tokenizer_of(recipe, texts, folder), texts, **room)
    return found


def paired(recipe: encoder.Recipe, texts: Path, folder: Path) -> list[Any]:
    """An encoder's sources, by its BERT's tokenizer, which lies in the shard beside."""
    own = tokenizer(folder.parent / recipe.base)
    own.save_pretrained(folder)
    return list(encoder.tokenize(recipe, own, texts))


def make(texts: Path, out: Path, only: Sequence[str] = ()) -> None:
    """Writes the shards that are not there yet, all or those named. Raises ValueError if all of them are too large."""
    for name, sources in makers():
        if (only and name not in only) or (out / name / FILE).exists():
            continue
        found = sources(texts, out / name)
        size = write(out / name, found)
        tokens = sum(len(array) for source in found for array in list(arrays(source))[:4:2])
        print(f"{name}: {tokens:,} tokens in {size / MIB:.1f} MiB", flush=True)
    whole = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"all shards and tokenizers: {whole / MIB:.1f} MiB")
    if whole > MOST:
        raise ValueError(f"{whole / MIB:.1f} MiB of shards; {MOST / MIB:.0f} are allowed")
