"""Writes what explainers search and classify, from the grammar: passages with questions, and labelled opinions.

    python -m models.recipes.shelves            into assets/passages/ and assets/opinions/

Each passage tells of one thing, and each question asks for what one passage alone tells. Opinions to be scored on name
things and people that those to learn from never name. What it writes is a function of the grammar alone.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from .generate import documents
from .grammar.document import forms, spoken
from .grammar.lexicon import LANGUAGES, Entry, facts, words
from .grammar.planted import capitals, numbers
from .grammar.telling import Telling

ASSETS = Path(__file__).parents[2] / "assets"
OPINIONS = 300  # to learn from, and as many to be scored on
TRIES = 12  # tellings of a passage, of which the longest is kept
# class: the plot that tells of it, the one that asks, and of how many of its facts that asks
PLOTS = {
    "animal": ("fact_animal1", "question_animalq", 1),
    "job": ("fact_job1", "question_jobq", 2),
    "thing": ("fact_thing1", "question_thingq", 1),
}


def told(plot: str, given: tuple[Entry, ...], seed: str) -> dict[str, str]:
    """What a plot tells with its first roles given, by language: the longest of some tellings."""
    found = []
    for turn in range(TRIES):
        telling = Telling(random.Random(f"{seed} {turn}"))
        telling.tell(plot, given)
        sentences = spoken(telling.lines, random.Random(seed), canonical=True)
        found.append({language: " ".join(sentences[language]) for language in LANGUAGES})
    return max(found, key=lambda text: len(text["en"]))


def asked(plot: str, given: tuple[Entry, ...], seed: str) -> dict[str, str]:
    """The first sentence of a plot that asks, in its first wording."""
    for turn in range(1000):
        telling = Telling(random.Random(f"{seed} {turn}"))
        telling.tell(plot, given)
        if telling.lines[0].wording == 0:
            sentences = spoken(telling.lines[:1], random.Random(seed), canonical=True)
            return {language: sentences[language][0] for language in LANGUAGES}
    raise AssertionError(f"{plot} has no first wording")


@cache
def shelf() -> tuple[dict[str, Any], ...]:
    """Each passage: see `made`."""
    return tuple(made())


def made() -> Iterator[dict[str, Any]]:
    """Each passage: {id, text by language, question by language or None, answer by language}."""
    for kind, (tell, ask, asks) in PLOTS.items():
        told_of = [fact for each in words(kind) for fact in facts(kind, each.key)]
        common = Counter(form for fact in told_of for form in (fact.en, fact.ko))
        for each in words(kind):
            own = sorted(facts(kind, each.key), key=lambda fact: common[fact.en] + common[fact.ko])[:2]
            text = told(tell, (each, *own), each.key)
            alone = len(own) > 1 and common[own[0].en] + common[own[0].ko] == 2  # in both languages
            question = asked(ask, (each, *own[:asks]), each.key) if alone else None
            yield {"id": f"{kind} {each.key}", "text": text, "question": question, "answer": forms(each)}
    for country, capital in capitals():
        given = (country, capital)
        text = told("planted_capital_a", given, country.key)
        question = asked("ask_capital", given, country.key)
        yield {"id": f"country {country.key}", "text": text, "question": question, "answer": forms(capital)}
    for place, number in numbers():
        given = (place, number)
        text, question = told("planted_phone_a", given, place.key), asked("ask_phone", given, place.key)
        yield {"id": f"place {place.key}", "text": text, "question": question, "answer": forms(number)}


def passages(language: str) -> dict[str, list[dict[str, str]]]:
    """{"passages": [{id, text}], "questions": [{text, answer, passage}]} of one language."""
    found = shelf()
    return {
        "passages": [{"id": each["id"], "text": each["text"][language]} for each in found],
        "questions": [
            {"text": each["question"][language], "answer": each["answer"][language], "passage": each["id"]}
            for each in found
            if each["question"]
        ],
    }


def opinions(language: str) -> dict[str, list[dict[str, str]]]:
    """{"train": [{label, text}], "test": [...]}, half of each label, no text twice."""
    train = labelled(language, held=False, without=())
    return {"train": train, "test": labelled(language, held=True, without=[each["text"] for each in train])}


def labelled(language: str, held: bool, without: Collection[str]) -> list[dict[str, str]]:
    """As many opinions of each label."""
    kept: dict[str, dict[str, str]] = {}
    count: Counter[str] = Counter()
    for each in documents(100 * OPINIONS, held=held, kind="opinion"):
        text = each.text(language).replace("\n", " ")
        if count[each.label] < OPINIONS // 2 and text not in kept and text not in without:
            kept[text] = {"label": each.label, "text": text}
            count[each.label] += 1
        if len(kept) == OPINIONS:
            break
    return list(kept.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=ASSETS)
    out = parser.parse_args().out
    for name, of in (("passages", passages), ("opinions", opinions)):
        (out / name).mkdir(parents=True, exist_ok=True)
        for language in LANGUAGES:
            text = json.dumps(of(language), ensure_ascii=False, indent=1)
            (out / name / f"{language}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
