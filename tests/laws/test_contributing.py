"""The example of CONTRIBUTING.md is a whole explainer that works: its Python, its words, its test."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import explainers
from explainers.contract import Explainer
from tests.laws.test_words import flat, placeholders
from tests.laws.tree import read

BLOCK = re.compile(r"^`([\w/]+\.(?:py|toml))`: .*?^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, str]:
    """File name -> its text, for each file that the example shows whole."""
    return dict(BLOCK.findall(read("CONTRIBUTING.md")))


def run(name: str, source: str, folder: Path) -> ModuleType:
    """A module of that name made from a source text, kept as a file so that tracebacks can show it."""
    path = folder / f"{name.rpartition('.')[2]}.py"
    path.write_text(source, encoding="utf-8")
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, str(path), "exec"), module.__dict__)
    return module


@pytest.fixture
def length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The example as the module explainers.length."""
    monkeypatch.delitem(sys.modules, "explainers.length", raising=False)
    module = run("explainers.length", blocks()["explainers/length.py"], tmp_path)
    monkeypatch.setitem(sys.modules, "explainers.length", module)
    monkeypatch.setattr(explainers, "length", module, raising=False)
    return module


def test_the_example_is_whole() -> None:
    assert set(blocks()) == {
        "explainers/length.py",
        "assets/words/en/length.toml",
        "assets/words/ko/length.toml",
        "tests/explainers/test_length.py",
    }


def test_its_words_agree(length: Any) -> None:
    english, korean = (dict(flat(tomllib.loads(blocks()[f"assets/words/{code}/length.toml"]))) for code in ("en", "ko"))
    assert isinstance(length.EXPLAINER, Explainer)
    assert {key: placeholders(text) for key, text in english.items()} == {k: placeholders(t) for k, t in korean.items()}
    assert {f"views.{view}.title" for view in length.EXPLAINER.views} <= english.keys()


@pytest.mark.weights
@pytest.mark.parametrize("text", ["The cat sat on the mat.", "\uace0\uc591\uc774\uac00 \uc794\ub2e4 \U0001f642"])
def test_its_test_passes(length: Any, tmp_path: Path, text: str) -> None:
    test = run("length_example_test", blocks()["tests/explainers/test_length.py"], tmp_path)
    test.test_lengths_add_up_to_the_text(text)
    figure = length.bars(length.trace(text))
    assert sum(figure.data[0].y) == len(text.encode())
