"""Trains every bundled model on one GPU, several at once, in the minutes that there are.

    python -m models.recipes.all --shards --texts FOLDER        what they read, as token ids, into runs/shards
    python -m models.recipes.all --device cuda --minutes 8      all models from it, into runs/all/weights

The second command needs neither the texts nor a network. What is stopped, by its time or by SIGTERM, writes its weights
first; the same command goes on from there. Each finished run adds a line to results.jsonl, measured on the typed texts
that are for choosing. Cards are written where the texts are: copy a model's folder into models/weights and run its
recipe with --card. Word vectors need no GPU and are made by their recipe alone.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path

import torch

from . import parcels, shards
from .job import WEIGHTS, Settings, run
from .plan import Job, chosen, jobs

GRACE = 20.0  # seconds that a run may take to write and measure after its time
PACKED = 30.0  # seconds between two packings
LEAST = 5.0  # seconds that a run is worth beginning for


@dataclass
class Runs:
    """Jobs as processes, each begun when those that it waits for have ended well, so many at once."""

    todo: list[Job]
    settings: Settings
    at_once: int
    parcels: Path | None = None
    running: dict[str, tuple[Job, SpawnProcess]] = field(default_factory=dict)
    ended: dict[str, bool] = field(default_factory=dict)
    stopping: bool = False
    packed: float = 0.0

    def go(self) -> bool:
        """Runs all of them; returns whether each was begun and ended well."""
        names = [job.key for job in self.todo]
        while self.running or (self.todo and not self.stopping):
            self.collect()
            self.begin()
            self.end_late()
            self.pack(time.time() - self.packed > PACKED)
            time.sleep(0.2)
        self.pack(True)
        return all(self.ended.get(name) for name in names)

    def collect(self) -> None:
        """Takes note of the runs that have ended."""
        for key, (_, process) in list(self.running.items()):
            if not process.is_alive():
                process.join()
                self.ended[key] = process.exitcode == 0
                del self.running[key]
                print(f"{key}: {'done' if self.ended[key] else f'failed, status {process.exitcode}'}", flush=True)

    def begin(self) -> None:
        """Begins what can begin."""
        for job in list(self.todo):
            if self.stopping or len(self.running) >= self.at_once or any(key not in self.ended for key in job.after):
                continue
            self.todo.remove(job)
            if not all(self.ended[key] for key in job.after) or self.settings.left(job) < LEAST:
                print(f"{job.key}: not begun, for want of time or of what it waits for", flush=True)
                self.ended[job.key] = False
                continue
            process = multiprocessing.get_context("spawn").Process(target=run, args=(job, self.settings), name=job.key)
            process.start()
            self.running[job.key] = job, process

    def end_late(self) -> None:
        """Ends what does not end by itself when its time is over."""
        for job, process in self.running.values():
            if self.settings.left(job) < -GRACE and not self.stopping:
                process.terminate()

    def stop(self) -> None:
        """Begins nothing more, and has what runs write its weights and end."""
        self.stopping = True
        for _, process in self.running.values():
            process.terminate()

    def pack(self, due: bool) -> None:
        """Packs the weights so far."""
        if self.parcels and due:
            self.packed = time.time()
            parcels.pack(self.settings.out / WEIGHTS, self.parcels)


def parsed() -> argparse.Namespace:
    names = list(dict.fromkeys(job.name for job in jobs()))
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shards", action="store_true", help="make the shards, and train nothing")
    parser.add_argument("--texts", type=Path, help="folder that holds the training texts, for --shards")
    parser.add_argument("--read", type=Path, default=Path("runs/shards"), help="folder of the shards to train from")
    parser.add_argument("--out", type=Path, help="folder for what is made (default: runs/shards, runs/all)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=8.0, help="time in all; learning rates fall to its end")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=(), help=", ".join(names))
    parser.add_argument("--once", action="store_true", help="no second runs with teachers")
    parser.add_argument("--at-once", type=int, default=8, help="runs side by side")
    parser.add_argument("--times", type=int, default=2, help="how many times larger batches are than the recipes say")
    parser.add_argument("--length", type=float, default=1.0, help="how many times more tokens than the recipes say")
    parser.add_argument(
        "--set", nargs="+", metavar="[NAME.]FIELD=VALUE", default=(), help="what of a recipe is to be otherwise"
    )
    parser.add_argument("--parcels", type=Path, help="folder for the weights in archives of 15 MiB at most")
    args = parser.parse_args()
    if args.shards and not args.texts:
        parser.error("--shards needs --texts")
    if args.device == "cuda" and not args.shards and not torch.cuda.is_available():
        parser.error("there is no CUDA device here; --device cpu trains without one")
    return args


def main() -> None:
    args = parsed()
    if args.shards:
        shards.make(args.texts, args.out or args.read, args.only)
        return
    if not hasattr(torch.optim, "Muon"):
        sys.exit(f"Training needs torch.optim.Muon, which came with torch 2.9; this is {torch.__version__}.")
    out = args.out or Path("runs/all")
    out.mkdir(parents=True, exist_ok=True)
    seconds = 60 * args.minutes
    threads = max(1, (os.cpu_count() or 1) // args.at_once)
    settings = Settings(
        args.read, out, args.device, seconds, time.time() + seconds, args.times, args.length, tuple(args.set), threads
    )
    runs = Runs(chosen(args.only, args.once), settings, args.at_once, args.parcels)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: runs.stop())
    sys.exit(0 if runs.go() else 1)


if __name__ == "__main__":
    main()
