"""A card can be written anew from the weights alone."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path

import pytest

STORY = "Once upon a time there was a little bear who saw a small bird number {} in the tree."


def test_a_card_is_written_anew_from_the_files(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from models.recipes import card, causal
    from models.recipes.corpus import Text, by_blank_line

    (tmp_path / "stories.txt").write_text("\n\n".join(STORY.format(i) for i in range(60)), encoding="utf-8")
    text = Text("stories.txt", 1.0, by_blank_line, "Stories", "CC BY-SA 4.0")
    out = Path(shutil.copytree(tiny, tmp_path / "tiny"))
    recipe = causal.Recipe("tiny", "en", 320, (text,), width=32, layers=3, heads=4, positions=64)
    monkeypatch.setitem(causal.RECIPES, "tiny", recipe)
    arguments = ["card", "tiny", "--texts", str(tmp_path), "--tokens", "1000", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    card.main()

    written = (out / "CARD.md").read_text(encoding="utf-8")
    figure = re.search(r"([\d.]+) bits per byte", written)
    assert figure and figure[0] in capsys.readouterr().out
    assert 1 < float(figure[1]) < 20  # random weights
    assert "- 1,024 training tokens." in written  # two steps of 8 rows of 64
    assert "--tokens 1.02e+03" in written and "share-alike" in written
    assert hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest() in written
    assert len(re.findall(r"^- Once upon a time there was a little → ", written, re.MULTILINE)) == 3
    assert all(len(line) <= 120 for line in written.splitlines() if not line.startswith("- "))


def test_reflowing_touches_paragraphs_only() -> None:
    from models.recipes.card import reflow

    long = "word " * 40
    for kept in (f"# {long}x", f"| {long}|\n| --- |", f"- {long}x", f"    {long}x"):
        assert reflow(kept) == kept + "\n"
    assert max(map(len, reflow(f"# a\n\n{long}\n").splitlines())) <= 120
