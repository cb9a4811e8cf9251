"""GGUF files as they are before a model is made of them: headers that lie, kinds of blocks, and what is none."""

from __future__ import annotations

import random
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from models import catalog, host, origin
from models.gguf_files import blocks, conversions, found, header, parts
from models.refusal import Refusal
from tests.gguf_writing import add

HUGE = 1 << 62
PLAIN: dict[str, Any] = {
    "general.architecture": "gpt2",
    "gpt2.block_count": 1,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a", "b", "ab"],
    "tokenizer.ggml.merges": ["a b"],
}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path / "store"))


def text(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def row(name: str = "t", sizes: tuple[int, ...] = (4,), kind: int = 0, offset: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, offset)


def lay(
    path: Path, entries: list[bytes], rows: list[bytes], data: int = 64, version: int = 3, counts: Any = None
) -> Path:
    """A file of these entries and rows, and some zeros for numbers."""
    head = b"GGUF" + struct.pack("<IQQ", version, *(counts or (len(rows), len(entries)))) + b"".join(entries + rows)
    path.write_bytes(head + bytes(-len(head) % 32) + bytes(data))
    return path


def write(path: Path, **changes: Any) -> Path:
    """A file with a whole header and one tensor. changes: other metadata, dots as "__"; None takes an entry away."""
    facts = PLAIN | {key.replace("__", "."): value for key, value in changes.items()}
    writer = gguf.GGUFWriter(path, facts.pop("general.architecture") or "x")
    for key, value in facts.items():
        add(writer, key, value)
    writer.add_tensor("token_embd.weight", np.zeros((3, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def refused(path: Path) -> Refusal:
    refusal = host.look(path)
    assert isinstance(refusal, Refusal), refusal
    assert str(path.parent) not in refusal.sentence("en") and refusal.sentence("ko") != refusal.key
    return refusal


GOOD = entry("general.architecture", 8, text("gpt2"))
LIES: dict[str, tuple[list[bytes], list[bytes], dict[str, Any]]] = {
    "more tensors than any": ([GOOD], [row()], {"counts": (HUGE, 1)}),
    "more keys than any": ([GOOD], [row()], {"counts": (1, HUGE)}),
    "more keys than there are": ([GOOD], [row()], {"counts": (1, 60_000)}),
    "a text without end": ([text(b"k") + struct.pack("<IQ", 8, HUGE)], [], {}),
    "a key without end": ([struct.pack("<Q", HUGE)], [], {}),
    "a list without end": ([entry("k", 9, struct.pack("<IQ", 8, HUGE))], [], {}),
    "numbers without end": ([entry("k", 9, struct.pack("<IQ", 12, (1 << 64) - 1))], [], {}),
    "lists in lists": ([entry("k", 9, struct.pack("<IQ", 9, 1) * 50)], [], {}),
    "no such type": ([entry("k", 77, b"")], [], {}),
    "no UTF-8": ([entry("k", 8, text(b"\xff\xfe"))], [], {}),
    "a key twice": ([GOOD, GOOD], [], {}),
    "no power of two": ([GOOD, entry("general.alignment", 4, struct.pack("<I", 24))], [row()], {}),
    "alignment of 0": ([GOOD, entry("general.alignment", 4, bytes(4))], [row()], {}),
    "alignment as a text": ([GOOD, entry("general.alignment", 8, text("32"))], [row()], {}),
    "too many sizes": ([GOOD], [text("t") + struct.pack("<I", 1 << 31)], {}),
    "a size of 0": ([GOOD], [row(sizes=(0,))], {}),
    "no size": ([GOOD], [row(sizes=())], {}),
    "sizes that overflow": ([GOOD], [row(sizes=(1 << 32, 1 << 32, 1 << 32, 1 << 32))], {}),
    "a row that fits no block": ([GOOD], [row(sizes=(33,), kind=8)], {}),
    "beyond the end": ([GOOD], [row(offset=64)], {}),
    "far beyond": ([GOOD], [row(offset=(1 << 64) - 32)], {}),
    "not aligned": ([GOOD], [row(offset=4)], {}),
    "one over another": ([GOOD], [row("a", (16,)), row("b", (4,), offset=32)], {}),
    "two of one name": ([GOOD], [row("a"), row("a", offset=32)], {}),
    "cut short": ([GOOD], [row(sizes=(17,))], {}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_damaged_and_takes_no_memory(lie: str, tmp_path: Path) -> None:
    entries, rows, more = LIES[lie]
    path = lay(tmp_path / "a.gguf", entries, rows, **more)
    tracemalloc.start()
    refusal = refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.key == "damaged_file" and refusal.facts["file"] == "a.gguf"
    assert peak < 2_000_000


def test_a_file_cut_short_anywhere_or_scratched_leaves_no_trace(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.gguf").read_bytes()
    path, draw = tmp_path / "a.gguf", random.Random(4)
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(Refusal, match=r"damaged|cut short"):
            parts.read("a", path)
    for _ in range(400):
        scratched = bytearray(whole)
        for _ in range(draw.randrange(1, 5)):
            scratched[draw.randrange(4, len(whole))] = draw.choice((0, 1, 127, 128, 255))
        path.write_bytes(scratched)
        found = host._look(path)  # what is no Refusal and no model either raises
        assert isinstance(found, Refusal | host.Found)


@pytest.mark.parametrize(
    ("changes", "key", "fact"),
    [
        ({"general__architecture": "flux"}, "gguf_family", "flux"),
        ({"general__architecture": "bert"}, "gguf_family", "bert"),
        ({"general__architecture": "clip"}, "gguf_projector", ""),
        ({"general__type": "mmproj"}, "gguf_projector", ""),
        ({"general__type": "adapter"}, "adapter_alone", "…"),
        ({"tokenizer__ggml__tokens": None}, "gguf_no_tokenizer", ""),
        ({"tokenizer__ggml__model": "none"}, "gguf_no_tokenizer", ""),
        ({"tokenizer__ggml__model": "rwkv"}, "gguf_tokenizer", "rwkv"),
    ],
)
def test_what_is_no_model_that_is_read_is_named(changes: dict[str, Any], key: str, fact: str, tmp_path: Path) -> None:
    refusal = refused(write(tmp_path / "a.gguf", **changes))
    assert refusal.key == key and (not fact or fact in refusal.facts.values())


def test_other_versions_types_and_files_are_named(tmp_path: Path) -> None:
    for version, said in ((1, "1"), (4, "4"), (3 << 24, "3, big-endian")):
        assert refused(lay(tmp_path / "a.gguf", [GOOD], [], version=version)).facts["version"] == said
    tokens = entry("tokenizer.ggml.model", 8, text("gpt2")) + entry(
        "tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 1) + text("a")
    )
    for kind, size, said in ((4711, 256, "4711"), (15, 256, "Q8_K"), (9, 32, "Q8_1"), (28, 4, "F64")):
        rows = [row("odd", (size,), kind)]
        refusal = refused(lay(tmp_path / "a.gguf", [GOOD, tokens], rows, data=512, counts=(1, 3)))
        assert refusal.key == "gguf_type" and refusal.facts["tensor"] == "odd" and refusal.facts["type"] == said
    for data, key in (
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "lfs_pointer"),
        (b"<!doctype html>", "web_page"),
        (b"", "damaged_file"),
        (b"lmgg" + bytes(99), "damaged_file"),
    ):
        (tmp_path / "a.gguf").write_bytes(data)
        assert refused(tmp_path / "a.gguf").key == key


def test_each_kind_of_blocks_equals_what_gguf_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw, writer = np.random.default_rng(1), gguf.GGUFWriter(tmp_path / "a.gguf", "gpt2")
    known = [kind for kind in gguf.GGML_QUANT_SIZES if blocks.is_known(kind)]
    for kind in known:
        size = gguf.GGML_QUANT_SIZES[kind][1] * (256 // gguf.GGML_QUANT_SIZES[kind][0] or 1)
        writer.add_tensor(kind.name, draw.integers(0, 256, (5, size), dtype=np.uint8), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    monkeypatch.setattr(blocks, "AT_ONCE", 600)  # two rows at once, and one that is left
    ours = {tensor.name: tensor for tensor in header.read(tmp_path / "a.gguf").tensors}
    with np.errstate(all="ignore"):
        for tensor in gguf.GGUFReader(tmp_path / "a.gguf").tensors:
            wanted = gguf.dequantize(tensor.data, tensor.tensor_type)
            found = blocks.dequantized(ours[tensor.name])
            assert found.shape == wanted.shape == (5, 256), tensor.name
            assert np.array_equal(found.view(np.uint32), wanted.view(np.uint32)), tensor.name
    assert {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q4_K", "Q6_K", "IQ4_XS"} <= {kind.name for kind in known}


def test_which_file_a_folder_means(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    assert found.gguf_of("ours", folder) is None
    one = write(folder / "Model-Q4.GGUF")
    for beside in ("mmproj-model-f16.gguf", "model.imatrix.gguf", "README.md"):
        (folder / beside).write_bytes(b"x")
    assert found.gguf_of("ours", folder) == one
    write(folder / "model-q8.gguf")
    refusal = refused(folder)
    assert refusal.key == "gguf_several" and refusal.facts["files"] == "Model-Q4.GGUF, model-q8.gguf"
    (folder / "model.safetensors").write_bytes(b"x")  # then that is the model
    assert found.gguf_of("ours", folder) is None
    nameless = write(tmp_path / "a.gguf").rename(tmp_path / "sha256-0a1b")  # as Ollama calls them
    assert found.gguf_of("x", nameless) == nameless and catalog.is_folder(str(nameless))
    (tmp_path / "other").write_bytes(b"text")
    assert not catalog.is_folder(str(tmp_path / "other"))


def test_a_split_file_is_all_its_parts(tmp_path: Path) -> None:
    def lay_part(number: int, name: str, count: int = 2) -> Path:
        splits = [entry("split.no", 2, struct.pack("<H", number)), entry("split.count", 2, struct.pack("<H", count))]
        path = tmp_path / f"m-{number + 1:05}-of-00002.gguf"
        return lay(path, [*([GOOD] if number == 0 else []), *splits], [row(name)])

    first, second = lay_part(0, "a"), lay_part(1, "b")
    for named in (first, second):
        assert [tensor.name for tensor in parts.read("m", named).tensors] == ["a", "b"]
    assert found.gguf_of("m", tmp_path) == first
    for name, count in (("a", 2), ("b", 3)):  # two of one name; parts of two splits
        lay_part(1, name, count)
        assert refused(first).key == "damaged_file"
    second.unlink()
    refusal = refused(first)
    assert refusal.key == "gguf_part_missing" and refusal.facts["file"] == second.name


def test_the_host_offers_a_file_and_says_how_it_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from explainers.shell.markup import models_table

    file = write(tmp_path / "tiny.gguf")
    monkeypatch.setenv("GLASSBOX_FOLDER", str(file))
    own = catalog.host_entry()
    assert own and own.name == "tiny.gguf" and own.can == catalog.GPT and own.bytes == file.stat().st_size
    stored = origin.stored("tiny.gguf")
    assert stored and [(kind.name, kind.tensors, kind.share) for kind in stored.kinds] == [("F32", 1, 1.0)]
    for language in ("en", "ko"):
        table = models_table(language)
        assert "tiny.gguf" in table and "F32" in table and "32.0" in table
    assert origin.stored("stories-gpt") is None
    catalog.check_offered("tiny.gguf", catalog.GPT)
    waiting = catalog.host_conversion()
    assert waiting and waiting.key == "host_converting" and waiting.facts["done"] == "0%"
    monkeypatch.setitem(conversions._running, file, 0.4)
    with pytest.raises(Refusal, match="40%"):
        catalog.check_offered("tiny.gguf")
    catalog.check_offered("stories-gpt")  # everybody else goes on


def test_no_visitor_opens_a_file_by_the_name_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some").mkdir()
    write(tmp_path / "some" / "model.gguf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GLASSBOX_MODELS", "any")
    assert catalog.folder_of("some/model.gguf") is not None  # in the library it may
    with pytest.raises(Refusal):
        catalog.check_offered("some/model.gguf")


def test_conversions_used_long_ago_go(tmp_path: Path) -> None:
    import os
    import time

    from models.gguf_files import pruning

    def lay_old(name: str, hours: float) -> None:
        (tmp_path / name).mkdir()
        for file in ("config.json", pruning.USED):
            (tmp_path / name / file).touch()
        when = time.time() - hours * 3600
        for path in (*(tmp_path / name).iterdir(), tmp_path / name):
            os.utime(path, (when, when))

    for hours in range(7):
        lay_old(f"gguf-{hours}", hours + 0.5)
    lay_old("gguf-8.part", 2)
    lay_old("gguf-9.part", 0.1)
    lay_old("other", 99)
    pruning.note_use(tmp_path / "gguf-6")  # the oldest, used now
    assert sorted(pruning.prune(tmp_path, "gguf-")) == ["gguf-3", "gguf-4", "gguf-5", "gguf-8.part"]
    kept = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert kept == {"gguf-0", "gguf-1", "gguf-2", "gguf-6", "gguf-9.part", "other"}
