"""The one expected exception: something a person asked for that cannot be had, said in their language by the shell."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is refused for a reason a person can act on.

    key: which sentence of `assets/words/<language>/refusals.toml` says why.
    facts: the values that the sentence names, such as `limit=512`.
    """

    def __init__(self, key: str, **facts: Any):
        super().__init__(key, facts)
        self.key = key
        self.facts = facts

    def __str__(self) -> str:
        return f"{self.key} {self.facts}" if self.facts else self.key
