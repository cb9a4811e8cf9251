"""In which format a model's folder is, read without torch: what cannot be opened here is refused by its own name.

Of a folder, `check` looks at what its files are called and how they begin. A format that is learnt one day leaves the
table below.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import files, relaxed
from .refusal import Refusal

# What else a folder may hold in place of model.safetensors: (file names, refusal, its facts); the first that is there.
OTHERS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (r"model_index\.json", "pipeline_folder", {"library": "diffusers"}),
    (r"adapter_config\.json|adapter_model\..*", "adapter_alone", {}),
    (r"(pytorch_model.*|model.*|consolidated.*)\.(bin|pth?|ckpt|pkl)", "unsafe_file", {}),
    (r".*\.(gguf|ggml)|ggml-.*\.bin|.*\.llamafile", "gguf_file", {}),
    (r".*\.onnx(_data)?", "onnx_file", {}),
    (r"(openvino|ov)_.*\.xml", "other_framework", {"format": "OpenVINO"}),
    (r".*\.(h5|keras|tflite)|saved_model\.pb|.*\.ckpt\.(index|meta|data.*)", "other_framework",
     {"format": "TensorFlow"}),
    (r".*\.msgpack|_CHECKPOINT_METADATA|_METADATA|.*\.orbax.*", "other_framework", {"format": "Flax"}),
    (r".*\.npz", "other_framework", {"format": "MLX"}),
    (r".*\.(mlmodel|mlpackage|mlmodelc)", "other_framework", {"format": "Core ML"}),
    (r".*\.(engine|plan|trt)", "other_framework", {"format": "TensorRT"}),
    (r".*\.pte", "other_framework", {"format": "ExecuTorch"}),
    (r".*\.(litertlm|task)", "other_framework", {"format": "LiteRT"}),
    (r".*\.nemo", "other_framework", {"format": "NeMo"}),
    (r".*\.(pdparams|pdmodel)", "other_framework", {"format": "PaddlePaddle"}),
    (r".*\.tar(\.gz)?|.*\.(zip|7z|tgz|mar)", "packed_folder", {}),
    (r"(?!(training_args|optimizer|scheduler|scaler|rng_state|random_states).*).*\.(bin|pth?|ckpt|pkl|pickle|joblib|t7)",
     "unsafe_file", {}),
)  # fmt: skip
# How files begin that bear the name of weights or of a config, and are neither.
BEGINNINGS: tuple[tuple[bytes, str, dict[str, str]], ...] = (
    (b"version https://git-lfs.github.com/spec/", "lfs_pointer", {}),
    (b"# xet version", "lfs_pointer", {}),
    (b"GGUF", "gguf_file", {}),
    (b"\x89HDF", "other_framework", {"format": "TensorFlow"}),
    (b"PK\x03\x04", "unsafe_file", {}),
    (b"\x80\x02", "unsafe_file", {}),
)
WEB_PAGE = re.compile(
    rb"\s*<(!doctype|html|\?xml)|entry not found|invalid (username|credentials)|access to model", re.I
)
QUANTIZED = {
    "GPTQ": r".*\.(qweight|qzeros|g_idx)",
    "bitsandbytes": r".*\.(weight\.(absmax|quant_map|quant_state.*)|SCB)",
}
LIBRARIES = {"pretrained_cfg": "timm", "open_clip_version": "open_clip", "model_cfg": "open_clip"}


def other(names: Iterable[str]) -> tuple[str, dict[str, str]] | None:
    """The refusal that fits a folder with these files and no model.safetensors; None where nothing is known of them."""
    listed = sorted(names)
    for pattern, key, facts in OTHERS:
        if any(re.fullmatch(pattern, name, re.IGNORECASE) for name in listed):
            return key, facts
    return None


def check(name: str, folder: Path) -> None:
    """Raises the Refusal that says why a folder's weights cannot be read here; returns where they look whole."""
    if not folder.is_dir():
        key, facts = (folder.is_file() and other([folder.name])) or ("no_folder", {})
        raise Refusal(key, model=name, **facts)
    try:
        names = sorted(os.listdir(folder))
        if "model_index.json" in names:
            raise Refusal("pipeline_folder", model=name, library="diffusers")
        paths = _weights(name, folder)
        for path in paths:
            check_file(name, path)
        if not paths:
            raise _missing(name, folder, names)
        _check_tensors(name, paths)
    except OSError as error:
        raise unreadable(name, folder, error) from error
    config(name, folder)


