"""How far a run has come, in steps or in time, so that its learning rate falls to the end in the minutes there are."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class Progress:
    """The share of a run that is behind it: of its steps, or of its seconds, whichever is more.

    first, before: where a run that goes on begins, in steps and in share: what is left of it fits its new seconds.
    """

    def __init__(
        self,
        steps: int,
        seconds: float = math.inf,
        first: int = 0,
        before: float = 0.0,
        now: Callable[[], float] = time.monotonic,
    ):
        self.steps, self.seconds, self.first, self.before, self.now = steps, seconds, first, before, now
        self.began = self.saved = now()

    def at(self, step: int) -> float:
        """0 to 1."""
        timed = self.before + (1 - self.before) * (self.now() - self.began) / self.seconds
        return min(1.0, max(step / self.steps, timed if math.isfinite(self.seconds) else 0.0))

    def over(self, step: int) -> bool:
        """Whether nothing is left of the run."""
        return self.at(step) >= 1

    def expected(self, step: int) -> float:
        """How many steps the run will have made at its end, if it goes on as fast as so far."""
        share = self.at(step)
        return self.steps if share * self.steps <= step or not step else step / share
