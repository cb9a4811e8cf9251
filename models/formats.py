"""Formats that cannot be opened here, each told by its files' names or by how a file begins; needs no torch.

A format that is learnt one day leaves these tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from .refusal import Refusal

Say = Callable[[str], Refusal]  # a model's name -> why it is not opened


def _pickle(name: str) -> Refusal:
    return Refusal("unsafe_file", model=name)


def _gguf(name: str) -> Refusal:
    return Refusal("gguf_file", model=name)


def _ggml(name: str) -> Refusal:
    return Refusal("ggml_file", model=name)


def _onnx(name: str) -> Refusal:
    return Refusal("onnx_file", model=name)


def _packed(name: str) -> Refusal:
    return Refusal("packed_folder", model=name)


def _pointer(name: str, file: str) -> Refusal:
    return Refusal("lfs_pointer", model=name, file=file)


def _framework(framework: str, name: str) -> Refusal:
    return Refusal("other_framework", model=name, format=framework)


def _library(library: str, name: str) -> Refusal:
    return Refusal("pipeline_folder", model=name, library=library)


def adapter(name: str, base: str = "…") -> Refusal:
    """The refusal of an adapter without the model, `base`, that it belongs to."""
    return Refusal("adapter_alone", model=name, base=base[:120])


PICKLES = r"\.(bin|pth?|ckpt|pkl|pickle|joblib|t7)"
# What a folder may hold in place of model.safetensors: the first of these that is there says what it is.
OTHERS: tuple[tuple[str, Say], ...] = (
    (r"model_index\.json", partial(_library, "diffusers")),
    (r"adapter_config\.json|adapter_model\..*", adapter),
    (rf"(pytorch_model.*|model.*|consolidated.*){PICKLES}", _pickle),
    (r".*\.gguf", _gguf),
    (r".*\.ggml|ggml-.*\.bin|.*\.llamafile", _ggml),
    (r".*\.onnx(_data)?", _onnx),
    (r"(openvino|ov)_.*\.xml", partial(_framework, "OpenVINO")),
    (r".*\.(h5|keras|tflite)|saved_model\.pb|.*\.ckpt\.(index|meta|data.*)", partial(_framework, "TensorFlow")),
    (r".*\.msgpack|_CHECKPOINT_METADATA|_METADATA|.*\.orbax.*", partial(_framework, "Flax")),
    (r".*\.npz", partial(_framework, "MLX")),
    (r".*\.(mlmodel|mlpackage|mlmodelc)", partial(_framework, "Core ML")),
    (r".*\.(engine|plan|trt)", partial(_framework, "TensorRT")),
    (r".*\.pte", partial(_framework, "ExecuTorch")),
    (r".*\.(litertlm|task)", partial(_framework, "LiteRT")),
    (r".*\.nemo", partial(_framework, "NeMo")),
    (r".*\.(pdparams|pdmodel)", partial(_framework, "PaddlePaddle")),
    (r".*\.(tar|tar\.gz|tgz|zip|7z|mar)", _packed),
    (rf"(?!(training_args|optimizer|scheduler|scaler|rng_state|random_states)).*{PICKLES}", _pickle),
)
# How files begin that bear the name of weights, of a config or a vocabulary, and are none.
BEGINNINGS: tuple[tuple[bytes, Say], ...] = (
    (b"GGUF", _gguf),
    (b"\x89HDF", partial(_framework, "TensorFlow")),
    (b"PK\x03\x04", _pickle),
    (b"\x80\x02", _pickle),
    (b"\x1f\x8b", _packed),
)
POINTERS = (b"version https://git-lfs.github.com/spec/", b"# xet version")
WEB_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)|entry not found|invalid username|access to model", re.IGNORECASE)
PACKED_TENSORS = {
    "GPTQ": r".*\.(qweight|qzeros|g_idx)",
    "bitsandbytes": r".*\.(weight\.(absmax|quant_map|quant_state.*)|SCB)",
}
LIBRARIES = {"pretrained_cfg": "timm", "open_clip_version": "open_clip", "model_cfg": "open_clip"}


def other(name: str, names: Iterable[str]) -> Refusal | None:
    """The refusal that fits a folder with these files and no model.safetensors; None where nothing is known of them."""
    listed = sorted(names)
    for pattern, say in OTHERS:
        if any(re.fullmatch(pattern, file, re.IGNORECASE) for file in listed):
            return say(name)
    return None


def begun(name: str, path: Path) -> Refusal | None:
    """The refusal of a file that begins as none of its name does; raises OSError where it cannot be opened."""
    with path.open("rb") as file:
        begin = file.read(64)
    if begin.startswith(POINTERS):
        return _pointer(name, path.name)
    if WEB_PAGE.match(begin):
        return Refusal("web_page", model=name, file=path.name)
    return next((say(name) for mark, say in BEGINNINGS if begin.startswith(mark)), None)


def quantized(name: str, config: dict[str, Any], tensors: Iterable[str] = ()) -> Refusal | None:
    """The refusal of weights that a quantizer packed, as their config or their names say; None where none did."""
    method = _method(config)
    for packer, pattern in PACKED_TENSORS.items():
        method = method or (packer if any(re.fullmatch(pattern, tensor) for tensor in tensors) else "")
    return Refusal("quantized", model=name, method=method) if method else None


def _method(config: dict[str, Any]) -> str:
    """How a config says that its weights were quantized; "" where it does not."""
    facts = config.get("quantization_config") or config.get("compression_config")
    if isinstance(facts, dict):
        loaded = facts.get("load_in_4bit") or facts.get("load_in_8bit")
        return str(facts.get("quant_method") or ("bitsandbytes" if loaded else "?"))[:40]
    facts = config.get("quantization")
    return f"MLX, {facts.get('bits', '?')} bit" if isinstance(facts, dict) else ""


def of_library(name: str, config: dict[str, Any]) -> Refusal | None:
    """The refusal of a config.json that another library wrote; None where it may be transformers'."""
    found = [library for field, library in LIBRARIES.items() if field in config and "model_type" not in config]
    return _library(found[0], name) if found else None