def config(name: str, folder: Path) -> dict[str, Any]:
    """What config.json holds; refuses one that is missing, unreadable, of another library, or of quantized weights."""
    path = folder / "config.json"
    try:
        if not path.is_file():
            os.stat(path)
        check_file(name, path)
        found = relaxed.parse(path.read_bytes())
    except FileNotFoundError:
        raise Refusal("no_config", model=name) from None
    except OSError as error:
        raise unreadable(name, folder, error) from error
    except ValueError as error:
        raise Refusal("not_json", model=name, file=path.name, line=getattr(error, "lineno", 1)) from error
    if not isinstance(found, dict):
        raise Refusal("not_json", model=name, file=path.name, line=1)
    for field, library in LIBRARIES.items():
        if field in found and "model_type" not in found:
            raise Refusal("pipeline_folder", model=name, library=library)
    method = _method(found)
    if method:
        raise Refusal("quantized", model=name, method=method)
    return found


def _weights(name: str, folder: Path) -> tuple[Path, ...]:
    """The files that hold the weights, there or not; () where neither model.safetensors nor an index names any."""
    try:
        return files.named_weights(folder)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Refusal("damaged_file", model=name, file=files.INDEX) from error


def check_file(name: str, path: Path) -> None:
    """Looks at how a file begins; raises OSError where it cannot be opened."""
    try:
        with path.open("rb") as file:
            begin = file.read(64)
    except FileNotFoundError:
        if path.name == "config.json":
            raise
        raise Refusal("missing_file", model=name, file=path.name) from None
    for mark, key, facts in BEGINNINGS:
        if begin.startswith(mark):
            raise Refusal(key, model=name, **({"file": path.name} if key == "lfs_pointer" else facts))
    if WEB_PAGE.match(begin):
        raise Refusal("web_page", model=name, file=path.name)


def _check_tensors(name: str, paths: Iterable[Path]) -> None:
    """Raises Refusal where a file of weights is cut short, or holds numbers packed by a quantizer."""
    for path in paths:
        try:
            tensors = files.header(path)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Refusal("damaged_file", model=name, file=path.name) from error
        for method, pattern in QUANTIZED.items():
            if any(re.fullmatch(pattern, tensor) for tensor in tensors):
                raise Refusal("quantized", model=name, method=method)


def _method(config: dict[str, Any]) -> str:
    """How a config says that its weights were quantized; "" where it does not."""
    facts = config.get("quantization_config") or config.get("compression_config")
    if isinstance(facts, dict):
        four = facts.get("load_in_4bit") or facts.get("load_in_8bit")
        return str(facts.get("quant_method") or ("bitsandbytes" if four else "unknown"))[:40]
    facts = config.get("quantization")
    return f"MLX, {facts.get('bits', '?')} bit" if isinstance(facts, dict) else ""


def _missing(name: str, folder: Path, names: list[str]) -> Refusal:
    """Why a folder without weights of its own has none."""
    known = other(names)
    if known and known[0] == "adapter_alone":
        return Refusal("adapter_alone", model=name, base=_base(folder))
    if known:
        return Refusal(known[0], model=name, **known[1])
    stray = [file for file in names if file.endswith(".safetensors")]
    if stray:
        return Refusal("other_name", model=name, file=stray[0], expected=files.INDEX if stray[1:] else files.SINGLE)
    inner = _inner(folder)
    return Refusal("in_subfolder", model=name, folder=inner) if inner else Refusal("no_weights", model=name)


def _base(folder: Path) -> str:
    """The model that an adapter belongs to, as it says itself."""
    try:
        return str(files.read_json(folder / "adapter_config.json")["base_model_name_or_path"] or "…")[:120]
    except (OSError, ValueError, LookupError):
        return "…"


def _inner(folder: Path) -> str:
    """The newest folder in this one that holds a model, as a relative path with slashes; "" where none does."""
    found = [path.parent for depth in ("*", "*/*") for path in folder.glob(f"{depth}/config.json")]
    whole = [path for path in found if any((path / file).is_file() for file in (files.SINGLE, files.INDEX))]
    newest = max(whole, key=lambda path: path.stat().st_mtime_ns, default=None)
    return newest.relative_to(folder).as_posix() if newest else ""


def unreadable(name: str, folder: Path, error: OSError) -> Refusal:
    """The refusal of a file that the system does not open, by its name and never its path."""
    file = Path(os.fsdecode(error.filename)).name if error.filename else folder.name
    return Refusal("not_readable", model=name, file=file)
