"""Name, folder or Hub id -> a model ready to run: safetensors only, no remote code, bounded cache, one lock a model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock, RLock
from typing import Any

import safetensors
import torch
import transformers

from . import catalog, files, forks, hub, place, shelf
from .isolation import isolated, unseeded
from .lstm import LSTMConfig, LSTMForCausalLM
from .quiet import quiet
from .refusal import Refusal
from .shelf import Shelf

LONGEST = 512  # tokens in a run, whatever the model could take: attention maps and logits grow with it
LOCAL = {"local_files_only": True, "trust_remote_code": False}
# Held while a model is built: from_pretrained swaps methods of its base class and puts them back, so that two at once
# can leave them swapped, and every later model without its tied weights.
BUILDING = forks.watched(RLock(), forks.FIRST)
# What transformers raises on a folder that is not what it says it is.
BROKEN = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    ImportError,
    safetensors.SafetensorError,
)


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model in memory.

    lock: held while it runs. can: what it does, as in the catalogue. positions: the most tokens that one run may hold.
    """

    name: str
    tokenizer: Any
    model: Any
    lock: Lock
    can: frozenset[str]
    positions: int

    @property
    def bytes(self) -> int:
        """Of its weights in memory."""
        return sum(tensor.nbytes for tensor in self.model.parameters())

    def check(self, needs: frozenset[str]) -> None:
        """Raises Refusal("wrong_kind") unless the model can do all that is needed."""
        if not needs <= self.can:
            raise Refusal(
                "wrong_kind", model=self.name, can=", ".join(sorted(self.can)), needs=", ".join(sorted(needs))
            )


def load(name: str | Path) -> Loaded:
    """The model of that catalogue name, Hub id or folder, from the cache if it is there.

    A string spelled owner/model is the folder of that name where there is one, else a Hub id.
    Refusals: model_needs_network, model_too_large, disk_full, unknown_model, unsafe_file, broken_model, wrong_kind.
    """
    return _models.get(name)


def using(name: str | Path) -> AbstractContextManager[Loaded]:
    """As `load`, for the length of a `with`: the model stays in the cache until it ends."""
    return _models.hold(name)


def tokenizer(name: str | Path) -> Any:
    """The model's tokenizer alone, without its weights in memory; the same refusals."""
    return _tokenizers.get(name)


def check_kind(name: str | Path, needs: frozenset[str]) -> None:
    """Loads a model and raises Refusal("wrong_kind") unless it can do all that is needed; the refusals of `load`, too.

    Nothing is loaded where nothing is needed.
    """
    if needs:
        load(name).check(needs)


def stamp(name: str | Path) -> str:
    """Changes when a model's files do: belongs in the key under which something computed with the model is kept.

    Of a Hub id, the revision that was fetched. "" while there are no files. Cheap: opens no weights, asks no network,
    refuses nothing.
    """
    folder = catalog.folder_of(name)
    if folder is None:
        fetched = hub.cached(str(name)) if catalog.is_hub_id(str(name)) else None
        return fetched.name if fetched else ""
    try:
        return sha256(repr((str(folder.resolve()), sorted(shelf.stamp(folder)))).encode()).hexdigest()
    except OSError:  # gone, or being written
        return ""


def find(name: str | Path) -> Path:
    """The folder of a model's files, fetched from the Hub if need be; they are seen to be safe and all there."""
    folder = catalog.folder_of(name)
    if folder is None:
        if isinstance(name, str) and catalog.is_hub_id(name):
            with quiet:
                return hub.fetch(name)
        raise Refusal("unknown_model", model=str(name)[:200])
    with _reading(str(name)):
        if not files.weight_files(folder):
            raise Refusal("unsafe_file" if files.only_pickles(folder) else "broken_model", model=str(name))
    return folder


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Around what reads a model's files, and nothing else: whatever goes wrong there is refused as broken_model."""
    try:
        yield
    except BROKEN as error:
        raise Refusal("broken_model", model=name) from error


