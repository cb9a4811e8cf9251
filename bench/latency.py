"""What Glassbox adds to the time of the model alone.

    python -m bench.latency --model stories-gpt --tokens 64

Each stage is measured in turn with its peer, so that a machine that slows down slows all of them; medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch

import models
from explainers import attention
from explainers.shell.pack import to_json

WORDS = "The cat sat on the mat because it was tired and then the dog came in. "


def sentence(model: str, tokens: int) -> str:
    """A text of about that many tokens."""
    ids = models.encode(model, WORDS * (1 + tokens // 8))[:tokens]
    return models.decode(model, ids)


def stages(model: str, text: str) -> dict[str, Callable[[], object]]:
    """Name -> what to time; the first is the peer."""
    ids = models.encode(model, text)
    loaded = models.load(model)
    trace = attention.trace(text, model=model)

    def plain() -> object:
        with torch.inference_mode():
            return loaded.model(input_ids=torch.tensor([ids]), output_attentions=True, use_cache=False)

    return {
        "transformers forward": plain,
        "models.forward": lambda: models.forward(model, ids, attention=True),
        "attention.trace": lambda: attention.trace(text, model=model),
        "trace to JSON": lambda: json.dumps(to_json(trace)),
    }


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default="stories-gpt")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    timed = stages(args.model, sentence(args.model, args.tokens))
    for work in timed.values():
        work()  # once to warm up
    rounds = [{name: seconds(work) for name, work in timed.items()} for _ in range(args.rounds)]
    medians = {name: statistics.median(one[name] for one in rounds) for name in timed}
    peer = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<22} {median * 1000:8.2f} ms {median / peer:8.2f} x")


if __name__ == "__main__":
    main()
