"""Name, folder or Hub id -> a model ready to run: safetensors only, no remote code, bounded cache, one lock a model."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

import hosting

from . import (
    architectures,
    catalog,
    configuration,
    files,
    finite,
    folders,
    forks,
    host,
    hub,
    hub_cache,
    kinds,
    layers,
    place,
    positions,
    shelf,
    tokenization,
    tokenizer_files,
)
from .arriving import not_installed, real_entry
from .broken import reading
from .gguf_files import conversions, parts
from .gguf_files.found import gguf_of
from .isolation import isolated, unseeded
from .quiet import quiet
from .refusal import Refusal
from .shelf import Shelf

LONGEST = 512  # tokens in a run, whatever the model could take: attention maps and logits grow with it


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model in memory.

    lock: held while it runs. can: what it does, as in the catalogue. positions: the most tokens that one run may hold.
    attending: the layers whose attention it gives back, in the order in which it does, from 1.
    """

    name: str
    tokenizer: Any
    model: Any
    lock: Lock
    can: frozenset[str]
    positions: int
    attending: tuple[int, ...] = ()

    @property
    def bytes(self) -> int:
        """Of its weights and buffers in memory."""
        return sum(tensor.nbytes for tensor in (*self.model.parameters(), *self.model.buffers()))

    def check(self, needs: frozenset[str]) -> None:
        """Raises Refusal unless the model can do all that is needed: "no_attention" where it only lacks its maps."""
        if needs - self.can == {"attention"} and not self.can & {"recurrent", "seq2seq"}:
            raise Refusal("no_attention", model=self.name)
        if not needs <= self.can:
            raise Refusal(
                "wrong_kind", model=self.name, can=", ".join(sorted(self.can)), needs=", ".join(sorted(needs))
            )


def load(name: str | Path) -> Loaded:
    """The model of that catalogue name, Hub id or folder, from the cache if it is there.

    A string spelled owner/model is the folder of that name where there is one, else a Hub id.
    Refusals: model_needs_network, model_too_large, disk_full, unknown_model, not_installed, unsafe_file, broken_model,
    wrong_kind, tokenizer_missing, weight_not_finite, model_changing.
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


def settle_host() -> Refusal | None:
    """Reads the host's own model, which may show more than its files do from outside; why it is refused, if it is."""
    folder = catalog.host_folder()
    return host.settle(folder, lambda: load(folder.name).can) if folder else None


def stamp(name: str | Path) -> str:
    """Changes when a model's files do: belongs in the key under which something computed with the model is kept.

    Of a Hub id, the revision that was fetched. "" while there are no files. Cheap: opens no weights, asks no network,
    refuses nothing.
    """
    folder = catalog.folder_of(name)
    if folder is None:
        fetched = hub_cache.cached(str(name)) if catalog.is_hub_id(str(name)) else None
        return fetched.name if fetched else ""
    try:
        return sha256(repr((str(folder.resolve()), sorted(shelf.stamp(folder)))).encode()).hexdigest()
    except OSError:  # gone, or being written
        return ""


def find(name: str | Path) -> Path:
    """The folder of a model's files, fetched from the Hub if need be; they are seen to be safe and all there.

    A GGUF file, or the folder of one, is found as it is (`opened`).
    """
    folder = catalog.folder_of(name)
    if folder is None:
        if isinstance(name, str) and catalog.is_hub_id(name):
            with quiet:
                return hub.fetch(name)
        entry = real_entry(str(name))
        if entry:
            raise not_installed(entry)
        raise Refusal("unknown_model", model=str(name)[:200])
    if gguf_of(str(name), folder) is None:
        folders.check(str(name), folder)
    return folder


def opened(name: str, folder: Path) -> Path:
    """The folder that transformers reads a model from: of a GGUF file, the one that it is converted to, once."""
    file = gguf_of(name, folder)
    if file is None:
        return folder
    if conversions.kept(file) is None:
        hub.check_room(name, sum(tensor.numbers for tensor in parts.read(name, file).tensors))
    return conversions.open_folder(name, file)


def _read_tokenizer(name: str, folder: Path) -> Any:
    folder = opened(name, folder)
    with quiet, isolated(inference=False):
        with reading(name):
            tokenizer_files.check_present(name, folder)
        found = tokenization.read(name, folder, configuration.read(name, folders.config(name, folder)))
        tokenizer_files.check_whole(name, folder, found)
    return found


def _read(name: str, folder: Path) -> Loaded:
    folder = opened(name, folder)
    with reading(name):
        parameters = files.parameters(folder)
    hub.check_room(name, parameters)
    raw = folders.config(name, folder)
    book = tokenizer(name)  # before the weights: without one they are of no use
    with quiet, isolated(inference=False), unseeded():
        config = configuration.read(name, raw)
        can, model = kinds.build(name, folder, config, raw, lambda made: positions.most(made, LONGEST))
    finite.check_weights(name, model)
    gives_maps = "attention" in can and model.config.model_type not in architectures.MAPLESS
    options = {"use_cache": False} if "causal" in can else {}
    with reading(name), isolated(inference=False):
        model = model.to(place.device()).eval()
        ahead = "causal" in can and kinds.looks_ahead(model)
        attending = layers.attending(model, **options) if gives_maps else ()
    if ahead:
        raise Refusal("wrong_kind", model=name, can=type(model).__name__, needs="causal")
    can = can if attending else can - {"attention"}
    lock = forks.watched(Lock(), forks.COMPUTING)
    return Loaded(name, book, model, lock, can, positions.most(model, LONGEST), attending)


def _room() -> float:
    """Bytes of weights that may stay in memory (GLASSBOX_CACHE_GB)."""
    return hosting.CACHE_GB.read() * 1e9


_models: Shelf[Loaded] = Shelf(find, _read, lambda model: model.bytes, _room)
_tokenizers: Shelf[Any] = Shelf(find, _read_tokenizer, lambda tokenizer: 1, lambda: 16)
