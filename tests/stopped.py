"""What a killed run leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest


@contextmanager
def left_behind(work: Path, to: Path, before: int) -> Iterator[None]:
    """Copies the folder `work` of a run to `to` so many steps before its end: what it holds if it is killed there."""
    from models.recipes.loop import Run

    update = Run.update

    def copied(self: Any, step: int, pairs: Any) -> Any:
        if step == self.steps - before:
            copytree(work, to)
        return update(self, step, pairs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "update", copied)
        yield
    assert (to / "checkpoint.pt").is_file()
