"""The words: entries with a form in each language, in classes; classes may be unions of others.

In en/lexicon.toml a class lists its words, a mark after a colon: f, m (a person's sex), plural (has no singular),
mass (is not counted). In ko/lexicon.toml the same keys have Korean forms; `h` marks who is spoken of with honour, `n` a
noun and `v`, `p` a verb (in the present, in the past) that stand where English has an adjective.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LANGUAGES = ("en", "ko")


@dataclass(frozen=True)
class Entry:
    """One word or phrase. `key` is unique in its class; `facts` are the verb phrases that are true of it."""

    key: str
    kind: str
    en: str
    ko: str
    marks: frozenset[str] = frozenset()

    def form(self, language: str) -> str:
        return self.en if language == "en" else self.ko


@cache
def load(*path: str) -> dict[str, Any]:
    """All of one language's tables of a sort, from `<sort>.toml` or from each file of the folder `<sort>/`."""
    language, sort = path
    folder = HERE / language / sort
    files = sorted(folder.glob("*.toml")) if folder.is_dir() else [HERE / language / f"{sort}.toml"]
    tables: dict[str, Any] = {}
    for file in files:
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            assert name not in tables, f"{name} stands twice in {language}/{sort}"
            tables[name] = table
    return tables


def entry(kind: str, english: str, korean: str) -> Entry:
    """An entry from its two forms, marks after colons."""
    en, *marks = english.split(":")
    ko, *more = korean.split(":")
    return Entry(en, kind, en, ko, frozenset(marks + more))


@cache
def words(kind: str) -> tuple[Entry, ...]:
    """The entries of a class; `a|b` is both, and a name of plots.toml's [classes] stands for its union."""
    kind = plots()["classes"].get(kind, kind)
    if "|" in kind:
        return tuple(each for part in kind.split("|") for each in words(part))
    korean = load("ko", "lexicon")[kind]
    return tuple(entry(kind, word, korean[word.split(":")[0]]) for word in load("en", "lexicon")[kind])


@cache
def facts(kind: str, key: str) -> tuple[Entry, ...]:
    """The verb phrases that are true of an entry, such as what an animal eats and where it lives."""
    english, korean = load("en", "facts")[kind][key], load("ko", "facts")[kind][key]
    return tuple(entry(f"fact of {key}", en, ko) for en, ko in zip(english, korean, strict=True))


@cache
def plots() -> dict[str, Any]:
    """plots.toml: classes, shares of the kinds of document; and under `plot`, every plot of the folder plots/."""
    tables = tomllib.loads((HERE / "plots.toml").read_text(encoding="utf-8"))
    files = sorted((HERE / "plots").glob("*.toml"))
    found = [tomllib.loads(file.read_text(encoding="utf-8"))["plot"] for file in files]
    return {**tables, "plot": {name: plot for table in found for name, plot in table.items()}}


@cache
def group(name: str) -> tuple[str, ...]:
    """The names of the plots of a group, in the order of the file."""
    found = tuple(key for key, plot in plots()["plot"].items() if plot["group"] == name)
    assert found, f"no plot in the group {name}"
    return found
