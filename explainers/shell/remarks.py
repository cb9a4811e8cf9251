"""What is said of a text as it was typed: names of special tokens that were not read as such, characters that mislead.

A remark is a sentence, and where something can be done about it what a press of its button would set: the page's
switch for special tokens, or the text. Nothing changes by itself.
"""

from __future__ import annotations

from typing import Any

import regex

import models

from ..contract import Explainer, Model, Refusal
from ..sentence import MOST_CHARACTERS
from ..typed import Oddity, oddities
from ..words import Words, words_for

MOST_SHOWN = 3  # characters that a remark spells out
MOST_NAMES = 8
NOTHING = regex.compile(r"[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]*")  # that could be seen
# What people type who know other models.
KNOWN = (
    *("[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "<mask>", "<s>", "</s>", "<pad>", "<unk>", "<bos>", "<eos>"),
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<extra_id_0>", "<start_of_turn>", "<end_of_turn>"),
)


def remarks(explainer: Explainer, text: str, values: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """All that is to be said of a text that the page's model reads, as JSON values; [] where no model reads it."""
    shared = next((control for control in explainer.controls if isinstance(control, Model) and control.shared), None)
    if shared is None or len(text) > MOST_CHARACTERS:
        return []
    words, model = words_for("shell", language), values[shared.name]
    try:
        return [*of_special(text, model, words), *(of_oddity(odd, text, model, words) for odd in oddities(text))]
    except Refusal:  # the model cannot be had, which the answer itself says
        return []


def remark(words: Words, key: str, set_: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """A remark: the sentence, the button's label and what it sets, or neither."""
    press = words(f"remarks.presses.{key}") if set_ else None
    return {"key": key, "text": words(f"remarks.{key}", **facts), "press": press, "set": set_}


def of_special(text: str, model: str, words: Words) -> list[dict[str, Any]]:
    """Of names of special tokens in a text: the model's own as plain text, its own spelt otherwise, other models'."""
    every = models.special_tokens(model)  # thousands, in some models
    own = [piece.token for piece in every if piece.token.strip()]
    typed = [piece.token for piece in every if piece.token in text and is_read(model, piece)]
    near = {} if typed else misspelt(text, own)
    foreign = [name for name in KNOWN if name in text and name not in own and name.lower() not in map(str.lower, near)]
    said = []
    if typed and not isinstance(text, models.Marked):
        facts = {"names": listed(typed), "tokens": sum(len(models.encode(model, t, special=False)) for t in typed)}
        said.append(remark(words, "unread", {"special_tokens": True}, model=model, **facts))
    if near:
        spelt = regex.sub("|".join(map(regex.escape, near)), lambda found: near[found[0]], text)
        facts = {"typed": listed(list(near)), "names": listed(list(near.values()))}
        said.append(remark(words, "misspelt", {"special_tokens": True, "text": spelt}, model=model, **facts))
    if foreign:
        said.append(remark(words, "foreign", model=model, typed=listed(foreign), names=listed(own)))
    return said


def is_read(model: str, special: models.Piece) -> bool:
    """Whether a tokenizer reads a special token's name as that token; some have one for other uses alone."""
    return special.id in models.encode(model, models.Marked(special.token), special=False)


def misspelt(text: str, own: list[str]) -> dict[str, str]:
    """What stands in a text and is a special token's name but for small and capital letters -> that name."""
    small = text.casefold()
    near = (name for name in own if name.casefold() in small)
    found = {name: regex.findall(regex.escape(name), text, regex.IGNORECASE) for name in near}
    return {typed: name for name, all_typed in found.items() for typed in all_typed if typed != name}


def listed(names: list[str]) -> str:
    """Some names in a row."""
    return ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")


def of_oddity(odd: Oddity, text: str, model: str, words: Words) -> dict[str, Any]:
    """Of one kind of misleading characters: which, and what difference it makes to the model."""
    found = "; ".join(map(spelt, odd.found[:MOST_SHOWN])) + ("; …" if len(odd.found) > MOST_SHOWN else "")
    now, then = models.encode(model, text), models.encode(model, type(text)(odd.mended))
    effect = "same" if now == then else "others" if len(now) == len(then) else "fewer"
    said = remark(words, odd.kind, {"text": odd.mended}, count=odd.count, found=found)
    said["text"] += " " + words(f"remarks.{effect}", model=model, tokens=len(now), ordinary=len(then))
    return said | {"why": words("remarks.why")}


def spelt(characters: str) -> str:
    """Characters by their numbers, after themselves where they can be seen."""
    numbers = " ".join(f"U+{ord(character):04X}" for character in characters)
    return numbers if NOTHING.fullmatch(characters) else f"{characters} = {numbers}"
