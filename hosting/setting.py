"""One environment variable: its name, how its text is read, what it may be, and what holds where it is not set.

Terminals, env files and compose files leave blanks and quotes around a value; they are no part of it, and a value of
nothing else is not set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
BLANKS = " \t\r\n\v\f\u00a0\u200b\u3000\ufeff"
QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019"}
MOST_SHOWN = 200  # characters of a value


class BadSetting(ValueError):
    """A setting that cannot be meant; its text is the one sentence that says so."""


def clean(value: str) -> str:
    """A value without the blanks at its ends and without one pair of quotes around it."""
    value = value.strip(BLANKS)
    if len(value) > 1 and QUOTES.get(value[0]) == value[-1]:
        value = value[1:-1].strip(BLANKS)
    return value


@dataclass(frozen=True)
class Setting(Generic[T]):
    """An environment variable that a host may set.

    parse: raises ValueError for what cannot be meant.
    may_be: completes the sentence "it may be …".
    default: gives what holds where it is not set.
    unset: says of a text that somebody else's program has set it, and that it means nothing here.
    """

    name: str
    parse: Callable[[str], T]
    may_be: str
    default: Callable[[], T]
    unset: Callable[[str], object] = lambda text: False

    def text(self) -> str:
        """The value as it is meant; "" where it is not set."""
        text = clean(os.environ.get(self.name, ""))
        return "" if self.unset(text) else text

    def read(self) -> T:
        """The value, or the default. Raises BadSetting."""
        text = self.text()
        if not text:
            return self.default()
        try:
            return self.parse(text)
        except (ValueError, OverflowError, OSError, RuntimeError):  # the last two: of a path that leads nowhere
            raise self.bad(f"it may be {self.may_be}") from None

    def bad(self, why: str) -> BadSetting:
        """The sentence about the value that holds: its name, the value, and why it cannot be."""
        text = self.text() or str(self.default())
        shown = (text if text.isprintable() else ascii(text)[1:-1])[:MOST_SHOWN]
        return BadSetting(f"{self.name}={shown}: {why}.")
