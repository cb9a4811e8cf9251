"""What a run leaves behind: a line of figures, weights that are never half there, and how much they have read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .card import Reading

FILE = "results.jsonl"


def note(out: Path, **facts: Any) -> None:
    """Adds one line to the results at once, so that a run that is killed loses none."""
    with (out / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts, ensure_ascii=False) + "\n")


def replaced(write: Callable[[Path], None], folder: Path) -> None:
    """Has files written beside a folder and then moves them into it."""
    beside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    write(beside)
    folder.mkdir(parents=True, exist_ok=True)
    for path in beside.iterdir():
        os.replace(path, folder / path.name)
    beside.rmdir()


def read_so_far(name: str, read: Reading, folder: Path) -> None:
    """Writes a card that says how much the model has read and nothing else; the recipe's --card writes the whole."""
    (folder / "CARD.md").write_text(f"# {name}\n\n{read}\n", encoding="utf-8")
