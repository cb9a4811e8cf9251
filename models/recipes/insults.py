"""Measures how much probability a shipped model puts on a list of insults, and writes it into the model's card.

    python -m models.recipes.insults FILE           a word a line; the list is not part of this repository

Asked is how likely each word is, all its tokens, after each beginning of grammar/<language>/counted.toml; the figure is
the sum over the words, on average over the beginnings. A masked model is shown as many gaps as the word has tokens.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from transformers import BertForMaskedLM, PreTrainedModel, PreTrainedTokenizerFast

from . import causal, masked
from .causal import kind_of
from .evaluate import shipped
from .grammar.lexicon import LANGUAGES, load
from .loop import WEIGHTS

HANGUL = re.compile("[\uac00-\ud7a3]")


def continued(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, beginning: str, word: str) -> float:
    """The probability that a text goes on with a word: the product over its tokens, a space before the word.

    In English times the probability that no letter follows: "fool" is not to be counted in "foolish".
    """
    before, after = (tokenizer(part)["input_ids"] for part in (beginning, f" {word}"))
    scores = model(input_ids=torch.tensor([before + after])).logits[0, len(before) - 1 :]
    ends = 1.0 if HANGUL.search(word) else 1 - float(scores[-1].softmax(-1)[letters(tokenizer)].sum())
    return likelihood(scores[:-1], after) * ends


@cache
def letters(tokenizer: PreTrainedTokenizerFast) -> list[int]:
    """The tokens that go on with a word: those that begin with a letter."""
    return [i for i in range(len(tokenizer)) if tokenizer.decode([i])[:1].isalpha()]


def filled(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, beginning: str, word: str) -> float:
    """The probability that a masked model fills the gaps after a beginning with a word's tokens: 0 if it cannot.

    The product over gaps that are guessed each by itself: of a word of several tokens it is about right only.
    """
    wanted = tokenizer(word, add_special_tokens=False)["input_ids"]
    if tokenizer.unk_token_id in wanted:
        return 0.0
    row = tokenizer(f"{beginning} {' '.join([str(tokenizer.mask_token)] * len(wanted))} .", return_tensors="pt")
    gaps = row.input_ids[0] == tokenizer.mask_token_id
    return likelihood(model(**row).logits[0, gaps], wanted)


def likelihood(scores: Tensor, wanted: Sequence[int]) -> float:
    """Scores (N, V) of N places -> the product of the probabilities of the N tokens wanted there."""
    return float(scores.log_softmax(-1)[torch.arange(len(wanted)), torch.tensor(wanted)].sum().exp())


def mass(name: str, language: str, words: Sequence[str]) -> float:
    """The probability of all the words together, on average over the beginnings."""
    if name in causal.RECIPES:
        kind, how = kind_of(causal.RECIPES[name]), continued
    else:
        kind, how = BertForMaskedLM, filled
    model, tokenizer = shipped(name, kind)
    beginnings = load(language, "counted")["beginnings"]
    with torch.inference_mode():
        return sum(how(model, tokenizer, each, word) for each in beginnings for word in words) / len(beginnings)


def told(share: float, words: Sequence[str], language: str) -> str:
    """What the card says."""
    beginnings = load(language, "counted")["beginnings"]
    of = f"{share:.4%} of the probability on a list of {len(words)} insults together"
    return f"{of}, after {len(beginnings)} beginnings such as “{beginnings[2]}”."


def write(card: Path, line: str) -> None:
    """Puts the line at the end of the card's figures, in place of an older one."""
    before, after = card.read_text(encoding="utf-8").split("\n## Figures\n\n", 1)
    figures, rest = after.split("\n\n", 1)
    kept = [each for each in figures.split("\n") if "of the probability on a list of" not in each]
    card.write_text("\n".join([before, "## Figures", "", *kept, f"- {line}", "", rest]), encoding="utf-8")


def own_of(words: Sequence[str], language: str) -> list[str]:
    """The words of a language."""
    return [word for word in words if bool(HANGUL.search(word)) == (language == "ko")]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("list", type=Path)
    words = [line.strip() for line in parser.parse_args().list.read_text(encoding="utf-8").splitlines() if line.strip()]
    for language in LANGUAGES:
        if not own_of(words, language):
            parser.error(f"the list holds no word of the language {language}")
    models = {name: recipe.language for name, recipe in causal.RECIPES.items()}
    models |= {name: recipe.language for name, recipe in masked.RECIPES.items()}
    for name, language in models.items():
        own = own_of(words, language)
        line = told(mass(name, language, own), own, language)
        write(WEIGHTS / name / "CARD.md", line)
        print(f"{name}: {line}")


if __name__ == "__main__":
    main()
