"""The models on offer, as one table, and who may ask for which. Imports nothing heavy.

`python -m models.catalog --check` asks the Hub for each entry's size and licence, and marks it verified.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import hosting

from . import files, host, hub_cache, real
from .architectures import BERT, GPT, LSTM, T5
from .entry import Entry
from .gguf_files.found import is_gguf
from .refusal import Refusal

WEIGHTS = Path(__file__).parent / "weights"
CHECKED = Path(__file__).parent / "catalogue.json"
HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}")
HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")


def _hub(name: str, languages: tuple[str, ...], parameters: int, size: int, licence: str) -> Entry:
    return Entry(name, GPT, languages, parameters, size, licence, hub=name)


def _checked(entry: Entry) -> Entry:
    """The entry with the facts that the last check wrote, if it did."""
    facts = files.read_json(CHECKED).get(entry.name) if entry.hub and CHECKED.is_file() else None
    if not facts:
        return entry
    return replace(entry, parameters=facts["parameters"], bytes=facts["bytes"], licence=facts["licence"], verified=True)


CATALOG: tuple[Entry, ...] = tuple(
    _checked(entry)
    for entry in (
        Entry("stories-gpt", GPT, ("en",), 4_077_056, 8_159_176, "CC-BY-SA-4.0", verified=True),
        Entry("ko-gpt", GPT, ("ko",), 4_601_344, 9_207_752, "CC-BY-SA-4.0", verified=True),
        Entry("stories-lstm", LSTM, ("en",), 4_173_568, 8_348_104, "CC-BY-SA-4.0", verified=True),
        Entry("ko-lstm", LSTM, ("ko",), 4_697_856, 9_396_680, "CC-BY-SA-4.0", verified=True),
        Entry("stories-bert", BERT, ("en",), 2_546_306, 5_101_300, "CC-BY-SA-4.0", verified=True),
        Entry("ko-bert", BERT, ("ko",), 2_941_570, 5_891_828, "CC-BY-SA-4.0", verified=True),
        Entry("en-ko-t5", T5, ("en", "ko"), 2_214_880, 4_437_520, "CC-BY-SA-4.0", verified=True),
        *(Entry(f"stories-twin-{i}", GPT, ("en",), 429_440, 863_768, "CC-BY-SA-4.0", verified=True) for i in range(4)),
        *real.REAL,
        _hub("openai-community/gpt2", ("en",), 124_439_808, 548_105_171, "mit"),
        _hub("distilbert/distilgpt2", ("en",), 81_912_576, 352_824_413, "apache-2.0"),
        _hub("EleutherAI/pythia-70m", ("en",), 70_426_624, 166_029_852, "apache-2.0"),
        _hub("HuggingFaceTB/SmolLM2-135M", ("en",), 134_515_008, 269_060_552, "apache-2.0"),
        _hub("Qwen/Qwen3-0.6B-Base", ("en", "ko"), 596_049_920, 1_192_135_096, "apache-2.0"),
    )
)


def policy() -> str:
    """What the picker offers: "bundled", "installed", "catalogue" or "any" Hub id (GLASSBOX_MODELS)."""
    return hosting.MODELS.read()


def host_folder() -> Path | None:
    """The one folder, or GGUF file, that the host offers (GLASSBOX_FOLDER), as the host named it: a link stays a link.

    So it keeps its name while it is made to point to one model after another.
    """
    value = hosting.FOLDER.read()
    return Path(os.path.abspath(value)) if value else None


def is_host(name: str) -> bool:
    """Whether a name is the host's folder's, or of what it is a link to, unless a bundled model has that name."""
    folder = host_folder()
    if folder is None or name == folder.name:
        return folder is not None
    return name == folder.resolve().name and all(entry.name != name for entry in CATALOG)


def host_entry() -> Entry | None:
    """The host's folder as an entry under its last component; None when there is none or it cannot be offered."""
    folder = host_folder()
    found = host.look(folder) if folder else None
    if folder is None or not isinstance(found, host.Found):
        return None
    return Entry(folder.name, found.can, (), found.parameters, found.bytes, licence="", verified=True)


def host_refusal() -> Refusal | None:
    """Why the host's folder is not offered; None when it is, or there is none."""
    folder = host_folder()
    found = host.look(folder) if folder else None
    return found if isinstance(found, Refusal) else None


def host_conversion(begun: bool = False) -> Refusal | None:
    """Says that the host's GGUF file has to be converted first; None where it need not be. begun: only if it is now."""
    folder = host_folder()
    return host.conversion(folder, begun) if folder and host_entry() else None


