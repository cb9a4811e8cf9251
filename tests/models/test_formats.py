"""What a folder holds in place of a model: each kind is refused by its own name, and nothing of it is opened."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from models import architectures, catalog, files, folders, hub, relaxed
from models.refusal import Refusal

TABLE = b'{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}'
WHOLE = len(TABLE).to_bytes(8, "little") + TABLE + bytes(24)
CONFIG = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def lay(folder: Path, *names: str, data: bytes = b"x", **config: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "config.json").write_text(json.dumps(CONFIG | config))
    return folder


def refused(folder: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        folders.check("ours", folder)
    assert str(folder) not in str(caught.value)  # a visitor sees no path of the host's
    return caught.value


@pytest.mark.parametrize(
    "names, key, fact",
    [
        (["model-q4_k_m.gguf"], "gguf_file", ""),
        (["ggml-model-q4_0.bin"], "ggml_file", ""),
        (["adapter_config.json", "adapter_model.safetensors"], "adapter_alone", "…"),
        (["adapter_config.json", "adapter_model.bin"], "adapter_alone", "…"),
        (["model.onnx", "model.onnx_data"], "onnx_file", ""),
        (["decoder_model_merged.onnx"], "onnx_file", ""),
        (["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack"], "unsafe_file", ""),
        (["pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json"], "unsafe_file", ""),
        (["model.pkl"], "unsafe_file", ""),
        (["best.pth"], "unsafe_file", ""),
        (["tf_model.h5"], "other_framework", "TensorFlow"),
        (["saved_model.pb", "variables"], "other_framework", "TensorFlow"),
        (["bert_model.ckpt.index", "bert_model.ckpt.meta"], "other_framework", "TensorFlow"),
        (["flax_model.msgpack"], "other_framework", "Flax"),
        (["weights.00.npz"], "other_framework", "MLX"),
        (["Model.mlpackage/Manifest.json"], "other_framework", "Core ML"),
        (["openvino_model.xml"], "other_framework", "OpenVINO"),
        (["model_index.json", "unet/model.safetensors"], "pipeline_folder", "diffusers"),
        (["model.tar.gz"], "packed_folder", ""),
        (["consolidated.safetensors"], "other_name", "consolidated.safetensors"),
        (["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"], "other_name", files.INDEX),
        (["checkpoint-5/config.json", "checkpoint-5/model.safetensors"], "in_subfolder", "checkpoint-5"),
        (["snapshots/0a1b/config.json", "snapshots/0a1b/model.safetensors"], "in_subfolder", "snapshots/0a1b"),
        (["training_args.bin", "optimizer.pt", "rng_state.pth"], "no_weights", ""),
        ([], "no_weights", ""),
    ],
)
def test_each_kind_of_folder_has_its_own_refusal(tmp_path: Path, names: list[str], key: str, fact: str) -> None:
    refusal = refused(lay(tmp_path / "ours", *names))
    assert refusal.key == key and (not fact or fact in refusal.facts.values())


@pytest.mark.parametrize(
    "data, key",
    [
        (POINTER, "lfs_pointer"),
        (b"GGUF\x03\0\0\0", "gguf_file"),
        (b"PK\x03\x04archive/data.pkl", "unsafe_file"),
        (b"\x80\x02}q\0.", "unsafe_file"),
        (b"<!DOCTYPE html><html>", "web_page"),
        (b"Entry not found", "web_page"),
        (b"\x89HDF\r\n", "other_framework"),
        (b"", "damaged_file"),
        (WHOLE[:-5], "damaged_file"),
        (b"\xff" * 40, "damaged_file"),
    ],
)
def test_what_bears_the_name_of_weights_and_is_none(tmp_path: Path, data: bytes, key: str) -> None:
    assert refused(lay(tmp_path / "ours", "model.safetensors", data=data)).key == key
    shards = lay(tmp_path / "shards", "model.safetensors-00001-of-00002.safetensors", data=data)
    (shards / "b.safetensors").write_bytes(WHOLE)
    names = {"a": "model.safetensors-00001-of-00002.safetensors", "b": "b.safetensors"}
    (shards / files.INDEX).write_text(json.dumps({"weight_map": names}))
    assert refused(shards).key == key
    (shards / names["a"]).unlink()
    assert refused(shards).facts["file"] == names["a"]


@pytest.mark.parametrize(
    "name", ["../x.safetensors", "/etc/passwd", "a/b.safetensors", "x.bin", "..", "a\\b.safetensors", 3]
)
def test_an_index_names_files_beside_it_and_no_others(tmp_path: Path, name: object) -> None:
    folder = lay(tmp_path / "ours")
    (folder / files.INDEX).write_text(json.dumps({"weight_map": {"a": name}}))
    assert refused(folder).facts == {"model": "ours", "file": files.INDEX}


@pytest.mark.parametrize(
    "config, method",
    [
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "gptq"),
        ({"quantization_config": {"quant_method": "awq"}}, "awq"),
        ({"quantization_config": {"load_in_4bit": True}}, "bitsandbytes"),
        ({"quantization_config": {"quant_method": "fp8"}}, "fp8"),
        ({"compression_config": {"quant_method": "compressed-tensors"}}, "compressed-tensors"),
        ({"quantization": {"group_size": 64, "bits": 4}}, "MLX, 4 bit"),
    ],
)
def test_quantized_weights_are_named_by_their_method(tmp_path: Path, config: dict[str, Any], method: str) -> None:
    refusal = refused(lay(tmp_path / "ours", "model.safetensors", data=WHOLE, **config))
    assert refusal.key == "quantized" and refusal.facts["method"] == method


def test_packed_tensors_tell_a_quantizer_that_no_config_names(tmp_path: Path) -> None:
    for tensor, method in (
        (b"h.0.qweight", "GPTQ"),
        (b"h.0.weight.absmax", "bitsandbytes"),
        (b"h.0.SCB", "bitsandbytes"),
    ):
        table = TABLE.replace(b'"a"', b'"' + tensor + b'"')
        data = len(table).to_bytes(8, "little") + table + bytes(24)
        assert refused(lay(tmp_path / "ours", "model.safetensors", data=data)).facts["method"] == method


def test_an_adapter_says_which_model_it_belongs_to(tmp_path: Path) -> None:
    folder = lay(tmp_path / "ours", "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "some/base"}')
    assert refused(folder).facts["base"] == "some/base"


def test_what_is_no_config_of_transformers(tmp_path: Path) -> None:
    folder = lay(tmp_path / "ours", "model.safetensors", data=WHOLE)
    timm, bad = b'{"architecture": "vit", "pretrained_cfg": {}}', (b"{", b"[]", b"\xff\x00\x01")
    for data, key in ((timm, "pipeline_folder"), (POINTER, "lfs_pointer"), *((each, "file_not_json") for each in bad)):
        (folder / "config.json").write_bytes(data)
        assert refused(folder).key == key
    (folder / "config.json").unlink()
    assert refused(folder).key == "no_config"


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    (tmp_path / "model.safetensors").write_bytes(WHOLE)
    for name, key in (("nothing", "no_folder"), ("model.safetensors", "no_folder"), ("model.gguf", "gguf_file")):
        assert refused(tmp_path / name).key == key


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read anything: it becomes another user for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_what_may_not_be_read_is_said_by_name(tmp_path: Path) -> None:
    folder = lay(tmp_path / "ours", "model.safetensors", data=WHOLE)
    parents = [path for path in folder.parents if path.stat().st_uid == os.geteuid()]
    modes = {path: path.stat().st_mode for path in parents}
    try:
        for path in parents:
            path.chmod(0o755)
        for path in (folder / "model.safetensors", folder / "config.json", folder):
            mode = path.stat().st_mode
            path.chmod(0)
            with as_nobody():
                refusal = refused(folder)
            path.chmod(mode)
            assert (refusal.key, refusal.facts["file"]) == ("not_readable", path.name)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)
    folders.check("ours", folder)


def test_json_as_other_tools_write_it() -> None:
    for data in (b'{"a": 1}', b'\xef\xbb\xbf{"a": 1}', '{"a": 1}'.encode("utf-16"), b'{"a": 1,}',
                 b'{ // one\n "a": /* two */ 1 }', b'# three\n{"a": 0, "a": 1}'):  # fmt: skip
        assert relaxed.parse(data) == {"a": 1}
    assert relaxed.parse(b'{"a": "// no, /* comment */", "b": ",}",}') == {"a": "// no, /* comment */", "b": ",}"}
    assert relaxed.parse(b'{"a": {"__float__": "-Infinity"}}') == {"a": float("-inf")}
    for data in (b"{", b"{'a': 1}", b'{"a" 1}', b"\xff"):
        with pytest.raises(ValueError):
            relaxed.parse(data)


def test_a_hub_repository_is_told_by_its_file_names() -> None:
    from models import formats

    for names, key in ((["onnx/model.onnx", "config.json"], "onnx_file"), (["x.Q4_K_M.gguf"], "gguf_file")):
        found = formats.other("a/b", names)
        assert found and found.key == key
    assert hub.TEXTS.fullmatch("spiece.model") and not hub.TEXTS.fullmatch("other.model")


def test_what_the_host_named_and_cannot_offer_is_said_once_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from explainers.shell.offer import report_host

    folder = lay(tmp_path / "ours", "model.gguf")
    monkeypatch.setenv("GLASSBOX_FOLDER", str(folder))
    for _ in range(3):
        assert catalog.host_entry() is None
    assert not caplog.records
    report_host()
    (line,) = caplog.messages
    assert line.startswith("GLASSBOX_FOLDER: ") and "model.gguf" in line and "\n" not in line
    with pytest.raises(Refusal, match=r"model\.gguf"):
        catalog.check_offered("ours")
    (folder / "model.safetensors").write_bytes(WHOLE)
    assert catalog.host_refusal() is None and [e.can for e in catalog.entries() if e.name == "ours"] == [catalog.GPT]
    catalog.check_offered("ours", catalog.GPT)


@pytest.mark.parametrize(
    "config, can",
    [
        ({"architectures": ["GPT2LMHeadModel"]}, architectures.GPT),
        ({"architectures": "BertForMaskedLM"}, architectures.BERT),
        ({"architectures": ["MambaForCausalLM"], "model_type": "mamba"}, {"causal"}),
        ({"architectures": ["BertModel"]}, None),
        ({"architectures": []}, None),
        ({}, None),
        ({"architectures": ["XLNetLMHeadModel"], "model_type": "xlnet"}, None),
    ],
)
def test_what_a_config_alone_promises(config: dict[str, Any], can: frozenset[str] | None) -> None:
    assert architectures.abilities(config) == can
