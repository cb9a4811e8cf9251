"""Which class of transformers reads a model, and what the model can do: by what its config names and its weights hold.

A head that the weights do not hold would be made up at random by transformers: a model is read without it, or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import torch
import transformers

from . import configuration, files, forks, memory, place, reading
from .architectures import BARE, BERT, GPT, LSTM, T5
from .broken import BROKEN
from .lstm import LSTMConfig, LSTMForCausalLM
from .refusal import Refusal

# Held while a model is built: from_pretrained swaps methods of its base class and puts them back, so that two at once
# can leave them swapped, and every later model without its tied weights.
BUILDING = forks.watched(RLock(), forks.FIRST)
UNUSED = ("pooler.",)  # part of a bare model that nothing here shows: it may be missing

Way = tuple[frozenset[str], Any]  # what a model read so can do, and the class that reads it


@dataclass(frozen=True)
class Source:
    """A model's name, its folder, what its config.json holds, and how many tokens one run of a model of it may hold."""

    name: str
    folder: Path
    raw: dict[str, Any]
    window: Callable[[Any], int]


def build(
    name: str, folder: Path, config: Any, raw: dict[str, Any], window: Callable[[Any], int]
) -> tuple[frozenset[str], Any]:
    """What a model can do, and the model as it is made from a folder's files, on the CPU.

    window: a model -> the most tokens that one run of it may hold.
    Refusals: config_field, config_unfit, missing_tensors, misfit_tensor, reads_no_text, model_too_large.
    """
    source = Source(name, folder, raw, window)
    wrong: Refusal | None = None
    for can, reader in ways(config):
        model, refusal = _attempt(source, config, can, reader)
        if refusal is None:
            if model.main_input_name != "input_ids":
                raise Refusal("reads_no_text", model=name)
            return can, model
        wrong = wrong or refusal
    raise wrong or Refusal("unknown_kind", model=name, kind=config.model_type)


def ways(config: Any) -> Iterator[Way]:
    """How a model may be read, likeliest first: as its architecture says, and without a head where that has another."""
    named = (config.architectures or [""])[0]
    if isinstance(config, LSTMConfig):
        yield LSTM, LSTMForCausalLM
        return
    known = [(can, reader) for can, reader, classes in _tables(config) if named in classes]
    yield from known
    if known:
        return
    if named.endswith("ForPreTraining") or not hasattr(transformers, named or "none"):
        yield from ((can, reader) for can, reader, _ in _tables(config))
    if type(config) not in transformers.MODEL_MAPPING:
        return
    own = getattr(transformers, named, None) if named.endswith("EncoderModel") else None
    whole = config.is_encoder_decoder and not own  # reads one text and writes another, and has no head to write with
    yield (frozenset() if whole else BARE), own or transformers.AutoModel


def _tables(config: Any) -> Iterator[tuple[frozenset[str], Any, set[str]]]:
    """What transformers has for a config: (what it can do, its reader, the names of its classes).

    A BERT can be made to continue a text; unless its config says so it fills gaps.
    """
    whole, causal, masked = (
        # first, for some of these, such as BART, stand among those that fill gaps, too
        (T5, transformers.AutoModelForSeq2SeqLM, transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING),
        (GPT, transformers.AutoModelForCausalLM, transformers.MODEL_FOR_CAUSAL_LM_MAPPING),
        (BERT, transformers.AutoModelForMaskedLM, transformers.MODEL_FOR_MASKED_LM_MAPPING),
    )
    rest = (causal, masked) if getattr(config, "is_decoder", False) else (masked, causal)
    for can, reader, table in (whole, *rest):
        classes = table.get(type(config), ())
        names = {cls.__name__ for cls in (classes if isinstance(classes, tuple) else (classes,))}
        if names:
            yield can, reader, names


def _attempt(source: Source, config: Any, can: frozenset[str], reader: Any) -> tuple[Any, Refusal | None]:
    """The model as a class reads it, and why it is not that class's; one of the two counts."""
    name, raw = source.name, source.raw
    try:
        with BUILDING:
            cls = reading.class_of(reader, config)
            check_memory(source, cls, config, "attention" in can)
            model, report = reading.read_model(source.folder, cls, config, place.dtype())
    except BROKEN as error:
        return None, configuration.unfit(name, raw, error)
    mismatched = [(tuple(stored), tuple(wanted)) for _, stored, wanted in report["mismatched_keys"]]
    if any(configuration.complete(config, raw, stored, wanted) for stored, wanted in mismatched):
        return _attempt(source, config, can, reader)
    return model, _lacking(name, raw, model, report)


def check_memory(source: Source, cls: Any, config: Any, attends: bool) -> None:
    """Raises Refusal("model_too_large") unless a model of that class fits, with one pass over its window."""

    def make() -> Any:
        return cls._from_config(deepcopy(config), dtype=place.dtype(), attn_implementation="eager")

    tensors = sum(len(files.header(path)) for path in files.weight_files(source.folder))
    memory.check(source.name, make, tensors, source.window, attends)


def _lacking(name: str, raw: dict[str, Any], model: Any, report: dict[str, Any]) -> Refusal | None:
    """What transformers made up because the files lack it or have it in another size; None where it is all there."""
    for tensor, stored, wanted in sorted(report["mismatched_keys"]):
        return configuration.misfit(name, raw, tensor, tuple(stored), tuple(wanted))
    bare = not hasattr(model, "get_output_embeddings") or model.get_output_embeddings() is None
    missing = sorted(key for key in report["missing_keys"] if not (bare and any(part in key for part in UNUSED)))
    return Refusal("missing_tensors", model=name, tensor=missing[0], count=len(missing)) if missing else None


def looks_ahead(model: Any) -> bool:
    """Whether what a model says of the first token changes with the second one, whatever its class is called.

    XLNet and XLM, and a BERT that was never made a decoder, are among transformers' causal classes but look both ways.
    """
    ids = torch.tensor([[1, 2], [1, 3]], device=model.device)
    with torch.inference_mode():
        one, other = model(input_ids=ids, use_cache=False).logits[:, 0].float()
    return float((one - other).abs().max()) > 1e-3 * max(1.0, float(one.abs().max()))
