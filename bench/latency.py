"""What Glassbox adds to the time of the model alone.

    python -m bench.latency --model stories-gpt gemma-3-270m --tokens 64

Each stage is measured in turn with its peer, so that a machine that slows down slows all of them; medians. Without
--model it is stories-gpt, and each real model that has been fetched.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence

import torch

import models
from explainers import attention, embeddings, sampling, tokens
from explainers.shell.pack import to_json

WRITTEN = 20  # tokens
WORDS = "The cat sat on the mat because it was tired and then the dog came in. "


def sentence(model: str, count: int) -> str:
    """A text of about that many tokens, those that the tokenizer puts around it among them."""
    text = WORDS * (1 + count // 8)
    added = models.added(model, text)
    own = [i for place, i in enumerate(models.encode(model, text)) if place not in added]
    return models.decode(model, own[: count - len(added)])


def stages(model: str, text: str) -> dict[str, Callable[[], object]]:
    """Name -> what to time; the first is the peer of those that follow, a name that begins with = of those after it."""
    ids = models.encode(model, text)
    loaded = models.load(model)
    trace = attention.trace(text, model=model)

    def plain() -> object:
        with torch.inference_mode():
            return loaded.model(input_ids=torch.tensor([ids]), output_attentions=True, use_cache=False)

    found: dict[str, Callable[[], object]] = {
        "= transformers forward": plain,
        "models.forward": lambda: models.forward(model, ids, attention=True),
        "tokens.trace": lambda: tokens.trace(text, model=model),
        "embeddings.trace": lambda: embeddings.trace(text, model=model),
        "attention.trace": lambda: attention.trace(text, model=model),
        "trace to JSON": lambda: json.dumps(to_json(trace)),
    }
    return found | (writing(model, ids, text) if "causal" in loaded.can else {})


def writing(model: str, ids: Sequence[int], text: str) -> dict[str, Callable[[], object]]:
    """The same of tokens that are written one after another, the likeliest each time."""
    loaded = models.load(model)

    def generate() -> object:
        options = {"max_new_tokens": WRITTEN, "min_new_tokens": WRITTEN, "do_sample": False}
        with torch.inference_mode():
            return loaded.model.generate(torch.tensor([ids]), pad_token_id=0, **options)

    return {
        f"= generate, {WRITTEN} tokens": generate,
        "models.write": lambda: list(models.write(model, ids, lambda logits, step: int(logits.argmax()), WRITTEN)),
        "sampling.trace": lambda: sampling.trace(text, model=model, write=WRITTEN, greedy=True),
    }


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report(model: str, count: int, rounds: int) -> None:
    """Prints the median of each stage, and how often its peer's that is."""
    timed = stages(model, sentence(model, count))
    for work in timed.values():
        work()  # once to warm up
    taken = [{name: seconds(work) for name, work in timed.items()} for _ in range(rounds)]
    print(f"{model}, {count} tokens, {torch.get_num_threads()} threads")
    peer = 1.0
    for name in timed:
        median = statistics.median(one[name] for one in taken)
        peer = median if name.startswith("=") else peer
        print(f"  {name:<24} {median * 1000:9.2f} ms {median / peer:8.2f} x", flush=True)


def main() -> None:
    here = [entry.name for entry in models.CATALOG if entry.packages and models.is_here(entry)]
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", nargs="+", default=["stories-gpt", *here])
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    for model in args.model:
        report(model, args.tokens, args.rounds)


if __name__ == "__main__":
    main()
