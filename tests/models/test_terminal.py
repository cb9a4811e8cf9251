"""`add`, `list`, `remove` and `run --with`: what they say, what they ask, and when they fetch nothing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import glassbox
from hosting import pip
from models import real, store, terminal
from models.entry import Entry
from tests.models.test_obtain import plain
from tests.wheels import Index, index


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C")
    with index() as found:
        monkeypatch.setattr(pip, "told", lambda: pip.Told((f"{found.url}/simple",)))
        monkeypatch.setattr(real, "REAL", (plain(found), real.REAL[0]))
        yield found


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["terminal", *arguments])
    try:
        return terminal.main()
    except SystemExit as end:
        return int(end.code or 0)


class Typed:
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_fetched_where_nobody_can_be_asked(
    own: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "a-model") == 1
    said = capsys.readouterr()
    assert "licence Apache-2.0" in said.out and "--yes" in said.err and own.asked == []
    monkeypatch.setattr(sys, "stdin", None)
    assert run(monkeypatch, "add", "a-model") == 1 and own.asked == []


@pytest.mark.parametrize(("typed", "fetched"), [("y", True), (" YES ", True), ("", False), ("n", False), (None, False)])
def test_it_asks_once(
    own: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str | None, fetched: bool
) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        if typed is None:
            raise EOFError
        return typed

    monkeypatch.setattr(sys, "stdin", Typed())
    monkeypatch.setattr("builtins.input", answer)
    assert run(monkeypatch, "add", "a-model", "a-model") == int(not fetched)
    assert len(asked) == 1 and bool(store.kept(real.REAL[0].key)) == fetched
    assert ("needs no network" in capsys.readouterr().out) == fetched
    assert run(monkeypatch, "add", "a-model") == int(not fetched) and len(asked) == 1 + (not fetched)


def test_yes_asks_nothing_and_list_and_remove_know_it(
    own: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "--yes", "a-model") == 0 and "Downloading" in capsys.readouterr().out
    assert run(monkeypatch, "list") == 0
    first, second, where = capsys.readouterr().out.splitlines()
    assert first.startswith("here ") and second.startswith("not here ") and "https://ai.google.dev" in second
    assert where.endswith(str(store.root()))
    assert run(monkeypatch, "remove", "a-model") == 0 and "is gone" in capsys.readouterr().out
    assert run(monkeypatch, "remove", "a-model") == 0 and "is not here" in capsys.readouterr().out
    assert list(store.root().iterdir()) == []


def test_a_name_that_is_none_and_a_refusal_are_one_line(
    own: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("add", "remove"):
        assert run(monkeypatch, command, "nonsense") == 2
        assert "a-model, gemma-3-270m" in capsys.readouterr().err
    own.files.clear()
    assert run(monkeypatch, "add", "a-model", "--yes") == terminal.UNSERVED == 3  # which other wrongs do not end with
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and "is not on the package index" in said
    assert run(monkeypatch, "add", "a-model", "--lines") == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["refusal"] == "index_lacks"


def test_ctrl_c_says_that_it_goes_on_next_time(
    own: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(terminal, "obtain", stop)
    assert run(monkeypatch, "add", "a-model", "--yes") == 130
    assert "goes on" in capsys.readouterr().out


def test_the_bar_moves_at_a_terminal_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("COLUMNS", "80")
    for moves in (False, True):
        bar = terminal.Bar()
        bar.moves = moves
        for stage, done in (("wait", 0), *(("download", done) for done in range(0, 101, 10)), ("convert", 0)):
            bar(stage, done * 1_000_000, 100_000_000)
        bar.end()
        said = capsys.readouterr().out
        assert ("\r" in said) == moves and (f"[{'#' * 30}]" in said) == moves
        assert said.endswith("\n") and max(map(len, said.replace("\r", "\n").splitlines())) < 85


# -- glassbox.py -------------------------------------------------------------------------------------------------------


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What glassbox.py starts, instead of starting it; the app with the models that it is told of."""
    seen: list[tuple[str, ...]] = []

    def call(*command: Any, **_: Any) -> int:
        seen.append(tuple(str(part) for part in command[1:]))
        return int("nonsense" in command)

    def become(program: str, command: list[str], environment: dict[str, str]) -> None:
        seen.append((*command[1:], environment.get("GLASSBOX_WITH", "")))
        raise SystemExit

    monkeypatch.delenv("GLASSBOX_WITH", raising=False)
    monkeypatch.setattr(glassbox, "ensure", lambda *_: None)
    monkeypatch.setattr(glassbox, "call", call)
    monkeypatch.setattr(os, "execve", become)
    return seen


@pytest.mark.skipif(os.name == "nt", reason="there the app is a process below")
def test_run_with_a_name_fetches_it_first(started: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]) -> None:
    app = str(glassbox.ROOT / "app.py")
    add = ("-m", "models.terminal", "add")

    def begun(*arguments: str) -> list[tuple[str, ...]]:
        started.clear()
        with pytest.raises(SystemExit):
            raise SystemExit(glassbox.run([*arguments]))
        return started

    two = begun("--with", "gemma-3-270m", "all-minilm-l6-v2", "--yes")
    assert two == [(*add, "gemma-3-270m", "all-minilm-l6-v2", "--yes"), (app, "gemma-3-270m all-minilm-l6-v2")]
    assert begun("--with", "a,b", "--with", "c") == [(*add, "a", "b", "c"), (app, "a b c")]
    assert begun("--with", "nonsense") == [(*add, "nonsense")]
    assert "--with" not in capsys.readouterr().out
    assert begun() == [(app, "")] and "--with" in capsys.readouterr().out


def test_add_list_and_remove_are_passed_on(started: list[tuple[str, ...]]) -> None:
    for command in (["add", "a", "--yes"], ["list"], ["remove", "a"]):
        assert glassbox.COMMANDS[command[0]](command[1:]) == 0
        assert started.pop() == ("-m", "models.terminal", *command)


def test_each_real_model_is_a_whole_row() -> None:
    for entry in real.REAL:
        assert isinstance(entry, Entry) and entry.packages and entry.hub and entry.terms.startswith("https://")
        assert entry.can and entry.languages and entry.licence and entry.parameters and entry.bytes
        for wheel in entry.packages.wheels:
            assert len(wheel.sha256) == 64 and wheel.bytes > 0 and wheel.files
            assert not any(".py" in file or ".." in file or file.startswith("/") for file in wheel.files)
        names = [file.rpartition("/")[2] for wheel in entry.packages.wheels for file in wheel.files]
        assert len(set(names)) == len(names)
