"""A model's folder, looked at before it is read: what is missing, damaged or of another kind is refused by its name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import files, formats, relaxed
from .refusal import Refusal

CONFIG = "config.json"


def check(name: str, folder: Path) -> None:
    """Raises the Refusal that says why a folder's model cannot be read here; returns where its files look whole."""
    if not folder.is_dir():
        known = formats.other(name, [folder.name]) if folder.is_file() else None
        raise known or Refusal("no_folder", model=name)
    try:
        names = sorted(os.listdir(folder))
        known = formats.other(name, {"model_index.json"} & set(names))
        paths = _weights(name, folder)
        if known or not paths:
            raise known or _missing(name, folder, names)
        for path in paths:
            check_file(name, path)
    except OSError as error:
        raise unreadable(name, folder, error) from error
    found = config(name, folder)
    quantized = formats.quantized(name, found, _tensors(name, paths))
    if quantized:
        raise quantized


def config(name: str, folder: Path) -> dict[str, Any]:
    """What config.json holds; refuses one that is missing, unreadable or of another library."""
    path = folder / CONFIG
    try:
        if not os.path.lexists(path):
            raise Refusal("no_config", model=name)
        check_file(name, path)
        found = relaxed.parse(path.read_bytes())
    except OSError as error:
        raise unreadable(name, folder, error) from error
    except ValueError as error:
        raise Refusal("file_not_json", model=name, file=CONFIG, line=getattr(error, "lineno", 1)) from error
    if not isinstance(found, dict):
        raise Refusal("file_not_json", model=name, file=CONFIG, line=1)
    other = formats.of_library(name, found)
    if other:
        raise other
    return found


def check_file(name: str, path: Path) -> None:
    """Looks at how a file begins; raises OSError where it cannot be opened."""
    try:
        known = formats.begun(name, path)
    except FileNotFoundError:
        known = Refusal("missing_file", model=name, file=path.name)
    if known:
        raise known


def unreadable(name: str, folder: Path, error: OSError) -> Refusal:
    """The refusal of a file that the system does not open, by its name and never its path."""
    file = Path(os.fsdecode(error.filename)).name if error.filename else folder.name
    return Refusal("not_readable", model=name, file=file)


def _weights(name: str, folder: Path) -> tuple[Path, ...]:
    """The files that hold the weights, there or not; () where neither model.safetensors nor an index names any."""
    try:
        return files.named_weights(folder)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refusal("damaged_file", model=name, file=files.INDEX) from error


def _tensors(name: str, paths: Iterable[Path]) -> list[str]:
    """The names of all tensors; raises Refusal where a file of weights is cut short."""
    found: list[str] = []
    for path in paths:
        try:
            found += files.header(path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise Refusal("damaged_file", model=name, file=path.name) from error
    return found


def _missing(name: str, folder: Path, names: list[str]) -> Refusal:
    """Why a folder without weights of its own has none."""
    known = formats.other(name, names)
    if known and known.key == "adapter_alone":
        return formats.adapter(name, _base(folder))
    stray = [file for file in names if file.endswith(".safetensors") and file != files.PROJECTION]
    if stray and not known:
        expected = files.INDEX if stray[1:] else files.SINGLE
        return Refusal("other_name", model=name, file=stray[0], expected=expected)
    inner = _inner(folder)
    within = Refusal("in_subfolder", model=name, folder=inner) if inner else None
    return known or within or Refusal("no_weights", model=name)


def _base(folder: Path) -> str:
    """The model that an adapter belongs to, as it says itself."""
    try:
        return str(files.read_json(folder / "adapter_config.json")["base_model_name_or_path"] or "…")
    except (OSError, ValueError, LookupError):
        return "…"


def _inner(folder: Path) -> str:
    """The newest folder in this one that holds a model, as a relative path with slashes; "" where none does."""
    found = [path.parent for depth in ("*", "*/*") for path in folder.glob(f"{depth}/{CONFIG}")]
    whole = [path for path in found if any((path / file).is_file() for file in (files.SINGLE, files.INDEX))]
    newest = max(whole, key=lambda path: path.stat().st_mtime_ns, default=None)
    return newest.relative_to(folder).as_posix() if newest else ""
