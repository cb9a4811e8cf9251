"""The tests on real models: when they run, and the line that says why they do not. Nothing is fetched here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import glassbox
from models import real
from models.terminal import UNSERVED
from tests import tier

NAMES = ("all-minilm-l6-v2", "gemma-3-270m")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the tier starts, in place of starting it; no model is here. What it ends with: `ends` by the last word."""
    seen: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        seen.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(tier.subprocess, "run", run)

    def call(command: list[str], **_: Any) -> int:
        seen.append(command)
        return 0

    monkeypatch.setattr(tier.subprocess, "call", call)
    monkeypatch.setattr(real, "kept", lambda entry: None)
    return seen


def ending(monkeypatch: pytest.MonkeyPatch, status: int | None) -> None:
    """Fetching ends so; None: not within its time."""

    def run(command: list[str], timeout: float | None, **_: Any) -> SimpleNamespace:
        if status is None:
            raise subprocess.TimeoutExpired(command, timeout or 0)
        return SimpleNamespace(returncode=status)

    monkeypatch.setattr(tier.subprocess, "run", run)


def test_what_is_not_here_is_fetched_and_tested(started: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert tier.main([*NAMES, NAMES[0]]) == 0
    assert [command[-3:] for command in started[:2]] == [["add", "--yes", name] for name in NAMES]
    pytests = started[2]
    assert pytests[2:4] == ["pytest", "tests/real"] and [pytests.count(name) for name in NAMES] == [1, 1]
    assert str(tier.PICTURES) in capsys.readouterr().out.splitlines()[-1]


def test_what_is_behind_two_hyphens_is_for_pytest(started: list[list[str]]) -> None:
    assert tier.main([NAMES[0], "--", "-k", "links"]) == 0
    assert started[-1][3:6] == ["tests/real", "-k", "links"]
    assert tier.main([NAMES[0], "--", "tests/real/test_truth.py"]) == 0
    assert started[-1][3] == "tests/real/test_truth.py" and "tests/real" not in started[-1]


@pytest.mark.parametrize(
    ("status", "seconds", "said"),
    [(UNSERVED, 999, "no package index"), (None, 999, "goes on from here"), (0, 1, "too little time")],
)
def test_what_cannot_be_had_is_left_out_in_a_line_each(
    started: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int | None,
    seconds: int,
    said: str,
) -> None:
    ending(monkeypatch, status)
    assert tier.main(["--where-served", "--seconds", str(seconds), *NAMES]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and all(said in line and name in line for line, name in zip(lines, NAMES, strict=True))
    assert not started


@pytest.mark.parametrize(("status", "more"), [(1, ["--where-served"]), (UNSERVED, [])])
def test_a_wrong_file_is_a_failure_and_so_is_what_is_not_served_unless_that_is_allowed(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch, status: int, more: list[str]
) -> None:
    ending(monkeypatch, status)
    with pytest.raises(SystemExit) as end:
        tier.main([*more, *NAMES])
    assert end.value.code == status and not started


@pytest.mark.parametrize(
    ("given", "names", "rest"),
    [
        (["--with", "a", "b"], ["a", "b"], []),
        (["-k", "x y", "--with", "a,b"], ["a", "b"], ["-k", "x y"]),
        (["--with=a", "-m", "not weights", "-x"], ["a"], ["-m", "not weights", "-x"]),
        (["tests/laws", "-q", "--with", "a", "--with", "b"], ["a", "b"], ["tests/laws", "-q"]),
    ],
)
def test_names_are_told_from_what_is_for_pytest(given: list[str], names: list[str], rest: list[str]) -> None:
    assert glassbox.apart(given) == (names, rest)


def test_models_are_fetched_before_anything_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def note(*command: Any, **_: Any) -> int:
        seen.append(command)
        return int("nonsense" in command)

    monkeypatch.setattr(glassbox, "ensure", lambda *_: None)
    monkeypatch.setattr(glassbox, "ensure_browser", lambda: None)
    monkeypatch.setattr(glassbox, "real", note)
    monkeypatch.setattr(glassbox, "run_halves", note)
    monkeypatch.setattr(glassbox, "module", note)
    assert glassbox.test(["--with", "a"]) == 0
    assert seen == [("add", "--yes", "a"), ([],), ("tests.tier", "a")]
    seen.clear()
    assert glassbox.test(["--with", "nonsense"]) == 1 and len(seen) == 1


def test_without_a_name_none_of_them_is_collected() -> None:
    command = [sys.executable, "-m", "pytest", "tests/real", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=Path(glassbox.ROOT), capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout
