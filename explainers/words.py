"""The sentences that people read: `assets/words/<language>/<name>.toml`, looked up by dotted keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "words"
LANGUAGES = ("en", *sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and path.name != "en"))
"""One folder each; English first, as it is the page at `/`."""


@dataclass(frozen=True)
class Words:
    """The words of one explainer in one language.

    >>> Words("bank", "en", {"views": {"map": {"title": "{count} banks"}}})("views.map.title", count=2)
    '2 banks'
    """

    name: str
    language: str
    texts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def raw(self, key: str) -> Any:
        """Whatever stands under the key, such as a list or a table; None if nothing does."""
        found: Any = self.texts
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def __call__(self, key: str, **facts: Any) -> str:
        """The text under the key, with the facts in its braces; without facts, braces stay (formulas have them)."""
        text = self.raw(key)
        if not isinstance(text, str):
            return self.missing(key)
        return text.format(**facts) if facts else text

    def missing(self, key: str) -> str:
        """A text that is not there shows its key; where there are no words at all, the key's last part will do."""
        return key if self.language else key.rpartition(".")[2].replace("_", " ")

    def columns(self, view: str, *names: str) -> tuple[str, ...]:
        """The column heads of a view's table."""
        return tuple(self(f"views.{view}.columns.{name}") for name in names)


NO_WORDS = Words("", "")
"""For a notebook: each key shows as its last part."""


@lru_cache
def words_for(name: str, language: str) -> Words:
    """The words of `assets/words/<language>/<name>.toml`; ValueError for a language that has no folder."""
    if language not in LANGUAGES:
        raise ValueError(f"no words in {language!r}, only in {LANGUAGES}")
    return Words(name, language, tomllib.loads((FOLDER / language / f"{name}.toml").read_text(encoding="utf-8")))
