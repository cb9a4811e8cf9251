"""The passages, questions and opinions in assets/ are what the grammar makes, and fit together."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.recipes import shelves

LANGUAGES = ("en", "ko")


def shipped(name: str, language: str) -> Any:
    return json.loads((shelves.ASSETS / name / f"{language}.json").read_text(encoding="utf-8"))


def test_what_is_shipped_is_what_the_command_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["shelves", "--out", str(tmp_path)])
    shelves.main()
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.glob("*/*.json"))
    assert len(written) == 4
    for path in written:
        assert (tmp_path / path).read_text(encoding="utf-8") == (shelves.ASSETS / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_question_is_answered_by_its_passage(language: str) -> None:
    found = shipped("passages", language)
    texts = {each["id"]: each["text"] for each in found["passages"]}
    assert len(texts) == len(found["passages"]) >= 200 and len(found["questions"]) >= 200
    assert len({question["text"] for question in found["questions"]}) == len(found["questions"])
    missing = [q for q in found["questions"] if q["answer"].lower() not in texts[q["passage"]].lower()]
    # a Korean word may be inflected, and an English plural irregular: a few, no more
    assert len(missing) <= 5, missing


def test_both_languages_tell_the_same() -> None:
    english, korean = (shipped("passages", language) for language in LANGUAGES)
    for part, key in (("passages", "id"), ("questions", "passage")):
        assert [each[key] for each in english[part]] == [each[key] for each in korean[part]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_opinions_are_as_many_of_each_label_and_none_is_asked_for_that_was_learnt(language: str) -> None:
    found = shipped("opinions", language)
    for part in ("train", "test"):
        labels = Counter(each["label"] for each in found[part])
        assert set(labels) == {"positive", "negative"} and len(found[part]) == shelves.OPINIONS
        assert abs(labels["positive"] - labels["negative"]) <= 2
    texts = [each["text"] for part in found.values() for each in part]
    assert len(set(texts)) == len(texts)
