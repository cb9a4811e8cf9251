"""Whatever a notebook has set changes no number, and no trace changes it; what is forked after a trace answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread
from typing import Any

import huggingface_hub.utils as hub
import numpy as np
import pytest
import torch
import transformers

import models
from models import place
from models.load import Loaded, _models, load

pytestmark = pytest.mark.weights

IDS = (3, 7, 11, 5)
logging = transformers.utils.logging


@contextmanager
def changed(read: Callable[[], Any], write: Callable[[Any], Any], value: Any) -> Iterator[None]:
    before = read()
    write(value)
    try:
        yield
    finally:
        write(before)


def dtype(value: torch.dtype) -> AbstractContextManager[None]:
    return changed(torch.get_default_dtype, torch.set_default_dtype, value)


SETTINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "float64": lambda: dtype(torch.float64),
    "bfloat16": lambda: dtype(torch.bfloat16),
    "float16": lambda: dtype(torch.float16),
    "device": lambda: torch.device("meta"),
    "threads": lambda: changed(torch.get_num_threads, torch.set_num_threads, 7),
    "no_grad": torch.no_grad,
    "grad": torch.enable_grad,
    "inference": torch.inference_mode,
    "deterministic": lambda: changed(torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode, 2),
    "precision": lambda: changed(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "medium"),
    "denormal": lambda: changed(lambda: False, torch.set_flush_denormal, True),
    "numpy": lambda: np.errstate(all="raise"),
    "verbosity": lambda: changed(logging.get_verbosity, logging.set_verbosity, logging.DEBUG),
    "hub": lambda: changed(hub.logging.get_verbosity, hub.logging.set_verbosity, hub.logging.DEBUG),
}


def state() -> dict[str, Any]:
    """All that a program may have set, as it is now."""
    return {
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "threads": torch.get_num_threads(),
        "modes": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")),
        "deterministic": torch.get_deterministic_debug_mode(),
        "precision": torch.backends.mkldnn.matmul.fp32_precision,
        "denormal": float(np.float32(1e-40) * np.float32(1)) == 0,
        "seeds": (torch.initial_seed(), random.getstate(), str(np.random.get_state())),
        "drawn": torch.random.get_rng_state().tolist(),
        "loud": (logging.get_verbosity(), hub.logging.get_verbosity()),
        "bars": (logging.is_progress_bar_enabled(), hub.are_progress_bars_disabled()),
        "numpy": np.geterr(),
    }


@pytest.fixture(scope="module", params=["gpt", "lstm"])
def model(request: pytest.FixtureRequest, make_model: Callable[..., Path]) -> Path:
    return make_model(request.param)


def numbers(folder: Path) -> list[np.ndarray]:
    """What each way through a model gives."""
    run = models.forward(folder, IDS, attention="attention" in load(folder).can)
    written = [logits for _, logits in models.write(folder, IDS, lambda logits, step: int(logits.argmax()), 3)]
    both = models.last_logits(folder, [IDS, IDS[:2]])
    maps = [] if run.attention is None else [run.attention]
    return [run.logits, run.embeddings, *maps, *written, both, models.table(folder)]


@pytest.mark.parametrize("name", SETTINGS)
def test_what_is_set_changes_no_number_and_is_left_as_it_was(
    model: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    plain = numbers(model)
    _models.things.pop(str(model))  # so that it is read anew, under what is set
    capfd.readouterr()
    with SETTINGS[name]():
        before = state()
        found = numbers(model)
        assert state() == before
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
    assert capfd.readouterr() == ("", "")
    assert not any(values.is_inference() for values in load(model).model.parameters())


def test_two_threads_put_back_what_was_set(tiny: Path) -> None:
    plain = numbers(tiny)
    found: list[list[np.ndarray]] = []
    with dtype(torch.float64):
        threads = [Thread(target=lambda: found.extend(numbers(tiny) for _ in range(5))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert torch.get_default_dtype() is torch.float64
    assert len(found) == 15
    for each in found:
        for one, other in zip(each, plain, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("said", "counts"), [("3", {3}), (" 4,2", {4}), ("", {1, 2}), ("many", {1, 2}), ("0", {1, 2})])
def test_threads_are_those_of_the_setting(said: str, counts: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert place.threads() in counts


def in_child(folder: Path) -> tuple[int, list[np.ndarray]]:
    return torch.get_num_threads(), numbers(folder)


def test_a_pool_made_by_fork_after_a_trace_answers(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more than one thread at work before, and with locks that others hold at that moment."""
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    ids = IDS * 12
    torch.ones(700, 700) @ torch.ones(700, 700)
    plain, held = numbers(tiny), load(tiny)
    models.forward(tiny, ids)
    with held_by_another(held):
        pool = get_context("fork").Pool(2)
    try:
        for threads, found in pool.map_async(in_child, [tiny] * 2).get(60):
            assert threads == 1
            for one, other in zip(found, plain, strict=True):
                np.testing.assert_allclose(one, other, atol=1e-5)
    finally:
        pool.terminate()


@contextmanager
def held_by_another(held: Loaded) -> Iterator[None]:
    """A thread takes a model's lock and gives it back a moment later."""
    taken = Event()

    def hold() -> None:
        with held.lock:
            taken.set()
            Event().wait(0.3)

    thread = Thread(target=hold)
    thread.start()
    taken.wait()
    yield
    thread.join()
