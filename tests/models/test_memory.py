"""What a config will take is counted before anything of it is made."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.refusal import Refusal
from tests.tiny import byte_tokenizer

pytestmark = pytest.mark.weights

HALF = 0.5e9
ENDS = {"bos_token_id": 0, "eos_token_id": 0}
NEO = {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]]}
MPT = {"d_model": 32, "n_layers": 2, "n_heads": 4}
XGLM = {"d_model": 32, "num_layers": 2, "attention_heads": 4, "ffn_dim": 48}

# model type -> class, sizes, what its small file was made with, and what its config then asks for
GREEDY: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # a mask of positions x positions in each layer
    "gpt_neo": ("GPTNeoForCausalLM", NEO, {"max_position_embeddings": 96}, {"max_position_embeddings": 45_000}),
    # biases by distance, made in each pass
    "mpt": ("MptForCausalLM", MPT, {"max_seq_len": 96}, {"max_seq_len": 400_000_000}),
    # sines and cosines that no file holds
    "xglm": ("XGLMForCausalLM", XGLM, {"max_position_embeddings": 96}, {"max_position_embeddings": 30_000_000}),
    # weights that the file does not have
    "gpt2": ("GPT2LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 4}, {}, {"n_positions": 30_000_000}),
}


def make(family: str, folder: Path) -> Path:
    """A folder with a small file, and a config that asks for much."""
    import transformers

    name, sizes, small, large = GREEDY[family]
    tokenizer = byte_tokenizer()
    config = transformers.AutoConfig.for_model(family, **{"vocab_size": len(tokenizer), **ENDS, **sizes, **small})
    getattr(transformers, name)(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | large))
    return folder


@pytest.mark.parametrize("family", GREEDY)
def test_a_small_file_that_asks_for_much(family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import models

    folder = make(family, tmp_path / family)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5e6
    monkeypatch.setenv("GLASSBOX_MAX_GB", "0.5")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Refusal) as caught:
        models.load(folder)
    assert caught.value.key == "model_too_large"
    assert caught.value.facts["bytes"] > caught.value.facts["limit"] == HALF
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < HALF


def test_the_count_is_what_is_made(tiny: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Weights, and a pass over the whole window: maps of every head, and the logits."""
    import models

    folder = Path(shutil.copytree(tiny, tmp_path / "tiny"))
    weights = models.load(tiny).bytes
    passed = 4 * (3 * 4 * 64 * 64 + 64 * 320)
    monkeypatch.setenv("GLASSBOX_MAX_GB", str((weights + passed) / 1e9))
    with pytest.raises(Refusal) as caught:
        models.load(folder)
    needed = caught.value.facts["bytes"]
    assert weights + passed < needed < 4 * (weights + passed)
    monkeypatch.setenv("GLASSBOX_MAX_GB", str(needed / 1e9))
    assert models.load(folder).bytes == weights


def test_a_million_layers_of_which_the_file_has_three(tiny: Path, tmp_path: Path) -> None:
    import models

    folder = Path(shutil.copytree(tiny, tmp_path / "deep"))
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"n_layer": 1_000_000}))
    with pytest.raises(Refusal, match="broken_model"):
        models.load(folder)


def test_a_meter_gives_back_what_is_gone() -> None:
    import torch

    from models.memory import OBJECT, Meter

    with torch.device("meta"), Meter() as meter:
        kept = torch.zeros(1000)
        view = kept[10:]
        torch.zeros(5000)
        assert meter.live == 4000 + OBJECT
        assert meter.peak >= 24_000
        del kept, view
        assert meter.live == 0


def test_buffers_count_in_the_cache(make_model: Callable[..., Path], tmp_path: Path) -> None:
    import models

    folder = make("gpt_neo", tmp_path / "neo")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"max_position_embeddings": 96}))
    loaded = models.load(folder)
    masks = sum(buffer.nbytes for buffer in loaded.model.buffers())
    assert masks >= 2 * 96 * 96
    assert loaded.bytes == masks + sum(weight.nbytes for weight in loaded.model.parameters())
