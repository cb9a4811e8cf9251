"""How much memory is free, on every system."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

import pytest

UNLIMITED = float("inf")


class Kernel:
    """Windows' own, with 3 GB free of 8."""

    def __init__(self, answers: bool):
        self.answers = answers

    def GlobalMemoryStatusEx(self, pointer: Any) -> int:
        status = pointer._obj
        assert status.length == ctypes.sizeof(status) == 64
        status.all_physical, status.free_physical, status.free_extended = 8 * 10**9, 3 * 10**9, 1
        return int(self.answers)


class Windows:
    def __init__(self, answers: bool = True):
        self.kernel32 = Kernel(answers)


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No /proc, no container, a CPU; the folder that stands for the container's."""
    import torch

    from models import place

    monkeypatch.setattr(place, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(place, "CGROUP", tmp_path)
    monkeypatch.setattr(place, "device", lambda: torch.device("cpu"))
    return tmp_path


def free() -> float:
    from models import place

    return place.free_memory()


def test_linux_says_what_is_available(bare: Path) -> None:
    (bare / "meminfo").write_text("MemTotal:  9000 kB\nMemAvailable:    5000 kB\nHugePages_Total: 0\n")
    assert free() == 5000 * 1024


def test_a_mac_has_half_of_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.__getitem__, raising=False)
    assert free() == 1000 * 4096 / 2


def test_windows_has_no_sysconf_and_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.setattr(ctypes, "windll", Windows(), raising=False)
    assert free() == 3 * 10**9
    monkeypatch.setattr(ctypes, "windll", Windows(answers=False))
    assert free() == UNLIMITED


def test_a_system_that_says_nothing_sets_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from models import hub

    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.delattr(ctypes, "windll", raising=False)
    monkeypatch.delenv("GLASSBOX_MAX_GB", raising=False)
    assert free() == UNLIMITED
    hub.check_room("some/model", 10**12)


def test_idle_pages_of_files_do_not_fill_a_container(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.delattr(ctypes, "windll", raising=False)
    (bare / "memory.max").write_text("1000\n")
    (bare / "memory.current").write_text("900\n")
    assert free() == 100
    (bare / "memory.stat").write_text("anon 250\nfile 650\nactive_file 50\ninactive_file 600\n")
    assert free() == 700
    (bare / "memory.max").write_text("max\n")
    assert free() == UNLIMITED
