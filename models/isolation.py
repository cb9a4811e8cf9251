"""A model computes the same whatever the program around it has set, and leaves that as it was.

A notebook may be inside `torch.autocast`, want float64 by default, or have given torch all its threads; such settings
hold for a thread or for the whole process, and would change a model's numbers without a word.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from . import forks, place

SMALLEST, ONE = 5e-324, 1.0  # their product is 0 where the processor takes such small numbers for nothing


@dataclass(frozen=True)
class Setting:
    """Something that torch is set to: how to read it, how to write it, and what it is while a model computes."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]
    ours: Callable[[], Any]

    def change(self) -> Callable[[], Any] | None:
        """Makes it ours and returns what puts it back; None where it is ours already."""
        theirs, ours = self.read(), self.ours()
        if theirs == ours:
            return None
        self.write(ours)
        return lambda: self.write(theirs)


def precision_of(part: Any) -> Setting:
    """How many digits a part of torch keeps of a float32 in a product; what was never set keeps all."""

    def read() -> str:
        return "ieee" if part.fp32_precision == "none" else str(part.fp32_precision)

    return Setting(read, lambda value: setattr(part, "fp32_precision", value), lambda: "ieee")


def precisions() -> list[Setting]:
    """Of all the parts that compute here."""
    if not hasattr(torch.backends, "fp32_precision"):  # before torch 2.9
        return [Setting(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, lambda: "highest")]
    cpu, cuda, cudnn = torch.backends.mkldnn, torch.backends.cuda, torch.backends.cudnn
    parts = (cuda.matmul, cudnn.conv, cudnn.rnn) if place.device().type == "cuda" else (cpu.matmul, cpu.conv, cpu.rnn)
    return [precision_of(part) for part in parts]


SHARED = (  # by all threads
    Setting(torch.get_default_dtype, torch.set_default_dtype, lambda: torch.float32),
    Setting(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, lambda: 0),
)
OWN = (  # each thread has its own
    Setting(torch.get_num_threads, torch.set_num_threads, place.threads),
    Setting(lambda: SMALLEST * ONE == 0, torch.set_flush_denormal, lambda: False),
)


class Shared:
    """Something that all threads share: the first who enters changes it, the last who leaves puts it back.

    change: makes the change, and leaves in a stack what puts things back.
    """

    def __init__(self, change: Callable[[ExitStack], None]):
        self.change = change
        self.lock = forks.watched(threading.Lock(), forks.LAST)
        self.inside = 0
        self.back = ExitStack()

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.change(self.back)
            self.inside += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.back.close()


def make_ours(settings: Iterable[Setting], back: ExitStack) -> None:
    """Changes settings, and leaves in a stack what puts them back."""
    for setting in settings:
        undo = setting.change()
        if undo:
            back.callback(undo)


shared = Shared(lambda back: make_ours((*SHARED, *precisions()), back))


@contextmanager
def isolated(inference: bool = True) -> Iterator[None]:
    """Around everything that a model computes. inference: without what training needs; False where a model is made."""
    place.note_work()
    with shared, ExitStack() as stack:
        make_ours(OWN, stack)
        stack.enter_context(torch.inference_mode(inference))
        for kind in {"cpu", place.device().type}:
            stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device() != torch.device("cpu"):
            stack.enter_context(torch.device("cpu"))
        yield


@contextmanager
def unseeded() -> Iterator[None]:
    """Around what draws random numbers on its way, such as first weights: what is drawn after it is as without it."""
    with torch.random.fork_rng(devices=[]):
        yield
