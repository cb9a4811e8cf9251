"""The one expected exception: something a person asked for that cannot be had, and the sentence that says why."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).resolve().parent.parent / "assets" / "words"
SIZES = ("bytes", "limit")  # facts that are bytes, in the refusals whose key ends in "_too_large"


class Refusal(Exception):
    """A request that is refused for a reason a person can act on.

    key: which sentence of `assets/words/<language>/refusals.toml` says why.
    facts: the values that the sentence names, such as `limit=512`.

    Printed, it is that sentence, in the language that the terminal is set to if there are words in it, else in English;
    the key and the facts stand below it in a trace. It can be pickled.
    """

    def __init__(self, key: str, **facts: Any):
        super().__init__(key, facts)
        self.key = key
        self.facts = facts
        self.add_note(f"{key} {facts}" if facts else key)

    def sentence(self, language: str | None = None, **instead: Any) -> str:
        """What a person reads, in a language that has a folder of words. instead: facts to say in other words."""
        language = language or language_of_terminal()
        text = sentences(language).get(self.key)
        return text.format(**{**written(self.facts), **instead}) if text else self.key

    def __str__(self) -> str:
        return self.sentence()

    def __repr__(self) -> str:
        return f"Refusal({', '.join([repr(self.key), *(f'{name}={fact!r}' for name, fact in self.facts.items())])})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Exceptions are made again from `args`, in order; these have names."""
        return made, (type(self), self.key, self.facts)

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in place of a trace."""
        return [str(self)]


def made(kind: type[Refusal], key: str, facts: dict[str, Any]) -> Refusal:
    """A Refusal from its parts."""
    return kind(key, **facts)


def language_of_terminal() -> str:
    """The language that the environment asks for, where there are words in it: "ko" of LANG=ko_KR.UTF-8; else "en"."""
    asked = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    code = asked.replace("-", "_").partition("_")[0].lower()
    return code if code.isalpha() and (WORDS / code).is_dir() else "en"


def written(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as a sentence has them: of a model's size, bytes in GB, small ones in MB.

    >>> written({"model": "m", "bytes": 2_500_000_000, "limit": 5e8})
    {'model': 'm', 'bytes': '2.5 GB', 'limit': '500.0 MB'}
    """
    if "bytes" not in facts:
        return facts
    return facts | {name: room(facts[name]) for name in SIZES if name in facts}


def room(size: float) -> str:
    """Bytes as a person reads them; two sizes that differ must not read the same because both are small."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


@cache
def sentences(language: str) -> dict[str, str]:
    """Key -> sentence."""
    return tomllib.loads((WORDS / language / "refusals.toml").read_text(encoding="utf-8"))
