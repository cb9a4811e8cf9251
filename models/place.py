"""Where models run and in which numbers, chosen once; the only file that knows of GPUs."""

from __future__ import annotations

import ctypes
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

import hosting
from hosting.setting import BadSetting

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


@cache
def device() -> torch.device:
    """The first CUDA device, else the CPU. A process made by fork cannot use the CUDA of the one that made it."""
    return torch.device("cuda" if torch.cuda.is_available() and not state.forked else "cpu")


def threads() -> int:
    """How many threads a model computes with on a CPU (OMP_NUM_THREADS).

    Two threads and one request at a time serve many users best, so no more are taken unless the host says so. After a
    fork there is but one: the others stayed behind, and torch would wait for them for ever.
    """
    if state.forked:
        return 1
    try:
        said = hosting.OMP_NUM_THREADS.read()
    except BadSetting:  # the app has said so and not started; a notebook goes on
        said = None
    return said or min(2, os.cpu_count() or 1)


@dataclass
class State:
    """Of this process. worked: a model has computed in it, or in the one it was forked from. forked: in that one."""

    worked: bool = False
    forked: bool = False


state = State()


def note_work() -> None:
    """Says that a model computes now."""
    state.worked = True


def _in_child() -> None:
    if state.worked:
        state.forked = True
        device.cache_clear()
        torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def dtype() -> torch.dtype:
    """float32: what is shown as a number was computed as one."""
    return torch.float32


def free_memory() -> float:
    """Bytes that are free where models run; infinite where the system does not say."""
    if device().type == "cuda":
        return float(torch.cuda.mem_get_info()[0])
    return min(_host_memory(), _container_memory())


def _host_memory() -> float:
    free = re.search(r"MemAvailable:\s*(\d+)", MEMINFO.read_text()) if MEMINFO.is_file() else None
    if free:
        return float(free[1]) * 1024
    if hasattr(ctypes, "windll"):
        return _windows_memory(ctypes.windll.kernel32)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2  # no count of the free ones, as on macOS
    except (AttributeError, ValueError, OSError):  # a system without the call, or without these names
        return float("inf")


class MemoryStatus(ctypes.Structure):
    """Windows' MEMORYSTATUSEX; its caller must write its size into `length`."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *(
            (f"{state}_{kind}", ctypes.c_uint64)
            for kind in ("physical", "file", "virtual")
            for state in ("all", "free")
        ),
        ("free_extended", ctypes.c_uint64),
    )


def _windows_memory(kernel: Any) -> float:
    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    return float(status.free_physical) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else float("inf")


def _container_memory() -> float:
    """What the container's limit (cgroup 2) leaves; infinite where there is none.

    Pages of files count as used, yet the kernel gives up those that lie idle, such as a model's just downloaded.
    """
    try:
        most, used = ((CGROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return float("inf")
    return float("inf") if most == "max" else float(int(most) - int(used) + _idle_pages())


def _idle_pages() -> int:
    """Bytes of files that the container's kernel keeps in memory and has not read again."""
    try:
        found = re.search(r"^inactive_file (\d+)$", (CGROUP / "memory.stat").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0
