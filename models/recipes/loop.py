"""The training loop that the recipes share: loss, gradient, update; it saves as it goes and takes up where it was."""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from . import muon as fitting
from .corpus import Text

WEIGHTS = Path(__file__).parents[1] / "weights"
AGAIN = 0.4  # of the highest learning rate, where a second run begins


class Read(Protocol):
    """What every recipe has: a name, where its chance begins, the texts that it reads, how many tokens of them it reads
    unless it is told otherwise, and the folder whose weights it begins from."""

    @property
    def name(self) -> str: ...

    @property
    def seed(self) -> int: ...

    @property
    def texts(self) -> tuple[Text, ...]: ...

    @property
    def tokens(self) -> float: ...

    @property
    def begin(self) -> Path | None: ...


R = TypeVar("R", bound=Read)
M = TypeVar("M", bound=PreTrainedModel)
Optimizers = list[tuple[torch.optim.Optimizer, float]]  # each with its highest learning rate


def optimizers(model: PreTrainedModel, peaks: tuple[float, float] = (0.02, 0.003), decay: float = 0.01) -> Optimizers:
    """Muon for the matrices between layers (https://kellerjordan.github.io/posts/muon), AdamW for everything else.

    peaks: the highest learning rate of each. decay: of the matrices' weights.
    """
    tables = {id(p) for module in model.modules() if isinstance(module, nn.Embedding) for p in module.parameters()}
    matrices = [p for p in model.parameters() if p.ndim == 2 and id(p) not in tables]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        muon(matrices, peaks[0], decay),
        (torch.optim.AdamW(rest, lr=peaks[1], betas=(0.9, 0.95), weight_decay=0.01), peaks[1]),
    ]


def muon(matrices: list[Tensor], peak: float, decay: float = 0.01) -> tuple[torch.optim.Optimizer, float]:
    """Muon for some matrices, and its highest learning rate."""
    return fitting.muon(matrices, peak, decay), peak


def falling(step: int, steps: int) -> float:
    """The learning rate's factor at a step: flat for 40% of the run, then a line down to 1%."""
    return min(1.0, max(0.01, 1 - 0.99 * (step / steps - 0.4) / 0.6))


def again(step: int, steps: int) -> float:
    """The learning rate's factor in a second run: a line that falls from what it was late in the first one."""
    return AGAIN * max(0.01, 1 - step / steps)


def fresh(recipe: R) -> R:
    """The recipe as it is; that of a second run with another seed, so that it reads other rows than the first one."""
    return replace(recipe, seed=recipe.seed + 1) if recipe.begin else recipe  # type: ignore[type-var]


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


def choose(recipes: dict[str, R], about: str) -> tuple[R, argparse.Namespace]:
    """What the command line asks for: the recipe with its begin and teachers, and texts, tokens, out, work and card."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("name", choices=sorted(recipes))
    parser.add_argument("--texts", type=Path, required=True, help="folder that holds the training texts")
    parser.add_argument("--tokens", type=float, help="the dial for size: tokens to train on (default: the recipe's)")
    parser.add_argument("--out", type=Path, help="folder for the weights (default: models/weights/NAME)")
    parser.add_argument(
        "--work", type=Path, help="folder for checkpoints (default: runs/NAME, with --begin runs/NAME-again)"
    )
    parser.add_argument("--begin", type=Path, help="folder with shipped weights to begin from, in place of random ones")
    parser.add_argument(
        "--teachers", type=Path, nargs="+", default=[], help="folders whose models' guesses it learns, too"
    )
    parser.add_argument("--threads", type=int, default=0, help="CPU threads (0: torch decides)")
    parser.add_argument("--card", action="store_true", help="only write the card anew, from weights that are there")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    recipe = recipes[args.name]
    args.tokens = args.tokens or recipe.tokens
    args.out = args.out or WEIGHTS / args.name
    args.work = args.work or Path("runs") / (f"{args.name}-again" if args.begin else args.name)
    if args.teachers and not (args.begin and hasattr(recipe, "teachers")):
        parser.error("--teachers goes with --begin, and only with a model that continues a text")
    if args.begin:
        recipe = replace(recipe, begin=args.begin)  # type: ignore[type-var]  # a protocol cannot say "dataclass"
    if args.teachers:
        recipe = replace(recipe, teachers=tuple(args.teachers))  # type: ignore[type-var]
    return recipe, args


def command(
    recipes: dict[str, R], about: str, train: Callable[..., float], rewrite: Callable[..., float], told: str
) -> None:
    """A recipe's command line: trains the model that is named, or only writes its card anew, and prints its figure.

    train: (recipe, texts, out, work, tokens) -> figure. rewrite: (recipe, texts, out, tokens) -> figure.
    told: what the figure says, with {figure} and {title}, the first text's.
    """
    recipe, args = choose(recipes, about)
    if args.card:
        figure = rewrite(recipe, args.texts, args.out, args.tokens)
    else:
        figure = train(recipe, args.texts, args.out, args.work, args.tokens)
    print(f"{args.name}: {told.format(figure=figure, title=recipe.texts[0].title)}; in {args.out}")


def digest(folder: Path) -> str:
    """The first letters of a folder's weights' SHA-256: tells one model from another of the same name."""
    return sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]


def save(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, out: Path) -> None:
    """Writes the model as float16 safetensors, half the size at a rounding far below the model's own errors."""
    copy.deepcopy(model).eval().half().save_pretrained(out)
    tokenizer.save_pretrained(out)