def entries() -> list[Entry]:
    """What this host offers by name: the bundled models, its own folder, and the real ones that its policy allows.

    Those are: under "bundled" what the host has named itself (GLASSBOX_WITH), under "installed" what is here besides.
    """
    host = host_entry()
    own = [host] if host else []
    return [
        *(entry for entry in CATALOG if not entry.hub and entry.name not in {e.name for e in own}),
        *own,
        *(entry for entry in CATALOG if entry.hub and is_allowed(entry)),
    ]


def is_allowed(entry: Entry) -> bool:
    """Whether people may choose a real model here."""
    if entry.name in hosting.WITH.read() or policy() not in ("bundled", "installed"):
        return True
    return policy() == "installed" and is_here(entry)


def is_here(entry: Entry) -> bool:
    """Whether a model's files are on this machine: bundled, the host's own, or fetched."""
    return entry.hub is None or is_installed(entry) or (not entry.packages and bool(hub_cache.cached(entry.name)))


def is_installed(entry: Entry) -> bool:
    """Whether a real model is in the store, where somebody has had it put for this program."""
    return real.kept(entry) is not None


def offered(needs: frozenset[str] = frozenset(), language: str | None = None) -> list[Entry]:
    """The entries that can do all that is needed, in a language if one is named; the host's folder is in any."""
    return [
        entry
        for entry in entries()
        if needs <= entry.can and (language is None or not entry.languages or language in entry.languages)
    ]


def default(needs: frozenset[str] = frozenset(), text: str = "") -> str:
    """The name of the bundled model to begin with: a Korean one for a text that holds Hangul, else an English one."""
    language = "ko" if HANGUL.search(text) else "en"
    for entry in CATALOG:
        if not entry.hub and needs <= entry.can and language in entry.languages:
            return entry.name
    raise Refusal("no_model", needs=", ".join(sorted(needs)), language=language)


def is_hub_id(name: str) -> bool:
    """Whether a name is spelled owner/model, as the Hub allows it."""
    return bool(HUB_ID.fullmatch(name)) and ".." not in name and "--" not in name


def name_of(model: str | os.PathLike[str]) -> str:
    """A model as a name: a string as it is; a path so that it can be no catalogue name and no Hub id."""
    if isinstance(model, str):
        return model
    path = os.fspath(model)
    return path if os.path.isabs(path) else os.path.join(os.curdir, path)


def folder_of(name: str | os.PathLike[str]) -> Path | None:
    """Where the files of the host's model, a bundled or real one or a folder lie, whole or not; None for other names.

    A string means the folder or GGUF file of that name where there is one, unless a model that is here has it; a path
    always does.
    """
    text = os.fspath(name)
    if isinstance(name, str):
        if is_host(name):
            return host_folder()
        if any(entry.name == name and not entry.hub for entry in CATALOG):
            return WEIGHTS / name
        entry = real.find(name)
        if entry and real.kept(entry):
            return real.kept(entry)
    return Path(os.path.expanduser(text)) if is_folder(text) else None


def is_folder(text: str) -> bool:
    """Whether there is a folder, or a model in one GGUF file, at a path, which may be any text."""
    try:
        path = os.path.expanduser(text)
        return bool(text) and "\0" not in text and (os.path.isdir(path) or is_gguf(Path(path)))
    except ValueError:  # halves of surrogate pairs, which no file's name can hold
        return False


def check_offered(name: str, needs: frozenset[str] = frozenset()) -> None:
    """Raises Refusal unless a visitor may use this model here and now. Page and API ask it first; no path passes.

    A Hub id outside the catalogue passes under "any"; what it can do is known only once it is loaded: `check_kind`.
    Where a folder of this machine bears it, it does not: the library would open that.
    """
    own = host_folder()
    known = own.name if own and is_host(name) else name
    entry = next((entry for entry in entries() if entry.name == known), None)
    refusal = host_refusal() if entry is None and own and known == own.name else None
    if refusal:
        raise refusal
    if entry is None and is_hub_id(name) and not is_folder(name):
        if policy() != "any":
            raise Refusal("not_offered", model=name)
    elif entry is None:
        raise Refusal("unknown_model", model=name[:80])
    elif not needs <= entry.can:
        raise Refusal("wrong_kind", model=name, can=", ".join(sorted(entry.can)), needs=", ".join(sorted(needs)))
    waiting = host_conversion(begun=True) if own and known == own.name else None
    if waiting:
        raise waiting


if __name__ == "__main__":
    from .hub import main

    raise SystemExit(main())
