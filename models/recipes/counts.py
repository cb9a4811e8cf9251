"""Whom the training texts tell of: sentences in which a word stands beside words for him, or for her.

A model repeats such counts; its card therefore gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .corpus import SENTENCE
from .grammar.lexicon import load


def count(texts: Iterable[str], language: str) -> dict[str, tuple[int, int]]:
    """{word: (sentences with him alone, sentences with her alone)}; a sentence with both, or neither, counts nowhere.

    >>> count(["The doctor saw that he was late. The doctor and she left."], "en")["doctor"]
    (1, 1)
    """
    wanted = load(language, "counted")
    patterns = [pattern(wanted[name], language) for name in ("words", "he", "she")]
    found = {word: [0, 0] for word in wanted["words"]}
    for text in texts:
        for sentence in SENTENCE.split(text.lower()):
            held = set(patterns[0].findall(sentence))
            if held:
                him, her = (bool(each.search(sentence)) for each in patterns[1:])
                for word in held if him != her else ():
                    found[word][her] += 1
    return {word: (him, her) for word, (him, her) in found.items()}


def pattern(words: list[str], language: str) -> re.Pattern[str]:
    """Finds any of the words; in Korean with what is written after it, in English whole."""
    longest = sorted(words, key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(longest)})" + (r"\b" if language == "en" else ""))


def table(found: dict[str, tuple[int, int]]) -> str:
    """The counts as a table of a card, the words that stand in no such sentence left out."""
    rows = [f"| {word} | {him:,} | {her:,} |" for word, (him, her) in found.items() if him + her]
    return "\n".join(["| word | with him | with her |", "| --- | --- | --- |", *rows])
