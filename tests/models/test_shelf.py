"""The cache of models: bounded by weight, one reading for many, and what is in use is never dropped."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar
from weakref import WeakSet

import pytest

from models.refusal import Refusal
from models.shelf import Shelf


class Thing:
    """What a shelf of this test holds; how many are alive can be counted."""

    alive: ClassVar[WeakSet[Thing]] = WeakSet()

    def __init__(self, name: str):
        self.name = name
        Thing.alive.add(self)


class Folders:
    """A shelf of three units of room, each thing one unit; reading takes a moment and is counted."""

    def __init__(self, root: Path):
        self.root, self.reads = root, Counter[str]()
        self.shelf: Shelf[Thing] = Shelf(self.find, self.read, lambda thing: 1, lambda: 3)

    def find(self, name: str | Path) -> Path:
        if name == "broken":
            raise Refusal("broken_model", model=name)
        (self.root / str(name)).mkdir(exist_ok=True)
        return self.root / str(name)

    def read(self, name: str, folder: Path) -> Thing:
        time.sleep(0.01)
        self.reads[name] += 1
        return Thing(name)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def test_many_waiters_get_one_reading(folders: Folders) -> None:
    start = threading.Barrier(16)

    def ask(i: int) -> Thing:
        start.wait()
        return folders.shelf.get("ab"[i % 2])

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(ask, range(16)))
    assert folders.reads == {"a": 1, "b": 1} and len(set(map(id, found))) == 2


def test_waiters_of_one_name_do_not_keep_another_waiting(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go = threading.Event(), threading.Event()
    read = folders.shelf.read

    def slow(name: str, folder: Path) -> Thing:
        if name == "slow":
            reading.set()
            assert go.wait(10)
        return read(name, folder)

    monkeypatch.setattr(folders.shelf, "read", slow)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(folders.shelf.get, "slow")
        assert reading.wait(10)
        assert folders.shelf.get("fast").name == "fast"
        go.set()
        assert late.result(10).name == "slow"


def test_the_least_recently_used_leaves_first(folders: Folders) -> None:
    for name in "abcad":
        folders.shelf.get(name)
    assert list(folders.shelf.things) == ["c", "a", "d"]


def test_what_is_in_use_stays_and_leaves_when_its_use_ends(folders: Folders) -> None:
    with folders.shelf.hold("a") as first, folders.shelf.hold("b"):
        for name in "cdefg":
            folders.shelf.get(name)
        assert folders.shelf.get("a") is first
        with folders.shelf.hold("c"), folders.shelf.hold("d"):
            assert folders.shelf.weight() == 4  # more than there is room for, while all four are in use
        assert folders.shelf.weight() == 3
    assert folders.reads["a"] == folders.reads["b"] == 1


def test_one_held_twice_stays_until_both_let_go(folders: Folders) -> None:
    with folders.shelf.hold("a") as first:
        with folders.shelf.hold("a"):
            pass
        for name in "bcd":
            folders.shelf.get(name)
        assert folders.shelf.get("a") is first
    assert not folders.shelf.held


def test_one_that_is_read_anew_while_in_use_is_counted_until_it_is_let_go(folders: Folders) -> None:
    with folders.shelf.hold("a") as old:
        (folders.root / "a" / "new weights").touch()
        assert folders.shelf.get("a") is not old
        assert folders.shelf.weight() == 2
    assert folders.shelf.weight() == 1


def test_a_use_that_fails_lets_go(folders: Folders) -> None:
    with pytest.raises(ZeroDivisionError), folders.shelf.hold("a"):
        raise ZeroDivisionError
    with pytest.raises(Refusal), folders.shelf.hold("broken"):
        pass
    assert not folders.shelf.held and list(folders.shelf.things) == ["a"]


def test_a_generator_left_half_way_lets_go(folders: Folders) -> None:
    def use() -> Iterator[str]:
        with folders.shelf.hold("a") as thing:
            yield thing.name

    half = use()
    next(half)
    assert folders.shelf.held
    loop = [half]
    loop.append(loop)  # type: ignore[arg-type]  # nothing but the garbage collector can clear it away
    del half, loop
    with folders.shelf.guard:  # as when Python collects garbage while this very thread is at the shelf
        gc.collect()
    assert not folders.shelf.held


def test_one_heavier_than_all_the_room_is_kept_alone(folders: Folders) -> None:
    folders.shelf.get("a")
    folders.shelf.weigh = lambda thing: 10
    folders.shelf.get("large")
    folders.shelf.get("large")
    assert list(folders.shelf.things) == ["large"] and folders.reads["large"] == 1


def test_what_lives_is_what_is_counted_under_many_users(folders: Folders) -> None:
    Thing.alive.clear()
    wrong: list[str] = []

    def use(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(30):
            name = dice.choice("abcdefgh")
            with folders.shelf.hold(name) as thing:
                time.sleep(dice.random() / 500)
                if folders.shelf.get(name) is not thing:
                    wrong.append(name)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(use, range(6)))
    assert not wrong and not folders.shelf.held
    assert folders.shelf.weight() <= 3
    gc.collect()
    assert len(Thing.alive) == len(folders.shelf.things)
