"""The header of a GGUF file that may be split: of all its parts together."""

from __future__ import annotations

from pathlib import Path

from .. import formats
from ..refusal import Refusal
from . import header
from .found import first_of, parts_of
from .header import Damaged, Header, OtherVersion, UnknownType


def read(name: str, path: Path) -> Header:
    """The header of a file and its further parts, whichever of them is named.

    Refusals: gguf_part_missing, damaged_file, gguf_version, gguf_type, not_readable.
    """
    paths = parts_of(first_of(path))
    missing = next((part.name for part in paths if not part.is_file()), "")
    if missing:
        raise Refusal("gguf_part_missing", model=name, file=missing)
    heads = [_read(name, part) for part in paths]
    counts = {int(head.metadata.get("split.count", 1)) for head in heads}
    tensors = tuple(tensor for head in heads for tensor in head.tensors)
    whole = int(heads[0].metadata.get("split.tensors.count", len(tensors))) == len(tensors)
    if counts != {len(paths)} or not whole or len({tensor.name for tensor in tensors}) < len(tensors):
        raise Refusal("damaged_file", model=name, file=paths[0].name)
    return Header(heads[0].metadata, tensors)


def _read(name: str, path: Path) -> Header:
    """The header of one part."""
    try:
        return header.read(path)
    except Damaged as error:
        known = formats.begun(name, path)
        other = known if known and known.key != "gguf_file" else None
        raise other or Refusal("damaged_file", model=name, file=path.name) from error
    except OtherVersion as error:
        raise Refusal("gguf_version", model=name, version=str(error)) from error
    except UnknownType as error:
        raise Refusal("gguf_type", model=name, tensor=error.args[0], type=error.args[1]) from error
    except OSError as error:
        raise Refusal("not_readable", model=name, file=path.name) from error
