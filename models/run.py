"""One pass through a model; the only place where tensors become numpy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch

from . import finite, layers, place
from .ids import whole_numbers
from .isolation import isolated
from .load import Loaded, load, using
from .refusal import Refusal

MOST_TOKENS = 4096  # in one batch, so that many sequences take no more memory than a few
MOST_LOGITS = 2**27  # numbers in one batch's logits: 0.5 GB


@dataclass(frozen=True, eq=False, repr=False)
class Pass:
    """What a model computed for one sequence of ids."""

    ids: np.ndarray  # (T,) int64
    logits: np.ndarray  # (T, V) float32; row t is the guess at what follows token t (causal) or stands there (masked);
    # V is 0 for a model without a head that says a word; only the last rows where no more were asked for
    embeddings: np.ndarray  # (T, D) float32, the tokens' rows of the embedding table, before positions
    attention: np.ndarray | None  # (L, H, T, T) float32, rows sum to 1: how much row t takes from each column
    layers: tuple[int, ...]  # L, the numbers of the layers that the maps are of, from 1; in hybrids not all of them
    states: np.ndarray | None  # (T, S) float32, of a recurrent model: the last layer's hidden state after each token

    def __repr__(self) -> str:
        maps = None if self.attention is None else self.attention.shape
        return f"Pass({len(self.ids)} tokens, logits {self.logits.shape}, attention {maps})"


def forward(
    name: str | Path,
    ids: Sequence[int],
    attention: bool = False,
    needs: frozenset[str] = frozenset(),
    last: int | None = None,
) -> Pass:
    """Runs a model over ids once. attention: with the maps of every head. needs: the kind that it must be of.

    last: of how many tokens at the end the logits are wanted; None: of all. With a large vocabulary they are most of
    the work.
    Refusals: empty_text, too_many_tokens, unknown_token, no_attention, wrong_kind, value_not_finite, and those of
    `load`.
    """
    with using(name) as loaded:
        loaded.check(needs)
        if attention and "attention" not in loaded.can:
            raise Refusal("no_attention", model=loaded.name)
        tensor = as_ids(loaded, ids)
        inputs = {"input_ids": tensor, "attention_mask": torch.ones_like(tensor), "output_attentions": attention}
        with loaded.lock, isolated():
            out = compute(loaded, **inputs, **ending(loaded, last))
            states = out.hidden_states[0] if "recurrent" in loaded.can else None
            check_finite(loaded, inputs, out.get("logits"), states, *(out.get("attentions") or ()))
            found, numbers = maps(loaded, out, tensor.shape[1]) if attention else (None, ())
            return Pass(
                as_array(tensor[0]),
                as_array(out.logits[0][-last if last else None :])
                if says_words(loaded)
                else np.zeros((tensor.shape[1], 0), np.float32),
                as_array(loaded.model.get_input_embeddings().weight[tensor[0]]),
                found,
                numbers,
                None if states is None else as_array(states),
            )


def compute(loaded: Loaded, **inputs: Any) -> Any:
    """One call of a model, whose lock is held. It keeps what it would need for the next word only where asked to."""
    return loaded.model(**({"use_cache": False} | inputs if "causal" in loaded.can else inputs))


def ending(loaded: Loaded, last: int | None) -> dict[str, int]:
    """What tells a model to work out the logits of the last tokens alone; nothing where it cannot be told so."""
    takes = signature(loaded.model.forward).parameters
    return {"logits_to_keep": last} if last and "logits_to_keep" in takes else {}


def check_finite(loaded: Loaded, inputs: dict[str, Any], *values: torch.Tensor | None) -> None:
    """Raises Refusal("value_not_finite") unless all that a model computed from these inputs is finite."""
    if not all(value is None or finite.is_finite(value) for value in values):
        part = finite.first_bad(lambda: compute(loaded, **inputs), loaded.model)
        raise Refusal("value_not_finite", model=loaded.name, tensor=part)


def last_logits(
    name: str | Path, sequences: Sequence[Sequence[int]], needs: frozenset[str] = frozenset()
) -> np.ndarray:
    """The logits (B, V) float32 at the last token of each of B sequences of ids, run side by side.

    As one alone has them, but for rounding. Refusals: those of `forward`.
    """
    with using(name) as loaded:
        loaded.check(needs)
        if not says_words(loaded):
            raise Refusal("wrong_kind", model=loaded.name, can=", ".join(sorted(loaded.can)), needs="causal, masked")
        rows = [as_ids(loaded, ids)[0] for ids in sequences]
        size = loaded.model.get_input_embeddings().weight.shape[0]
        found = torch.empty(len(rows), size, dtype=torch.float32, device="cpu")
        most = min(MOST_TOKENS, MOST_LOGITS // size)
        # What stands after a token cannot reach it in a causal model, so that padding there is as good as none.
        for places in batches([len(row) for row in rows], most, padded="causal" in loaded.can):
            found[places] = ends(loaded, [rows[i] for i in places])
        return as_array(found)


def ends(loaded: Loaded, rows: Sequence[torch.Tensor]) -> torch.Tensor:
    """The logits (B, V) at the end of each row of ids, in one batch padded on the right."""
    lengths = torch.tensor([len(row) for row in rows], device=place.device())
    ids = torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
    mask = (torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]).long()
    with loaded.lock, isolated():
        inputs = {"input_ids": ids, "attention_mask": mask}
        last = compute(loaded, **inputs).logits[torch.arange(len(rows), device=ids.device), lengths - 1]
        check_finite(loaded, inputs, last)
        return last.float().cpu()


def batches(lengths: Sequence[int], most: int, padded: bool = True) -> Iterator[list[int]]:
    """The places of sequences that run together, alike in length, of one length unless padded.

    No batch holds over `most` tokens, unless it is of one sequence.

    >>> list(batches([3, 1, 2], most=4))
    [[1, 2], [0]]
    """
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        full = (len(batch) + 1) * lengths[i] > most
        if batch and (full or not (padded or lengths[i] == lengths[batch[0]])):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def table(name: str | Path) -> np.ndarray:
    """The embedding table (V, D) float32, read-only: row i is the vector that the model begins with for token i.

    It is the model's own memory, not a copy, where the model runs on a CPU. Refusals: value_not_finite, where the
    length of a row is too large for a number, and those of `load`.
    """
    return _measured(name)[0]


def mean_row(name: str | Path) -> np.ndarray:
    """The mean (D,) float32 of all rows of a model's embedding table; refusals as `table` has them.

    All rows share it, so that it says nothing of any one token, and yet it is most of what two rows have in common.
    """
    return _measured(name)[1]


def row_lengths(name: str | Path) -> np.ndarray:
    """How far each row of a model's embedding table is from the mean row: (V,) float32; refusals as `table`'s."""
    return _measured(name)[2]


def _measured(name: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The table, its mean row and its rows' lengths from there, worked out once."""
    loaded = load(name)
    found = _tables.get(loaded)
    if found is None:
        weight = loaded.model.get_input_embeddings().weight.detach()
        parts = weight.split(ROWS_AT_ONCE)  # in float64 a large table would take more than the model
        mean = torch.stack([part.sum(0, dtype=torch.float64) for part in parts]).sum(0) / len(weight)
        lengths = torch.cat([(part - mean.to(part)).norm(dim=1) for part in parts])
        if not finite.is_finite(lengths):
            raise Refusal("value_not_finite", model=loaded.name, tensor=finite.name_of(loaded.model, weight))
        found = as_array(weight), as_array(mean), as_array(lengths)
        for part in found:
            part.flags.writeable = False
        _tables[loaded] = found
    return found


