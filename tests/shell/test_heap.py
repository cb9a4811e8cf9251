"""What the C library is asked for, and that an app without glibc goes without."""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import pytest

from explainers.shell import heap


class Library:
    """Writes down what it is asked for."""

    def __init__(self) -> None:
        self.options: list[tuple[int, int]] = []
        self.trims = 0
        self.trimmed = threading.Event()

    def mallopt(self, option: int, value: int) -> int:
        self.options.append((option, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.trims += pad == 0
        if self.trims > 1:
            self.trimmed.set()
            threading.Event().wait()  # the thread has done enough
        return 1


def test_two_heaps_and_a_trim_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    trimmer = heap.settle(every=0.01)
    assert trimmer and trimmer.daemon and library.options == [(-8, 2)]
    assert library.trimmed.wait(20)


@pytest.mark.parametrize("found", [object(), TypeError("no library without a name"), OSError("none")])
def test_without_glibc_nothing_is_asked_for(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def library(name: Any) -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(ctypes, "CDLL", library)
    assert heap.settle() is None
