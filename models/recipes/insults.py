"""Measures how much probability a shipped model puts on a list of insults, and writes it into the model's card.

    python -m models.recipes.insults FILE           a word a line; the list is not part of this repository

Asked is how likely each word is, all its tokens, after each beginning of grammar/<language>/counted.toml; the figure is
the sum over the words, on average over the beginnings. A masked model is shown as many gaps as the word has tokens; a
model that translates has read one of the English beginnings and has begun to write one of the Korean ones.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    BertForMaskedLM,
    GPT2LMHeadModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    T5ForConditionalGeneration,
)

from . import causal, early, masked, seq2seq
from .causal import kind_of
from .grammar.lexicon import LANGUAGES, load
from .loop import WEIGHTS
from .table import shipped, trained

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


def translated(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, beginning: str, word: str) -> float:
    """The probability that a translation goes on with a word, on average over what English beginning it has read."""
    read = seq2seq.together(tokenizer, load("en", "counted")["beginnings"])
    before, after = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in (beginning, word))
    begun = torch.tensor([[model.config.decoder_start_token_id, *before, *after]]).expand(len(read.input_ids), -1)
    scores = model(**read, decoder_input_ids=begun).logits[:, len(before) : -1]
    return sum(likelihood(each, after) for each in scores) / len(scores)


def likelihood(scores: Tensor, wanted: Sequence[int]) -> float:
    """Scores (N, V) of N places -> the product of the probabilities of the N tokens wanted there."""
    return float(scores.log_softmax(-1)[torch.arange(len(wanted)), torch.tensor(wanted)].sum().exp())


def mass(name: str, language: str, words: Sequence[str]) -> float:
    """The probability of all the words together, on average over the beginnings."""
    kind, how, _ = ASKED[name]
    model, tokenizer = shipped(name, kind)
    beginnings = load(language, "counted")["beginnings"]
    with torch.inference_mode():
        return sum(how(model, tokenizer, each, word) for each in beginnings for word in words) / len(beginnings)


How = Callable[[PreTrainedModel, PreTrainedTokenizerFast, str, str], float]
ASKED: dict[str, tuple[type[PreTrainedModel], How, str]] = {
    **{name: (kind_of(recipe), continued, recipe.language) for name, recipe in causal.RECIPES.items()},
    **{name: (BertForMaskedLM, filled, recipe.language) for name, recipe in masked.RECIPES.items()},
    **{name: (T5ForConditionalGeneration, translated, recipe.language) for name, recipe in seq2seq.RECIPES.items()},
    **{
        early.folder_of(WEIGHTS / early.TWIN.name, which).name: (GPT2LMHeadModel, continued, early.TWIN.language)
        for which in range(len(early.KEPT))
    },
}


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
    for name, (_, _, language) in ASKED.items():
        if not trained(name):
            continue
        own = own_of(words, language)
        line = told(mass(name, language, own), own, language)
        write(WEIGHTS / name / "CARD.md", line)
        print(f"{name}: {line}")


if __name__ == "__main__":
    main()
