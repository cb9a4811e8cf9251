"""Everything that a GPU is wanted for, in one command that needs no network and no texts.

    python -m bench.cuda --shards runs/shards --out FOLDER --minutes 8

First, whether each bundled model computes there what it computes on the CPU (equal.jsonl); then training of all of them
from shards (results.jsonl and weights-0.zip …); then how fast they are (speed.jsonl). Each line is written at once: a
command that is cut off loses nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

import models
from bench.equal import TEXTS, bundled, check, encoded, on_cpu, plain
from models.place import device

PARTS = ("equal", "train", "speed")
ROUNDS = 20
TOKENS = 64


def write(out: Path, name: str, facts: dict[str, Any]) -> None:
    """Adds a line to a file of the folder, and prints it."""
    line = json.dumps(facts, ensure_ascii=False)
    with (out / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(f"{name}: {line}", flush=True)


def equal(out: Path, args: argparse.Namespace) -> bool:
    """Compares each model; what raises an error is noted as that, and the next one is compared."""
    passed = True
    for name in [*bundled(), "encoders"]:
        try:
            for each in encoded() if name == "encoders" else check(name):
                passed &= each.passed
                write(out, "equal", {**asdict(each), "passed": each.passed})
        except Exception as error:
            passed = False
            write(out, "equal", {"model": name, "error": repr(error)})
    return passed


def train(out: Path, args: argparse.Namespace) -> bool:
    """Trains from the shards, in a process of its own, to which SIGTERM is passed on."""
    work = args.work
    command = [sys.executable, "-m", "models.recipes.all", "--device", args.device, "--read", str(args.shards)]
    command += ["--out", str(work), "--parcels", str(out), "--minutes", str(args.minutes), *args.more]
    with subprocess.Popen(command) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        status = process.wait()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if (work / "results.jsonl").exists():
        shutil.copy(work / "results.jsonl", out)
    return status == 0


def seconds(work: Callable[[], object]) -> float:
    """The median time of some rounds, the device done with each; after one to warm up."""
    times = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        work()
        if device().type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


def speeds(name: str) -> Iterator[tuple[str, float, float]]:
    """(what, seconds here, seconds of a plain pass on the CPU) of a model."""
    loaded = models.load(name)
    if "seq2seq" in loaded.can:
        return
    ids = (list(models.encode(name, TEXTS[0])) * TOKENS)[:TOKENS]
    reference = on_cpu(loaded)
    peer = seconds(lambda: plain(reference, ids))
    yield f"forward, {TOKENS} tokens", seconds(lambda: models.forward(name, ids)), peer
    yield f"last_logits, 32 x {TOKENS}", seconds(lambda: models.last_logits(name, [ids] * 32)), 32 * peer
    if "causal" in loaded.can:
        count = 32
        written = lambda: list(models.write(name, ids[:8], lambda logits, step: 5, count))  # noqa: E731
        yield f"write, {count} tokens", seconds(written), count * peer


def speed(out: Path, args: argparse.Namespace) -> bool:
    """Times each model."""
    for name in bundled():
        for what, here, peer in speeds(name):
            write(out, "speed", {"model": name, "what": what, "ms": 1e3 * here, "plain on the CPU": 1e3 * peer})
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--out", type=Path, required=True, help="folder for what is found and made")
    parser.add_argument("--work", type=Path, default=Path("runs/all"), help="folder for checkpoints")
    parser.add_argument("--minutes", type=float, default=8.0, help="for the training alone")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    args, more = parser.parse_known_args()
    args.more = more  # for the training
    args.out.mkdir(parents=True, exist_ok=True)
    about = {"torch": torch.__version__, "device": str(device()), "cores": torch.get_num_threads()}
    if device().type == "cuda":
        about["gpu"] = torch.cuda.get_device_name()
    write(args.out, "equal", about)
    done = {part: {"equal": equal, "train": train, "speed": speed}[part](args.out, args) for part in args.parts}
    print(done)
    sys.exit(0 if all(done.values()) else 1)


if __name__ == "__main__":
    main()
