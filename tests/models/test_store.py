"""The store: what is kept is whole, one makes it while others wait, and it works where there are no locks."""

from __future__ import annotations

import errno
import os
import socket
import threading
from pathlib import Path

import pytest

from models import store


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path / "a store"))
    return tmp_path / "a store"


def fill(folder: Path) -> None:
    (folder / "file").write_text("whole", encoding="utf-8")


def test_a_thing_is_made_once_and_what_failed_is_gone_on_with(own: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError):
        store.make("thing", fail)
    assert store.kept("thing") is None and (own / "thing.part" / "half").exists()
    found: list[bool] = []

    def look(folder: Path) -> None:
        found.append((folder / "half").exists())
        fill(folder)

    store.make("thing", look)
    assert found == [True] and store.kept("thing") == own / "thing"
    assert store.make("thing", fail) == own / "thing"


def test_of_two_one_waits_and_says_so() -> None:
    began, go_on = threading.Event(), threading.Event()
    said: list[str] = []

    def build(folder: Path) -> None:
        began.set()
        assert go_on.wait(10)
        fill(folder)

    first = threading.Thread(target=store.make, args=("thing", build))
    first.start()
    assert began.wait(10)

    def wait() -> None:
        said.append("waits")
        go_on.set()

    second = threading.Thread(target=store.make, args=("thing", pytest.fail, wait))
    second.start()
    for thread in (first, second):
        thread.join(10)
    assert said == ["waits"] and store.kept("thing")


def test_what_is_removed_is_gone_with_all_that_was_left_of_it(own: Path) -> None:
    assert not store.remove("thing")
    store.make("thing", fill)
    (own / "thing.part").mkdir()
    (own / "thing.gone").mkdir()  # of a removal that was interrupted
    assert store.remove("thing") and list(own.iterdir()) == []


def test_a_store_that_nobody_may_look_into_holds_nothing(monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    own.write_text("a file", encoding="utf-8")
    assert store.kept("thing") is None
    monkeypatch.setattr(store, "root", lambda: Path("\0"))
    assert store.kept("thing") is None


@pytest.mark.skipif(os.name == "nt", reason="Windows' locks are others")
@pytest.mark.parametrize("wrong", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_a_file_system_without_locks_will_do(own: Path, monkeypatch: pytest.MonkeyPatch, wrong: int) -> None:
    import fcntl

    def flock(*_: object) -> None:
        raise OSError(wrong, os.strerror(wrong))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert (store.make("thing", fill) / "file").read_text(encoding="utf-8") == "whole"
    assert not (own / "thing.held").exists()
    (own / "other.held").write_text(
        f"{2**22 + 1}\n{socket.gethostname()}\n", encoding="utf-8"
    )  # of one that was killed
    assert store.make("other", fill) and store.remove("other")
