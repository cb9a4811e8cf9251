"""The training loop that the recipes share: loss, gradient, update; it saves as it goes and takes up where it was."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from .average import Average
from .optim import Optimizers, falling, optimizers
from .progress import Progress
from .read import Averaged, mark

WEIGHTS = Path(__file__).parents[1] / "weights"
M = TypeVar("M", bound=PreTrainedModel)


@contextmanager
def at_rest(model: nn.Module) -> Iterator[None]:
    """A model without dropout and gradients, for the length of a `with`; afterwards it is as it was."""
    was = model.training
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.train(was)


def tell_nobody(model: PreTrainedModel, step: int) -> None:
    """Where nobody waits for a run's weights before its end."""


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes the model as float16 safetensors, half the size at a rounding far below the model's own errors."""
    copy.deepcopy(model).eval().cpu().half().save_pretrained(out)
    tokenizer.save_pretrained(out)


def reread(kind: type[M], folder: Path) -> M:
    """The weights of a folder as they are read again, rounded to float16: what a card says is true of these."""
    return kind.from_pretrained(folder, dtype=torch.float32, local_files_only=True)


@dataclass
class Run:
    """One training run.

    loss: step -> the loss to lessen, a function of the step alone. report: what to print when the model is saved.
    tokens: read in a step. rate: (step, steps) -> the learning rate's factor; peaks: what it is a factor of, as in
    `optimizers`. work: where checkpoints go, after every `save_every` steps or `save_seconds`. updates: (model, peaks)
    -> the optimizers. mark: of what the run is made, kept in its checkpoints: another run's are refused (ValueError).
    seconds: it ends by then, its learning rate with it. average: the share of the run at whose end the weights are
    averaged. stopped: whether somebody wants it to end now. kept: called when a checkpoint was written, with the model
    as it would be shipped and the steps that it has made.
    """

    name: str
    model: PreTrainedModel
    loss: Callable[[int], Tensor]
    report: Callable[[PreTrainedModel], str]
    steps: int
    tokens: int
    work: Path
    seed: int = 1
    rate: Callable[[float, float], float] = falling
    peaks: tuple[float, float] = (0.02, 0.003)
    save_every: int = 200
    save_seconds: float = math.inf
    updates: Callable[[PreTrainedModel, tuple[float, float]], Optimizers] = optimizers
    mark: str = ""
    seconds: float = math.inf
    average: float = 0.0
    stopped: Callable[[], bool] = bool
    kept: Callable[[PreTrainedModel, int], None] = tell_nobody

    def go(self) -> int:
        """Trains to the end, from the checkpoint in `work` if it holds one; leaves the weights to ship in the model.

        Returns the steps that the run has made in all: fewer than `steps` if its time was over or it was stopped.
        """
        pairs = self.updates(self.model, self.peaks)
        self.mean = Average(self.model, self.average)
        first, progress = self.resume(pairs)
        self.progress = Progress(self.steps, self.seconds, first, progress)
        self.model.train()
        step, began = first, time.monotonic()
        while step < self.steps and not self.progress.over(step) and not self.stopped():
            loss = self.update(step, pairs)
            step += 1
            self.mean.take(step)
            if step % 25 == 0 or step == self.steps:
                speed = (step - first) * self.tokens / (time.monotonic() - began)
                said = f"loss {self.finite(step, loss):.3f} {speed:.0f} tokens/s"
                print(f"{self.name} step {step}/{self.steps} {said}", flush=True)
            if step < self.steps and self.due(step):
                self.keep(step, loss, pairs)
        if step > first:
            self.keep(step, loss, pairs)
        self.mean.put()
        return step

    def due(self, step: int) -> bool:
        """Whether a checkpoint is to be written."""
        return step % self.save_every == 0 or time.monotonic() - self.progress.saved > self.save_seconds

    def update(self, step: int, pairs: Optimizers) -> Tensor:
        """One step; returns its loss."""
        steps = self.progress.expected(step)
        for optimizer, peak in pairs:
            optimizer.param_groups[0]["lr"] = peak * self.rate(step, steps)
        torch.manual_seed(self.seed * 1_000_003 + step)  # dropout, too, is a function of the step
        loss = self.loss(step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer, _ in pairs:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def finite(self, step: int, loss: Tensor) -> float:
        """The loss as a number; to ask for it at each step would keep a GPU waiting. Raises ArithmeticError."""
        if not math.isfinite(loss.item()):
            raise ArithmeticError(f"{self.name}: the loss of step {step} is {loss.item()}")
        return loss.item()

    def keep(self, step: int, loss: Tensor, pairs: Optimizers) -> None:
        """Writes a checkpoint and tells of the model as it would be shipped."""
        self.finite(step, loss)
        self.save(step, pairs)
        with self.mean.shown():
            self.kept(self.model, step)
            print(f"{self.name} step {step}: {self.report(self.model)}", flush=True)
        self.progress.saved = time.monotonic()

    def save(self, step: int, pairs: Optimizers) -> None:
        """Writes a checkpoint, all of it or nothing."""
        self.work.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o, _ in pairs],
            "average": self.mean.tensors,
            "step": step,
            "progress": self.progress.at(step),
            "mark": self.mark,
        }
        torch.save(state, self.work / "checkpoint.tmp")
        (self.work / "checkpoint.tmp").replace(self.work / "checkpoint.pt")

    def resume(self, pairs: Optimizers) -> tuple[int, float]:
        """Takes model and optimizers from the checkpoint, if there is one; returns the first step that is left, and the
        share of the run that is behind it."""
        checkpoint = self.work / "checkpoint.pt"
        if not checkpoint.exists():
            return 0, 0.0
        # On the CPU: the optimizers move to the GPU what belongs there, and AdamW's count of steps does not.
        state = torch.load(checkpoint, weights_only=True, map_location="cpu")
        if state.get("mark", self.mark) != self.mark:
            raise ValueError(f"{checkpoint} is another run's ({state['mark']}, not {self.mark}): name another --work")
        self.model.load_state_dict(state["model"])
        for (optimizer, _), saved in zip(pairs, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.mean.restore(state.get("average", []))
        return int(state["step"]), float(state.get("progress", 0.0))


def go(
    recipe: Averaged,
    model: PreTrainedModel,
    loss: Callable[[int], Tensor],
    report: Callable[[Any], str],
    steps: int,
    tokens: int,
    work: Path,
    **more: Any,
) -> int:
    """One training run of a recipe, under its name, seed, mark and average; for the rest see `Run`."""
    more = {"average": recipe.average, "mark": mark(recipe), **more}
    return Run(recipe.name, model, loss, report, steps, tokens, work, recipe.seed, **more).go()