def reread(kind: type[M], folder: Path) -> M:
    """The weights of a folder as they are read again, rounded to float16: what a card says is true of these."""
    return kind.from_pretrained(folder, dtype=torch.float32, local_files_only=True)


def mark(recipe: Read) -> str:
    """What a run is made of: its checkpoints fit no other."""
    shares = " ".join(f"{text.share:g}" for text in recipe.texts)
    others = [digest(each) for each in (recipe.begin, *getattr(recipe, "teachers", ())) if each]
    return f"{recipe.name}, seed {recipe.seed}, shares {shares}" + (f", from {' '.join(others)}" if others else "")


@dataclass(frozen=True)
class Run:
    """One training run.

    loss: step -> the loss to lessen, a function of the step alone. report: what to print when the model is saved.
    tokens: read in a step. rate: (step, steps) -> the learning rate's factor; peaks: what it is a factor of, as in
    `optimizers`. work: where checkpoints go. updates: (model, peaks) -> the optimizers. mark: of what the run is made,
    kept in its checkpoints: another run's are refused (ValueError).
    """

    name: str
    model: PreTrainedModel
    loss: Callable[[int], Tensor]
    report: Callable[[], str]
    steps: int
    tokens: int
    work: Path
    seed: int = 1
    rate: Callable[[int, int], float] = falling
    peaks: tuple[float, float] = (0.02, 0.003)
    save_every: int = 200
    updates: Callable[[PreTrainedModel, tuple[float, float]], Optimizers] = optimizers
    mark: str = ""

    def go(self) -> None:
        """Trains to the end, from the checkpoint in `work` if it holds one."""
        pairs = self.updates(self.model, self.peaks)
        first = self.resume(pairs)
        self.model.train()
        began = time.monotonic()
        for step in range(first, self.steps):
            loss = self.update(step, pairs)
            done = step + 1
            if done % 25 == 0 or done == self.steps:
                speed = (done - first) * self.tokens / (time.monotonic() - began)
                print(f"{self.name} step {done}/{self.steps} loss {loss:.3f} {speed:.0f} tokens/s", flush=True)
            if done % self.save_every == 0 or done == self.steps:
                self.save(done, pairs)
                print(f"{self.name} step {done}: {self.report()}", flush=True)

    def update(self, step: int, pairs: Optimizers) -> float:
        """One step; returns its loss."""
        for optimizer, peak in pairs:
            optimizer.param_groups[0]["lr"] = peak * self.rate(step, self.steps)
        torch.manual_seed(self.seed * 1_000_003 + step)  # dropout, too, is a function of the step
        loss = self.loss(step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer, _ in pairs:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if not math.isfinite(loss.item()):
            raise ArithmeticError(f"{self.name}: the loss of step {step} is {loss.item()}")
        return loss.item()

    def save(self, done: int, pairs: Optimizers) -> None:
        """Writes a checkpoint, all of it or nothing."""
        self.work.mkdir(parents=True, exist_ok=True)
        state = {
            "model": self.model.state_dict(),
            "optimizers": [o.state_dict() for o, _ in pairs],
            "step": done,
            "mark": self.mark,
        }
        torch.save(state, self.work / "checkpoint.tmp")
        (self.work / "checkpoint.tmp").replace(self.work / "checkpoint.pt")

    def resume(self, pairs: Optimizers) -> int:
        """Takes model and optimizers from the checkpoint, if there is one; returns the first step that is left."""
        checkpoint = self.work / "checkpoint.pt"
        if not checkpoint.exists():
            return 0
        state = torch.load(checkpoint, weights_only=True, map_location=next(self.model.parameters()).device)
        if state.get("mark", self.mark) != self.mark:
            raise ValueError(f"{checkpoint} is another run's ({state['mark']}, not {self.mark}): name another --work")
        self.model.load_state_dict(state["model"])
        for (optimizer, _), saved in zip(pairs, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        return int(state["step"])


def go(
    recipe: Read,
    model: PreTrainedModel,
    loss: Callable[[int], Tensor],
    report: Callable[[], str],
    steps: int,
    tokens: int,
    work: Path,
    **more: Any,
) -> None:
    """One training run of a recipe, under its name, seed and mark; for the rest see `Run`."""
    Run(recipe.name, model, loss, report, steps, tokens, work, recipe.seed, mark=mark(recipe), **more).go()
