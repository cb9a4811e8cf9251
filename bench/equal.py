"""Whether each bundled model computes on this machine's device what it computes on the CPU.

    python -m bench.equal [NAME ...]

The reference is the same model in float32, moved to the CPU, in one plain pass without anything of ours. A difference
is the largest one of a kind of numbers; what is allowed is rounding in another order of additions.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

import models
from models.place import device
from models.recipes.typed_texts import short_texts

TEXTS = (*(short_texts(language, "choosing")[0][:150] for language in ("en", "ko")), "A")
ALLOWED = {"logits": 2e-3, "attention": 1e-4, "states": 1e-4, "embeddings": 0.0, "last logits": 2e-3, "vectors": 1e-4}
WRITTEN = 24  # tokens that are written
CLOSE = 2e-3  # two likeliest logits that are nearer may change places


@dataclass(frozen=True)
class Check:
    """One comparison: how far the device's numbers lie from the CPU's, and how far they may."""

    model: str
    what: str
    difference: float
    allowed: float

    @property
    def passed(self) -> bool:
        return bool(self.difference <= self.allowed)  # false of NaN, too


def apart(ours: Any, theirs: Any) -> float:
    """The largest difference between two arrays of one shape, infinite between others."""
    a, b = (np.asarray(each, np.float64) for each in (ours, theirs))
    return float(np.abs(a - b).max(initial=0.0)) if a.shape == b.shape else float("inf")


def on_cpu(loaded: Any) -> Any:
    """The same model on the CPU."""
    return copy.deepcopy(loaded.model).cpu().eval()


def ids_of(name: str) -> list[list[int]]:
    """Each of the texts as the model's ids."""
    return [list(models.encode(name, text)) for text in TEXTS]


def plain(model: Any, ids: list[int], **more: Any) -> Any:
    """One pass of a model on the CPU."""
    with torch.inference_mode():
        return model(input_ids=torch.tensor([ids]), **more)


def passes(name: str) -> Iterator[tuple[str, float]]:
    """Of models.forward and models.table."""
    loaded = models.load(name)
    reference = on_cpu(loaded)
    maps = "attention" in loaded.can
    for ids in ids_of(name):
        ours, theirs = models.forward(name, ids, attention=maps), plain(reference, ids, output_attentions=maps)
        yield "logits", apart(ours.logits, theirs.logits[0])
        if maps:
            yield "attention", apart(ours.attention, torch.stack([layer[0] for layer in theirs.attentions]))
        if ours.states is not None:
            yield "states", apart(ours.states, theirs.hidden_states[0])
        yield "embeddings", apart(ours.embeddings, reference.get_input_embeddings().weight.detach()[ids])
    yield "embeddings", apart(models.table(name), reference.get_input_embeddings().weight.detach())


def ends(name: str) -> Iterator[tuple[str, float]]:
    """Of last_logits, whose sequences stand in one batch."""
    reference, rows = on_cpu(models.load(name)), ids_of(name)
    for ours, ids in zip(models.last_logits(name, rows), rows, strict=True):
        yield "last logits", apart(ours, plain(reference, ids).logits[0, -1])


def written(name: str) -> Iterator[tuple[str, float]]:
    """Of decoding with its cache: each likeliest token must be the CPU's, but where two are as good as one another."""
    reference, ids = on_cpu(models.load(name)), ids_of(name)[0]
    for token, logits in models.write(name, ids, lambda found, step: int(found.argmax()), WRITTEN):
        theirs = plain(reference, ids).logits[0, -1].numpy()
        yield "last logits", apart(logits, theirs)
        yield "written", max(0.0, float(theirs.max() - theirs[token]))
        ids = [*ids, token]


def translated(name: str) -> Iterator[tuple[str, float]]:
    """Of a model that writes another text than it reads: the scores of what it writes itself, greedily."""
    loaded = models.load(name)
    reference, ids = on_cpu(loaded), ids_of(name)[0]
    given = torch.tensor([ids], device=loaded.model.device)
    with torch.inference_mode():
        out = loaded.model.generate(input_ids=given, max_new_tokens=WRITTEN, do_sample=False)
        ours = loaded.model(input_ids=given, decoder_input_ids=out).logits.float().cpu()
    yield "logits", apart(ours, plain(reference, ids, decoder_input_ids=out.cpu()).logits)


def encoded() -> Iterator[Check]:
    """Of the encoders: the vectors of the texts."""
    from models.recipes import encoder

    for name in encoder.RECIPES:
        model, tokenizer = encoder.shipped(encoder.WEIGHTS / name)
        with torch.inference_mode():
            theirs = encoder.vectors(model, tokenizer, TEXTS)
            ours = encoder.vectors(model.to(device()), tokenizer, TEXTS).cpu()
        yield Check(name, "vectors", apart(ours, theirs), ALLOWED["vectors"])


def kinds(can: frozenset[str]) -> list[Callable[[str], Iterator[tuple[str, float]]]]:
    """What is compared of a model that can do this."""
    if "seq2seq" in can:
        return [translated]
    return [passes, ends, *([written] if "causal" in can else [])]


def check(name: str) -> Iterator[Check]:
    """All comparisons of a model, the largest difference of each kind."""
    largest: dict[str, float] = {}
    for compare in kinds(models.load(name).can):
        for what, difference in compare(name):
            largest[what] = max(largest.get(what, 0.0), difference)
    for what, difference in largest.items():
        yield Check(name, what, difference, ALLOWED.get(what, CLOSE))


def bundled() -> list[str]:
    """The models that need no network."""
    return [entry.name for entry in models.CATALOG if entry.hub is None]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*")
    failed = False
    for name in parser.parse_args().names or bundled():
        for each in check(name):
            failed |= not each.passed
            print({**asdict(each), "passed": each.passed})
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
