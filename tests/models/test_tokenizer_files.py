"""A checkpoint without its tokenizer is refused, with the file that is missing; nothing is made up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.refusal import Refusal
from tests.tiny import byte_tokenizer, word_tokenizer

pytestmark = pytest.mark.weights

KEPT = ("config.json", "model.safetensors", "generation_config.json")


def missing(folder: Path) -> str:
    """What both the model and its tokenizer alone are refused for."""
    import models

    found = set()
    for act in (models.load, lambda name: models.encode(name, "a bird")):
        with pytest.raises(Refusal) as caught:
            act(folder)
        assert caught.value.key == "tokenizer_missing"
        found.add(caught.value.facts["file"])
    return found.pop()


@pytest.mark.parametrize("kind", ["gpt", "bert"])
def test_a_checkpoint_without_a_tokenizer(kind: str, make_model: Callable[..., Path], tmp_path: Path) -> None:
    whole = make_model(kind)
    folder = tmp_path / "checkpoint-100"
    folder.mkdir()
    for name in KEPT[: 3 if kind == "gpt" else 2]:
        shutil.copy(whole / name, folder)
    (folder / "trainer_state.json").write_text("{}")
    assert missing(folder) == "tokenizer.json"
    for path in (whole / "tokenizer_config.json", whole / "special_tokens_map.json"):  # how it is set, not what it is
        if path.is_file():
            shutil.copy(path, folder)
            assert missing(folder) == "tokenizer.json"
    own = {"gpt": "GPT2Tokenizer", "bert": "BertTokenizer"}[kind]
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": own}))
    assert missing(folder) == "tokenizer.json"
    (folder / ("vocab.txt" if kind == "gpt" else "vocab.json")).write_text("{}")  # of another kind
    assert missing(folder) == ("vocab.json" if kind == "gpt" else "vocab.txt")


@pytest.mark.parametrize(("half", "other"), [("vocab.json", "merges.txt"), ("merges.txt", "vocab.json")])
def test_half_a_tokenizer(half: str, other: str, tiny: Path, tmp_path: Path) -> None:
    import models

    folder = Path(shutil.copytree(tiny, tmp_path / "copy"))
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "GPT2Tokenizer"}))
    halves = {
        "vocab.json": json.dumps(model["vocab"]),
        "merges.txt": "\n".join(" ".join(pair) for pair in model["merges"]),
    }
    (folder / half).write_text(halves[half])
    assert missing(folder) == other
    (folder / other).write_text(halves[other])
    assert models.encode(folder, "the bird") == models.encode(tiny, "the bird")


@pytest.mark.parametrize("tokenizer_of", [byte_tokenizer, word_tokenizer])
def test_a_tokenizer_without_a_vocabulary(tokenizer_of: Callable[[], Any], tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "copy"))
    tokenizer_of().save_pretrained(folder)
    table = json.loads((folder / "tokenizer.json").read_text())
    special = {token["content"]: token["id"] for token in table["added_tokens"]}
    table["model"] |= {"vocab": special} | ({"merges": []} if "merges" in table["model"] else {})
    (folder / "tokenizer.json").write_text(json.dumps(table))
    assert missing(folder) == "tokenizer.json"
