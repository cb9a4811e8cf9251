"""What a list of models says of each: its group, and one line of facts."""

from __future__ import annotations

from typing import Any

import models

from ..words import words_for
from .markup import size
from .offer import GROUPS, SMALL, group_of, model_names


def choices(language: str) -> dict[str, Any]:
    """Name -> {"group", "title", "line", "small"} of all models on offer."""
    words = words_for("shell", language)
    titles = {group: words(f"picker.groups.{group}") for group in GROUPS}
    entries = {entry.name: entry for entry in models.offered()}
    return {
        name: {"group": group_of(entry), "title": titles[group_of(entry)], "line": line(entry, language)}
        | {"small": is_small(entry)}
        for name in model_names(language)
        if (entry := entries[name])
    }


def is_small(entry: models.Entry) -> bool:
    """Whether a model is so small that pages say what that means."""
    return 0 < entry.parameters < SMALL


def line(entry: models.Entry, language: str) -> str:
    """Parameters, languages, what it read, licence, how its file holds it, where it is: as far as each is known."""
    words, about = words_for("shell", language), words_for("about", language)
    read = (words.raw("picker.read") or {}).get(entry.name, "")
    here = models.is_here(entry)
    stored = models.stored(entry.name) if here else None
    facts = (
        words("picker.parameters", count=count(entry.parameters)) if entry.parameters else "",
        ", ".join(about(f"models.languages.{code}") for code in entry.languages),
        read,
        entry.licence,
        words("picker.stored", bits=f"{stored.bits:.1f}") if stored else "",
        words(f"picker.{'here' if here else 'fetched'}", size=size(entry.bytes)),
    )
    return " · ".join(fact for fact in facts if fact)


def count(parameters: int) -> str:
    """A number of parameters as people say it.

    >>> count(4_077_056), count(268_098_176), count(1_200_000_000), count(429_440)
    ('4.1M', '268M', '1.2B', '0.4M')
    """
    if parameters >= 1e9:
        return f"{parameters / 1e9:.1f}B"
    return f"{parameters / 1e6:.0f}M" if parameters >= 1e8 else f"{parameters / 1e6:.1f}M"
