"""What a browser's translator would touch on a page, and whether each of it is a text of ours and nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from playwright.sync_api import Page

import models
from explainers.words import LANGUAGES, words_for
from tests.laws.tree import files, read

# [where, text] of every text and every attribute that is read to people and that nothing keeps from being translated
# gradio's own parts, most of them out of sight; and what else the table of models says of them
TRANSLATED = """() => {
    const NOT_OURS = "script, noscript, style, textarea, .nav-holder, .sr-only, .reset-button, .gb-models td + td";
    const found = [];
    const open = (e) => e.closest("[translate], .notranslate")?.getAttribute("translate") !== "no";
    const name = (e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""}`;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
        if (element.closest(NOT_OURS) || !open(element)) continue;
        if (node === element) {
            for (const key of ["title", "alt", "placeholder", "aria-label", "aria-description"])
                if (node.hasAttribute(key)) found.push([`${name(node)}[${key}]`, node.getAttribute(key)]);
        } else if (node.data.trim()) found.push([name(element), node.data]);
    }
    return found;
}"""
MARKS = re.compile(
    r"\*+|`[^`]*`|\$\$?[^$]*\$\$?|\]\([^)]*\)|\[|\n\n+|\n(?:- |#+ |\d+\. )|^(?:- |#+ )|“[^”]*”|‘[^’]*’|\|"
)


def letters(text: str) -> str:
    """A text without anything that is no letter, numbers and facts in braces included."""
    return "".join(c for c in re.sub(r"\{[^}]*\}|\d[\d.,]*(?:e-?\d+)?", "", text) if c.isalpha())


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


@cache
def ours() -> frozenset[str]:
    """The letters of every run of words that stands in the words files, between marks, quotes and models' names."""
    named = "|".join(
        sorted(map(re.escape, (entry.name for entry in models.offered(frozenset()))), key=len, reverse=True)
    )
    toml = [name for name in files() if name.startswith("assets/words/")]
    whole = [text for name in toml for text in texts(tomllib.loads(read(name)))]
    runs = {run for text in whole for part in MARKS.split(text) for run in re.split(named, part)}
    fails = [words_for("shell", language)("fails") + run for language in LANGUAGES for run in runs]
    return frozenset(map(letters, [*whole, *runs, *fails, "Glassbox"]))


def strangers(page: Page) -> list[tuple[str, str]]:
    """(where, text) of all that would be translated and that is not, letter for letter, a text of ours."""
    return [(where, text) for where, text in page.evaluate(TRANSLATED) if letters(text) not in ours()]
