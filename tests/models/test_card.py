"""A card can be written anew from the weights alone."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.weights
STORY = "Once upon a time there was a little bear who saw a small bird number {} in the tree."


def written(folder: Path, out: Path, module: Any, recipe: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The card that a recipe's own command writes for a folder of weights."""
    (folder / "stories.txt").write_text("\n\n".join(STORY.format(i) for i in range(60)), encoding="utf-8")
    monkeypatch.setitem(module.RECIPES, recipe.name, recipe)
    arguments = [module.__name__, recipe.name, "--texts", str(folder), "--tokens", "1000", "--out", str(out), "--card"]
    monkeypatch.setattr(sys, "argv", arguments)
    before = (out / "model.safetensors").read_bytes()
    module.main()
    assert (out / "model.safetensors").read_bytes() == before
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert hashlib.sha256(before).hexdigest() in card and "share-alike" in card
    assert all(len(line) <= 120 for line in card.splitlines() if not line.startswith("- "))
    return card


@pytest.fixture
def stories() -> Any:
    from models.recipes.corpus import Text, by_blank_line

    return Text("stories.txt", 1.0, by_blank_line, "Stories", "CC BY-SA 4.0")


@pytest.mark.parametrize("architecture", ["GPT-2", "LSTM"])
def test_of_a_model_that_continues(
    architecture: str,
    tiny: Path,
    stories: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from transformers import PreTrainedTokenizerFast

    from models.recipes import causal
    from models.recipes.loop import save

    out = Path(shutil.copytree(tiny, tmp_path / "tiny"))
    sizes: dict[str, Any] = {"width": 32, "layers": 3, "heads": 4, "positions": 64, "state": 40}
    recipe = causal.Recipe("tiny", "en", 320, (stories,), architecture=architecture, **sizes)
    if architecture == "LSTM":
        tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny)
        save(causal.build(recipe, tokenizer), tokenizer, out)
    card = written(tmp_path, out, causal, recipe, monkeypatch)

    figure = re.search(r"([\d.]+) bits per byte", card)
    assert figure and figure[0] in capsys.readouterr().out
    assert 1 < float(figure[1]) < 20  # random weights
    assert architecture in card and "- 1,024 training tokens." in card  # two steps of 8 rows of 64
    assert "models.recipes.causal tiny --texts FOLDER --tokens 1.02e+03" in card
    begun = r"^- Once upon a time there was a little bear who → "  # half of a text of one sentence
    assert len(re.findall(begun, card, re.MULTILINE)) == 3


def test_of_a_model_that_fills_gaps(
    tiny_bert: Path, stories: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import PreTrainedTokenizerFast

    from models.recipes import masked
    from models.recipes.loop import save

    out = tmp_path / "tiny"
    recipe = masked.Recipe("tiny", "en", 160, 100, True, (stories,), width=32, layers=2, heads=4, positions=128)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny_bert)
    save(masked.build(recipe, tokenizer), tokenizer, out)
    card = written(tmp_path, out, masked, recipe, monkeypatch)

    bits = re.search(r"([\d.]+) bits for a hidden token", card)
    assert bits and 4 < float(bits[1]) < 20  # random weights
    assert "- 1,536 training tokens." in card
    assert len(re.findall(r"^- once upon a time .* → ", card, re.MULTILINE)) == 3


def test_reflowing_touches_paragraphs_only() -> None:
    from models.recipes.card import reflow

    long = "word " * 40
    for kept in (f"# {long}x", f"| {long}|\n| --- |", f"- {long}x", f"    {long}x"):
        assert reflow(kept) == kept + "\n"
    assert max(map(len, reflow(f"# a\n\n{long}\n").splitlines())) <= 120


def test_of_each_text_the_first_documents_are_begun_in_turn() -> None:
    from models.recipes.causal import in_turn

    assert in_turn([["a", "b", "c"], ["d"], ["e", "f"]], 5) == ["a", "d", "e", "b", "f"]
