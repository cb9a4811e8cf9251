"""Where models run and in which numbers, chosen once; the only file that knows of GPUs."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


@cache
def device() -> torch.device:
    """The first CUDA device, else the CPU.

    On a CPU two threads and one request at a time serve many users best, so no more are taken unless the host says so.
    """
    if torch.cuda.is_available():
        return torch.device("cuda")
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(2, os.cpu_count() or 1))
    return torch.device("cpu")


def dtype() -> torch.dtype:
    """float32: what is shown as a number was computed as one."""
    return torch.float32


def free_memory() -> int:
    """Bytes that are free where models run."""
    if device().type == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    return int(min(_host_memory(), _container_memory()))


def _host_memory() -> int:
    if MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2  # no count of the free ones, as on macOS


def _container_memory() -> float:
    """What the container's limit (cgroup 2) leaves; infinite where there is none."""
    try:
        most, used = ((CGROUP / name).read_text().strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return float("inf")
    return float("inf") if most == "max" else int(most) - int(used)
