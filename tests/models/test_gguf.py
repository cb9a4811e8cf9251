"""GGUF files: families made small here and written by gguf's writer equal the same weights from safetensors."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

import models
from models.gguf_files import conversion, conversions, layout
from models.refusal import Refusal
from tests.gguf_writing import write
from tests.tiny import begun, byte_tokenizer, sentencepiece_tokenizer

pytestmark = pytest.mark.weights

TEXT = "The bear saw a small bird in the tree. 작은 새가 🙂"
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 96,
}
WIDE = SIZES | {"head_dim": 16}
GEMMA = WIDE | {"sliding_window": 8, "query_pre_attn_scalar": 16}
spaced = begun(sentencepiece_tokenizer)
# llama.cpp's name of a family -> class, config, tokenizer
FAMILIES: dict[str, tuple[str, dict[str, Any], Callable[[], Any]]] = {
    "gpt2": ("GPT2LMHeadModel", {"n_positions": 96, "n_embd": 32, "n_layer": 3, "n_head": 4}, byte_tokenizer),
    "llama": ("LlamaForCausalLM", WIDE | {"tie_word_embeddings": False, "rope_theta": 5e5}, spaced),
    "qwen2": ("Qwen2ForCausalLM", SIZES, byte_tokenizer),
    "qwen3": ("Qwen3ForCausalLM", WIDE | {"tie_word_embeddings": True}, byte_tokenizer),
    "gemma2": ("Gemma2ForCausalLM", GEMMA | {"final_logit_softcapping": 3.0}, spaced),
    "gemma3": ("Gemma3ForCausalLM", GEMMA | {"num_hidden_layers": 7}, spaced),
    "starcoder2": ("Starcoder2ForCausalLM", SIZES, byte_tokenizer),
}


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def make(family: str) -> tuple[Any, Any]:
    """A model of a family with random weights, and its tokenizer."""
    import torch
    import transformers

    name, sizes, tokenizer_of = FAMILIES[family]
    tokenizer, cls = tokenizer_of(), getattr(transformers, name)
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    torch.manual_seed(3)
    model = cls(cls.config_class(vocab_size=len(tokenizer), **ends, **sizes)).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(4) if weights.dim() > 1 else weights.add_(torch.randn_like(weights) / 10)
    return model, tokenizer


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_equals_the_same_weights_from_safetensors(family: str, tmp_path: Path) -> None:
    import torch

    model, tokenizer = make(family)
    write(tmp_path / "a.gguf", family, model, tokenizer)
    model.save_pretrained(tmp_path / "plain")
    tokenizer.save_pretrained(tmp_path / "plain")
    ours, theirs = models.load(tmp_path / "a.gguf"), models.load(tmp_path / "plain")
    ids = models.encode(str(tmp_path / "a.gguf"), TEXT)
    assert ids == models.encode(str(tmp_path / "plain"), TEXT)
    assert ours.can == theirs.can and ours.positions == theirs.positions
    mine, given = ours.model.state_dict(), theirs.model.state_dict()
    assert mine.keys() == given.keys() and all(torch.allclose(mine[name], given[name], atol=3e-7) for name in given)
    with torch.inference_mode():
        logits = [loaded.model(input_ids=torch.tensor([ids])).logits for loaded in (ours, theirs)]
    assert logits[1].std() > 0.1 and torch.allclose(*logits, atol=1e-5)


def stored_as(*kinds: str) -> Any:
    """Tables and matrices in these kinds of blocks in turn, all else as float32."""
    turn = iter(kinds * 100)

    def kind(name: str, values: np.ndarray) -> gguf.GGMLQuantizationType:
        return gguf.GGMLQuantizationType[next(turn) if values.ndim > 1 else "F32"]

    return kind


def test_what_was_quantised_is_what_gguf_makes_of_it_to_the_last_bit(tmp_path: Path, store: Path) -> None:
    model, tokenizer = make("qwen3")
    kinds = ("Q8_0", "Q4_0", "F16", "Q5_1", "BF16", "Q4_1")
    stored = write(tmp_path / "a.gguf", "qwen3", model, tokenizer, stored_as(*kinds))
    read = {tensor.name: tensor.tensor_type for tensor in gguf.GGUFReader(tmp_path / "a.gguf").tensors}
    loaded = models.load(tmp_path / "a.gguf")
    names = layout.get_gguf_hf_weights_map(model, layout.TensorProcessor())
    ours = loaded.model.state_dict()
    for name, kept in stored.items():
        wanted = gguf.dequantize(kept, read[name])
        assert np.array_equal(wanted.view(np.uint32), ours[names[name]].numpy().view(np.uint32)), name
    told = models.stored(tmp_path / "a.gguf")
    assert told and {kind.name for kind in told.kinds} == {*kinds, "F32"}
    assert sum(kind.share for kind in told.kinds) == pytest.approx(1) and 4 < told.bits < 16
    (folder,) = store.glob("gguf-*[0-9]")
    header = (folder / "model.safetensors").read_bytes()[:20_000]
    assert b'"F16"' in header and b'"BF16"' in header  # what they hold exactly takes no more room


def test_angles_that_a_table_in_the_file_stretches(tmp_path: Path) -> None:
    """Llama 3 lists no scaling in its metadata: a tensor says by what each angle is divided."""
    import torch
    import transformers

    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    scaling |= {"original_max_position_embeddings": 32, "rope_theta": 1e4}
    config = transformers.LlamaConfig(vocab_size=320, **WIDE, rope_parameters=scaling, tie_word_embeddings=True)
    torch.manual_seed(0)
    model, tokenizer = transformers.LlamaForCausalLM(config).eval(), byte_tokenizer()
    own = model.model.rotary_emb.inv_freq
    plain = 1e4 ** (-torch.arange(0, 16, 2) / 16)
    factors = (plain / own).numpy().astype(np.float32)
    assert factors.min() == 1 and factors.max() > 4
    write(tmp_path / "a.gguf", "llama", model, tokenizer, extra={"rope_freqs.weight": factors})
    loaded = models.load(tmp_path / "a.gguf")
    assert torch.allclose(loaded.model.model.rotary_emb.inv_freq, own, rtol=1e-6)
    ids = torch.arange(90)[None] % 300
    with torch.inference_mode():
        assert torch.allclose(loaded.model(input_ids=ids).logits, model(input_ids=ids).logits, atol=1e-5)


def test_a_file_is_converted_once_and_anew_when_it_changes(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = make("gpt2")
    file, real = tmp_path / "a.gguf", conversion.convert
    calls: list[Path] = []

    def counted(name: str, path: Path, *rest: Any) -> None:
        calls.append(path)
        real(name, path, *rest)

    monkeypatch.setattr(conversion, "convert", counted)
    write(file, "gpt2", model, tokenizer)
    first = models.load(file)
    models.vocabulary_size(str(file))
    shutil.copyfile(file, tmp_path / "b.gguf")  # the same content
    assert models.load(tmp_path / "b.gguf").model is not first.model and len(calls) == 1
    stamp = models.stamp(file)
    model.transformer.wte.weight.data[5] += 1
    write(file, "gpt2", model, tokenizer)
    again = models.load(file)
    assert len(calls) == 2 and models.stamp(file) != stamp
    assert (again.model.transformer.wte.weight != first.model.transformer.wte.weight).any(1).nonzero().tolist() == [[5]]
    assert len(list(store.glob("gguf-*[0-9]"))) == 2 and conversions.progress(file) is None


def test_an_interrupted_conversion_leaves_no_model(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = make("gpt2")
    file = tmp_path / "a.gguf"
    write(file, "gpt2", model, tokenizer)
    real = conversion.weights.dequantized
    for error, key in ((OSError(errno.ENOSPC, "full"), "conversion_disk"), (KeyboardInterrupt(), "")):
        left = iter([None] * 5)

        def read(tensor: Any, error: BaseException = error, left: Any = left) -> Any:
            if next(left, error):
                raise error
            return real(tensor)

        monkeypatch.setattr(conversion.weights, "dequantized", read)
        with pytest.raises(Refusal if key else KeyboardInterrupt) as caught:
            models.load(file)
        assert not key or (isinstance(caught.value, Refusal) and caught.value.key == key)
        assert conversions.kept(file) is None and conversions.progress(file) is None
    monkeypatch.setattr(conversion.weights, "dequantized", real)
    assert models.load(file).can == {"causal", "attention"}
    assert not list(store.glob("gguf-*.part"))


def test_a_store_without_room_or_leave_to_write_says_so(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = make("gpt2")
    write(tmp_path / "a.gguf", "gpt2", model, tokenizer)
    monkeypatch.setattr(conversion, "SPARE", 1 << 60)
    with pytest.raises(Refusal) as caught:
        models.load(tmp_path / "a.gguf")
    assert caught.value.key == "conversion_disk" and "GB" in caught.value.facts["needed"]
    store.rename(tmp_path / "gone")
    store.write_bytes(b"a file where a folder should be")
    with pytest.raises(Refusal) as caught:
        models.load(tmp_path / "a.gguf")
    assert caught.value.key == "conversion_unwritable"


@pytest.mark.parametrize(
    ("change", "key", "fact"),
    [
        ({"without": "blk.1.ffn_up.weight"}, "missing_tensors", "transformer.h.1.mlp.c_fc.weight"),
        ({"extra": {"blk.0.attn_sinks.weight": np.ones(4, np.float32)}}, "gguf_tensor", "blk.0.attn_sinks.weight"),
        ({"extra": {"blk.9.attn_norm.weight": np.ones(32, np.float32)}}, "gguf_tensor", "blk.9.attn_norm.weight"),
        ({"gpt2__context_length": 95}, "gguf_tensor", "position_embd.weight"),
        ({"gpt2__block_count": 1 << 30}, "gguf_unfit", ""),
        ({"gpt2__attention__head_count": 5}, "gguf_unfit", ""),
        ({"gpt2__embedding_length": None}, "gguf_tensor", ""),
        ({"gpt2__embedding_length": "wide"}, "gguf_unfit", ""),
        ({"tokenizer__ggml__merges": ["no pair"]}, "gguf_unfit", ""),
        ({"tokenizer__ggml__bos_token_id": 1 << 31}, "gguf_unfit", ""),
        ({"tokenizer__ggml__tokens": ["a" * 5000, "b"]}, "gguf_unfit", ""),
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_refused(change: Any, key: str, fact: str, tmp_path: Path, store: Path) -> None:
    model, tokenizer = make("gpt2")
    write(tmp_path / "a.gguf", "gpt2", model, tokenizer, **change)
    with pytest.raises(Refusal) as caught:
        models.load(tmp_path / "a.gguf")
    assert caught.value.key == key and (not fact or caught.value.facts["tensor"] == fact)
    assert caught.value.sentence("ko") != caught.value.sentence("en")
    assert not list(store.glob("gguf-*[0-9]"))


def test_a_split_file_is_one_model(tmp_path: Path) -> None:
    model, tokenizer = make("gpt2")
    write(tmp_path / "whole.gguf", "gpt2", model, tokenizer)
    write(tmp_path / "m.gguf", "gpt2", model, tokenizer, split=20)
    names = sorted(path.name for path in tmp_path.glob("m-*"))
    assert names == [f"m-{i:05}-of-00002.gguf" for i in (1, 2)]
    one, other = models.load(tmp_path / names[1]), models.load(tmp_path / "whole.gguf")
    assert all((one.model.state_dict()[name] == values).all() for name, values in other.model.state_dict().items())
