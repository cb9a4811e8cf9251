"""Name, folder or Hub id -> a model ready to run: safetensors only, no remote code, bounded cache, one lock a model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import safetensors
import transformers

from . import catalog, files, hub, place
from .refusal import Refusal
from .shelf import Shelf

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

LONGEST = 512  # tokens in a run, whatever the model could take: attention maps and logits grow with it
LOCAL = {"local_files_only": True, "trust_remote_code": False}
# Held while a model is built: from_pretrained swaps methods of its base class and puts them back, so that two at once
# can leave them swapped, and every later model without its tied weights.
BUILDING = Lock()
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

    lock: held while it runs. kind: "causal" or "masked". positions: the most tokens that one run may hold.
    """

    name: str
    tokenizer: Any
    model: Any
    lock: Lock
    kind: str
    positions: int

    @property
    def bytes(self) -> int:
        """Of its weights in memory."""
        return sum(tensor.nbytes for tensor in self.model.parameters())


def load(name: str | Path) -> Loaded:
    """The model of that catalogue name, Hub id or folder, from the cache if it is there.

    A string spelled owner/model is always a Hub id; write "./owner/model" for a folder of that name.
    Refusals: model_needs_network, model_too_large, unknown_model, unsafe_file, broken_model, wrong_kind.
    """
    return _models.get(name)


def tokenizer(name: str | Path) -> Any:
    """The model's tokenizer alone, without its weights in memory; the same refusals."""
    return _tokenizers.get(name)


def find(name: str | Path) -> Path:
    """The folder of a model's files, fetched from the Hub if need be."""
    text, host = str(name), catalog.host_folder()
    if isinstance(name, str):
        if host and name == host.name:
            return _folder(name, host)
        if any(entry.name == name and not entry.hub for entry in catalog.CATALOG):
            return _folder(name, catalog.WEIGHTS / name)
        if catalog.is_hub_id(name):
            return hub.fetch(name)
    if not text or "\0" in text or not Path(text).is_dir():
        raise Refusal("unknown_model", model=text[:200])
    return _folder(text, Path(text))


def _folder(name: str, folder: Path) -> Path:
    """The folder, once it is seen to hold safe and whole weights that fit in memory."""
    try:
        if not files.weight_files(folder):
            raise Refusal("unsafe_file" if files.only_pickles(folder) else "broken_model", model=name)
    except BROKEN as error:
        raise Refusal("broken_model", model=name) from error
    return folder


def _read_tokenizer(name: str, folder: Path) -> Any:
    try:
        found = transformers.AutoTokenizer.from_pretrained(folder, **LOCAL)
        found.backend_tokenizer.get_vocab_size()  # those without one cannot say which bytes a token stands for
    except BROKEN as error:
        raise Refusal("broken_model", model=name) from error
    return found


def _read(name: str, folder: Path) -> Loaded:
    try:
        hub.check_room(name, files.parameters(folder))
        config = transformers.AutoConfig.from_pretrained(folder, **LOCAL)
        kind, reader = _kind(name, config)
        with BUILDING:
            model, report = reader.from_pretrained(
                folder,
                config=config,
                dtype=place.dtype(),
                attn_implementation="eager",  # the only one that gives its attention maps back
                use_safetensors=True,
                output_loading_info=True,
                **LOCAL,
            )
    except BROKEN as error:
        raise Refusal("broken_model", model=name) from error
    if report["missing_keys"] or report["mismatched_keys"]:  # transformers would leave these random
        raise Refusal("broken_model", model=name)
    model = model.to(place.device()).eval()
    positions = min(LONGEST, getattr(config, "max_position_embeddings", None) or LONGEST)
    return Loaded(name, tokenizer(name), model, Lock(), kind, positions)


def _kind(name: str, config: Any) -> tuple[str, Any]:
    """What a model can do and the class that reads it, from the architecture that its config names."""
    named = (config.architectures or [""])[0]
    for kind, table, reader in (
        ("causal", transformers.MODEL_FOR_CAUSAL_LM_MAPPING, transformers.AutoModelForCausalLM),
        ("masked", transformers.MODEL_FOR_MASKED_LM_MAPPING, transformers.AutoModelForMaskedLM),
    ):
        classes = table.get(type(config), ())
        if named in {cls.__name__ for cls in (classes if isinstance(classes, tuple) else (classes,))}:
            return kind, reader
    raise Refusal("wrong_kind", model=name, kind=named or config.model_type, needs="causal, masked")


def _room() -> float:
    """Bytes of weights that may stay in memory (GLASSBOX_CACHE_GB)."""
    return float(os.environ.get("GLASSBOX_CACHE_GB") or 4) * 1e9


_models: Shelf[Loaded] = Shelf(find, _read, lambda model: model.bytes, _room, lambda model: model.lock.locked())
_tokenizers: Shelf[Any] = Shelf(find, _read_tokenizer, lambda tokenizer: 1, lambda: 16)
