"""Text -> ids as a model can take them, and what of the text none of its ids stands for.

A tokenizer may have no token for some text and none that says so either: then it leaves that text out, or fails. And it
may know tokens that the model has no row for, as when a word was added to one and not to the other. Neither may keep a
sentence from being read, and what is lost on the way is told.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import tokenizers

from . import forks
from .files import read_json

MARK = "\U0010fffd"  # a sign for private use, which no vocabulary has: what would be lost unsaid


class Part(NamedTuple):
    """The characters from `start` to before `stop` of a text, and the id that stands for them; None if they are lost.

    Both are 0 for a token that was put around the text.
    """

    id: int | None
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Cutter:
    """A tokenizer that loses nothing unsaid.

    backend: what cuts. mark: the id that it writes for lost text; None where it has no need of one. moved: the ids that
    it gives to added tokens -> what they are in truth. rows: how many ids the model has; None if that is not known.
    unknown: the id that stands for text which cannot be spelled, if there is one. lock: held while it cuts.
    """

    backend: tokenizers.Tokenizer
    mark: int | None
    moved: dict[tuple[int, str], int]
    rows: int | None
    unknown: int | None
    lock: Lock = field(default_factory=lambda: forks.watched(Lock(), forks.COMPUTING))

    def cut(self, text: str, special: bool, marked: bool = False) -> list[Part]:
        """The parts of a text, in order.

        special: with the tokens that the model expects around one. marked: a special token's name is that token.
        A copy for each way to read would take as much memory again, which for a large vocabulary is much.
        """
        with self.lock:
            self.backend.encode_special_tokens = not marked
            found = self.backend.encode(text, add_special_tokens=special)
        parts = zip(found.ids, found.tokens, found.offsets, strict=True)
        return [Part(self.known(id_, token, start < stop), start, stop) for id_, token, (start, stop) in parts]

    def known(self, id_: int, token: str, written: bool) -> int | None:
        """The true id of a token that the backend found. written: whether it stands for text, which needs a row."""
        known: int | None = self.moved.get((id_, token))
        if known is None:
            known = None if written and id_ == self.mark else id_
        if written and known is not None and self.rows is not None and known >= self.rows:
            return self.unknown
        return known


def make_cutter(
    backend: tokenizers.Tokenizer, description: dict[str, Any], rows: int | None, unknown: int | None, lossless: bool
) -> Cutter:
    """For a tokenizer. Added tokens without a row are read as the text that they are.

    description: the tokenizer's own, as JSON has it.
    lossless: whether it has tokens for every text, and so no need of one for what is lost.
    """
    added = description.get("added_tokens") or []
    kept = [token for token in added if rows is None or token["id"] < rows]
    marked = unknown is None and not lossless
    if kept == added and not marked:
        return Cutter(backend, None, {}, rows, unknown)
    changed = deepcopy(description)
    changed["added_tokens"] = kept
    if marked:
        add_mark(changed["model"], max((token["id"] for token in added), default=-1))
    backend = settle(tokenizers.Tokenizer.from_str(json.dumps(changed)))
    moved = {(backend.token_to_id(token["content"]), token["content"]): token["id"] for token in kept}
    return Cutter(backend, backend.token_to_id(MARK), moved, rows, unknown)


def settle(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """With the settings that we read a text by: never cut short, and a special token's name is text like any other."""
    backend.encode_special_tokens = True
    backend.no_truncation()
    backend.no_padding()
    return backend


def add_mark(model: dict[str, Any], last: int) -> None:
    """Gives a tokenizer's model a token for what it has none for. last: the largest id of an added token."""
    words = model["vocab"]
    if model["type"] == "Unigram":  # a list of pairs
        model["unk_id"] = len(words)
        words.append([MARK, min((score for _, score in words), default=0.0)])
    else:
        words[MARK] = 1 + max([last, *words.values()])
        model["unk_token"] = MARK
        if model["type"] == "BPE":
            model["fuse_unk"] = True  # a run of what is lost is lost as one


def rows_of(folder: Path) -> int | None:
    """How many ids a model has, as its config says; None where that does not say."""
    try:
        config = read_json(folder / "config.json")
        size = config.get("vocab_size") or config.get("text_config", {}).get("vocab_size")
        return int(size) if int(size) > 0 else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None