ROWS_AT_ONCE = 8192
_tables: WeakKeyDictionary[Loaded, tuple[np.ndarray, np.ndarray, np.ndarray]] = WeakKeyDictionary()


def as_ids(loaded: Loaded, ids: Sequence[int]) -> torch.Tensor:
    """The ids as a batch of one, (1, T), where the model runs; refuses what it cannot take.

    A model that writes another text than it reads needs two sequences, not one.
    """
    if not loaded.can & {"causal", "masked", "attention"}:
        raise Refusal("wrong_kind", model=loaded.name, can=", ".join(sorted(loaded.can)), needs="causal, masked")
    ids = whole_numbers(ids)
    if not ids:
        raise Refusal("empty_text")
    if len(ids) > loaded.positions:
        raise Refusal("too_many_tokens", tokens=len(ids), limit=loaded.positions)
    size = loaded.model.get_input_embeddings().weight.shape[0]
    for i in ids:
        if not 0 <= i < size:
            raise Refusal("unknown_token", token=i, size=size)
    return torch.tensor([ids], device=place.device())


def said(loaded: Loaded, out: Any, last: int) -> np.ndarray:
    """The logits (last, V) of the last tokens of a batch of one; V is 0 where the model has no head for words."""
    return as_array(out.logits[0, -last:]) if says_words(loaded) else np.zeros((last, 0), np.float32)


def says_words(loaded: Loaded) -> bool:
    """Whether a model has a head that gives each token of the vocabulary a logit."""
    return bool(loaded.can & {"causal", "masked"})


def maps(loaded: Loaded, out: Any, tokens: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """The attention of a batch of one, (L, H, T, T), of each layer that gives it whole, and those layers' numbers.

    Refuses a model of which none does. transformers answers with an empty tuple, and no error, where the maps were not
    kept.
    """
    found, numbers = layers.stacked(out.get("attentions") or (), loaded.attending, tokens)
    if found is None:
        raise Refusal("no_attention", model=loaded.name)
    return as_array(found), numbers


def as_array(tensor: torch.Tensor) -> np.ndarray:
    """A tensor as numpy: fractions as float32, whole numbers as they are."""
    return (tensor.float() if tensor.is_floating_point() else tensor).cpu().numpy()


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """An array as a tensor of its own, for the one drawing library that asks for it."""
    return torch.tensor(array, device="cpu")
