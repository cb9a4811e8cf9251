"""glassbox.py without a network: when .venv is made anew, and what in the environment would lead pip astray."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import glassbox

Calls = list[tuple[str, ...]]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """A folder with an empty requirements file, where making .venv and installing only leave a note here."""
    made: Calls = []
    python = tmp_path / ".venv" / "bin" / "python"

    def call(*command: str | Path, **more: str) -> int:
        made.append(tuple(str(part) for part in command))
        if "venv" in made[-1]:
            shutil.rmtree(tmp_path / ".venv", ignore_errors="--clear" in made[-1])
            python.parent.mkdir(parents=True, exist_ok=True)
            python.unlink(missing_ok=True)
            python.symlink_to(sys.executable)
        return 0

    (tmp_path / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr(glassbox, "ROOT", tmp_path)
    monkeypatch.setattr(glassbox, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(glassbox, "PYTHON", python)
    monkeypatch.setattr(glassbox, "call", call)
    return made


def made_anew(calls: Calls) -> bool:
    return any("--clear" in command for command in calls)


def installed(calls: Calls) -> bool:
    return any("install" in command for command in calls)


def test_the_second_time_nothing_is_done(calls: Calls) -> None:
    glassbox.ensure("requirements.txt")
    assert made_anew(calls) and installed(calls)
    calls.clear()
    glassbox.ensure("requirements.txt")
    assert not calls


def rename_python(text: str) -> str:
    return text.replace("cpython-", "cpython-2")


def move_python(text: str) -> str:
    return text + "-moved"


@pytest.mark.parametrize("change", [rename_python, move_python])
def test_another_python_under_it_makes_it_anew(calls: Calls, change: Callable[[str], str]) -> None:
    """As an upgrade leaves it: .venv's Python runs, and what was installed is another one's."""
    glassbox.ensure("requirements.txt")
    stamp = glassbox.VENV / "requirements.txt.stamp"
    stamp.write_text(change(stamp.read_text(encoding="utf-8")), encoding="utf-8")
    calls.clear()
    glassbox.ensure("requirements.txt")
    assert made_anew(calls) and installed(calls)


def test_a_python_that_is_gone_makes_it_anew(calls: Calls) -> None:
    glassbox.ensure("requirements.txt")
    glassbox.PYTHON.unlink()
    glassbox.PYTHON.symlink_to("/nowhere/python3")
    calls.clear()
    glassbox.ensure("requirements.txt")
    assert made_anew(calls) and installed(calls)


def test_another_list_of_packages_keeps_it(calls: Calls) -> None:
    glassbox.ensure("requirements.txt")
    (glassbox.ROOT / "requirements.txt").write_text("# other\n", encoding="utf-8")
    calls.clear()
    glassbox.ensure("requirements.txt")
    assert not made_anew(calls) and installed(calls)


def test_packages_that_went_elsewhere_are_said(calls: Calls) -> None:
    (glassbox.ROOT / "requirements.txt").write_text("no-such-package==1\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"pip put requirements\.txt elsewhere than into \.venv"):
        glassbox.ensure("requirements.txt")
    assert not list(glassbox.VENV.glob("*.stamp"))


def test_a_folder_that_cannot_be_written_is_one_sentence(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glassbox, "can_write", lambda: False)
    with pytest.raises(SystemExit, match=r"cannot be written, so \.venv"):
        glassbox.ensure("requirements.txt")
    assert not calls


def test_whether_a_folder_can_be_written(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    assert glassbox.can_write()
    monkeypatch.setattr(glassbox, "ROOT", glassbox.ROOT / "gone")
    assert not glassbox.can_write()


def test_nothing_in_the_environment_leads_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    for name in (*glassbox.ASTRAY, "PIP_INDEX_URL"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setitem(glassbox.COMMANDS, "setup", lambda rest: seen.update(os.environ) or 0)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert glassbox.main(["setup"]) == 0
        assert signal.getsignal(signal.SIGTERM) not in (signal.SIG_DFL, handler)
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert not set(glassbox.ASTRAY) - {"PIP_USER"} & set(seen)
    assert (seen["PIP_USER"], seen["PIP_INDEX_URL"]) == ("0", "1")


def test_a_signal_ends_it_also_as_process_1(tmp_path: Path) -> None:
    """Process 1 ignores what it does not handle, as this one does: also while it waits for pip."""
    code = f"""
import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); sys.path.insert(0, {str(glassbox.ROOT)!r})
import glassbox, subprocess
glassbox.COMMANDS["setup"] = lambda rest: print("here", flush=True) or subprocess.call(["sleep", "60"])
sys.exit(glassbox.main(["setup"]))
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout and process.stdout.readline() == b"here\n"
    began = time.monotonic()
    process.terminate()
    assert process.wait(20) == 143 and time.monotonic() - began < 20
