"""How far a run has come, and how its weights are packed: without torch."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from models.recipes.parcels import pack, parcels
from models.recipes.progress import Progress


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_limit_a_run_goes_by_its_steps() -> None:
    progress = Progress(200)
    assert [progress.at(step) for step in (0, 50, 200)] == [0, 0.25, 1]
    assert progress.expected(0) == progress.expected(50) == 200
    assert progress.over(200) and not progress.over(199)


def test_a_run_that_would_take_too_long_ends_with_its_time() -> None:
    clock = Clock()
    progress = Progress(10_000, 60.0, now=clock)
    assert progress.expected(0) == 10_000
    clock.now = 15.0
    assert progress.at(100) == 0.25 and progress.expected(100) == 400  # so many steps will have fitted
    assert progress.at(9_000) == 0.9 and progress.expected(9_000) == 10_000  # ahead of its time
    clock.now = 60.0
    assert progress.over(400) and progress.at(400) == 1


def test_a_run_that_goes_on_fits_what_is_left_into_its_new_time() -> None:
    clock = Clock()
    progress = Progress(10_000, 100.0, first=400, before=0.5, now=clock)
    assert progress.at(400) == 0.5
    clock.now = 50.0
    assert progress.at(600) == pytest.approx(0.75)
    clock.now = 100.0
    assert progress.over(800)


def test_weights_are_packed_into_few_files(tmp_path: Path) -> None:
    assert parcels({"a": 5, "b": 4, "c": 3, "d": 9}, 8) == [["d"], ["a", "c"], ["b"]]
    for name, size in (("one", 600), ("two", 500), ("three", 300), ("half.new", 100)):
        (tmp_path / "weights" / name).mkdir(parents=True)
        (tmp_path / "weights" / name / "model.safetensors").write_bytes(bytes(size))
    made = pack(tmp_path / "weights", tmp_path, most=1000)
    names = [sorted(zipfile.ZipFile(path).namelist()) for path in made]
    assert names == [["one/model.safetensors", "three/model.safetensors"], ["two/model.safetensors"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["weights", "weights-0.zip", "weights-1.zip"]
    assert pack(tmp_path / "none", tmp_path) == []
