"""What a page is told while Steps come: the steps themselves, and the views that can be drawn from them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ..contract import Explainer, Html, Step
from ..words import words_for
from .draw import view_json
from .pack import to_json

AGAIN = 32  # steps told more than once: a browser takes up only the newest of the answers that come while it draws
PAUSE = 0.2  # seconds between two drawings, at least
SHARE = 4  # and this many times as long as the last one took, so that drawing leaves room for the work


class Sketch:
    """The answers of one trace or run on its way."""

    def __init__(self, explainer: Explainer, language: str):
        self.explainer = explainer
        self.words = words_for(explainer.name, language)
        self.told = 0
        self.draw_at = 0.0

    def answer(self, steps: Sequence[Step]) -> dict[str, Any]:
        """All that is new in the steps so far: "at" is the number of the first one told, from 0."""
        at = max(0, min(self.told, len(steps)) - AGAIN)
        self.told = len(steps)
        return {"done": False, "at": at, "steps": to_json(steps[at:], page=True), "views": self.views(steps)}

    def views(self, steps: Sequence[Step]) -> dict[str, Any]:
        """The views that are drawn from steps, as JSON; none where they were drawn a moment ago."""
        began = time.monotonic()
        if began < self.draw_at or not self.explainer.during or not steps:
            return {}
        made = {name: view(steps, self.words) for name, view in self.explainer.during.items()}
        assert not any(isinstance(view, Html) for view in made.values()), "a frame is of a finished trace"
        drawn = {name: view_json(view, None, name) for name, view in made.items()}
        self.draw_at = time.monotonic() + max(PAUSE, SHARE * (time.monotonic() - began))
        return drawn
