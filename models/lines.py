"""What a process that fetches a model says to the program that started it: lines of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any

from .refusal import Refusal

OFTEN = 0.1  # seconds between two lines of one stage


def tell(said: dict[str, Any]) -> None:
    """Says one thing."""
    print(json.dumps(said, default=str), flush=True)


def tell_refusal(refusal: Refusal) -> None:
    """Says why the model does not come."""
    tell({"refusal": refusal.key, "facts": refusal.facts})


def yield_to_others() -> None:
    """Lowers this process' priority where there are any: whoever asked has other guests."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)


class Lines:
    """How far a model is, as lines of JSON."""

    def __init__(self) -> None:
        self.stage, self.said = "", 0.0

    def __call__(self, stage: str, done: int, of: int) -> None:
        now = time.monotonic()
        if stage != self.stage or now - self.said >= OFTEN or done == of:
            self.stage, self.said = stage, now
            tell({"stage": stage, "done": done, "of": of})

    def end(self) -> None:
        """Nothing is left to be said."""