def _read_tokenizer(name: str, folder: Path) -> Any:
    with _reading(name), quiet, isolated(inference=False):
        found = transformers.AutoTokenizer.from_pretrained(folder, **LOCAL)
        found.backend_tokenizer.get_vocab_size()  # those without one cannot say which bytes a token stands for
    return found


def _read(name: str, folder: Path) -> Loaded:
    with _reading(name):
        parameters = files.parameters(folder)
    hub.check_room(name, parameters)
    dtype = place.dtype()
    with _reading(name), quiet, isolated(inference=False), unseeded():
        config = transformers.AutoConfig.from_pretrained(folder, **LOCAL)
        can, reader = _kind(name, config)
        with BUILDING:
            model, report = reader.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                attn_implementation="eager",  # the only one that gives its attention maps back
                use_safetensors=True,
                output_loading_info=True,
                **LOCAL,
            )
    if report["missing_keys"] or report["mismatched_keys"]:  # transformers would leave these random
        raise Refusal("broken_model", model=name)
    with _reading(name), isolated(inference=False):
        model = model.to(place.device()).eval()
        ahead = "causal" in can and _looks_ahead(model)
    if ahead:
        raise Refusal("wrong_kind", model=name, can=type(model).__name__, needs="causal")
    lock = forks.watched(Lock(), forks.COMPUTING)
    return Loaded(name, tokenizer(name), model, lock, can, _positions(model))


def _looks_ahead(model: Any) -> bool:
    """Whether what a model says of the first token changes with the second one, whatever its class is called.

    XLNet and XLM, and a BERT that was never made a decoder, are among transformers' causal classes but look both ways.
    """
    ids = torch.tensor([[1, 2], [1, 3]], device=model.device)
    with isolated():
        one, other = model(input_ids=ids).logits[:, 0].float()
    return float((one - other).abs().max()) > 1e-3 * max(1.0, float(one.abs().max()))


def _positions(model: Any) -> int:
    """The most tokens that one run of a model may hold.

    RoBERTa and its kin have a row for each position, too, but give the first token the one after the padding id's.
    """
    most = getattr(model.config.get_text_config(), "max_position_embeddings", None) or LONGEST
    for name, part in model.named_modules():
        if name.endswith(".position_embeddings") and getattr(part, "padding_idx", None) is not None:
            most = part.num_embeddings - part.padding_idx - 1
    return min(most, LONGEST) if most > 0 else LONGEST


def _kind(name: str, config: Any) -> tuple[frozenset[str], Any]:
    """What a model can do and the class that reads it, from the architecture that its config names."""
    named = (config.architectures or [""])[0]
    if isinstance(config, LSTMConfig):
        return catalog.LSTM, LSTMForCausalLM
    for can, table, reader in (
        # first, for some of these, such as BART, stand among those that fill gaps, too
        (catalog.T5, transformers.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING, transformers.AutoModelForSeq2SeqLM),
        (catalog.GPT, transformers.MODEL_FOR_CAUSAL_LM_MAPPING, transformers.AutoModelForCausalLM),
        (catalog.BERT, transformers.MODEL_FOR_MASKED_LM_MAPPING, transformers.AutoModelForMaskedLM),
    ):
        classes = table.get(type(config), ())
        if named in {cls.__name__ for cls in (classes if isinstance(classes, tuple) else (classes,))}:
            return can, reader
    raise Refusal("wrong_kind", model=name, can=named or config.model_type, needs="causal, masked, seq2seq")


def _room() -> float:
    """Bytes of weights that may stay in memory (GLASSBOX_CACHE_GB)."""
    return float(os.environ.get("GLASSBOX_CACHE_GB") or 4) * 1e9


_models: Shelf[Loaded] = Shelf(find, _read, lambda model: model.bytes, _room)
_tokenizers: Shelf[Any] = Shelf(find, _read_tokenizer, lambda tokenizer: 1, lambda: 16)
