"""Name, folder or Hub id -> model, and all that is refused on the way."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.refusal import Refusal
from tests.fresh import run

pytestmark = pytest.mark.weights


def refused(name: str | Path) -> str:
    import models

    keys = set()
    for act in (models.load, lambda n: models.encode(n, "a")):
        with pytest.raises(Refusal) as caught:
            act(name)
        keys.add(caught.value.key)
    assert len(keys) == 1 or keys == {"broken_model"}
    return keys.pop()


def refused_weights(name: str | Path) -> str:
    import models

    with pytest.raises(Refusal) as caught:
        models.load(name)
    return caught.value.key


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "copy"))


@pytest.mark.parametrize("name", ["stories-gpt", "ko-gpt"])
def test_bundled_models_load_as_float32_with_their_kind(name: str) -> None:
    import torch

    import models

    loaded = models.load(name)
    assert loaded.can == {"causal", "attention"} and loaded.positions == 512 and loaded.name == name
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert not loaded.model.training
    assert models.vocabulary_size(name) == loaded.model.config.vocab_size
    assert models.load(name) is loaded


@pytest.mark.parametrize("name", ["stories-bert", "ko-bert"])
def test_a_bundled_bert_fills_gaps_whatever_else_its_file_holds(name: str) -> None:
    """The file holds the answer to the second question, too, as the first BERT's does."""
    import models

    loaded = models.load(name)
    assert loaded.can == {"masked", "attention"} and type(loaded.model).__name__ == "BertForMaskedLM"
    assert models.unknown_id(name) is not None


def test_a_folder_may_be_a_path_or_a_string(tiny: Path) -> None:
    import models

    assert models.load(tiny) is models.load(str(tiny))


def test_the_hosts_folder_loads_by_its_name(make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    import models

    monkeypatch.setenv("GLASSBOX_FOLDER", str(make_model(name="ours")))
    models.check_offered("ours", frozenset({"causal"}))
    assert models.load("ours").model.config.n_layer == 3


def test_what_is_not_there_is_unknown(tmp_path: Path) -> None:
    for name in (tmp_path / "nothing", str(tmp_path / "nothing"), "no-such-model", "", "\0", "../no-such-folder"):
        assert refused(name) == "unknown_model"


def test_pickles_are_never_opened(copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert refused(copy) == "no_weights"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(copy / "sprung"),))

    (copy / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    assert refused(copy) == "unsafe_file"
    assert not (copy / "sprung").exists()


def test_broken_weights_are_refused(copy: Path, tiny: Path) -> None:
    weights, whole = copy / "model.safetensors", (tiny / "model.safetensors").read_bytes()
    for broken in (b"", b"not weights at all", whole[:-100], whole[:50], whole + b"x"):
        weights.write_bytes(broken)
        assert refused_weights(copy) == "damaged_file"
    weights.write_bytes(whole)
    import models

    models.load(copy)


def test_other_broken_files_are_refused(copy: Path, tiny: Path) -> None:
    def spoil(file: str, text: str) -> str:
        (copy / file).write_text(text)
        key = refused_weights(copy)
        shutil.copy(tiny / file, copy / file)
        return key

    config = json.loads((copy / "config.json").read_text())
    assert spoil("config.json", "{") == "file_not_json"
    assert spoil("config.json", "[]") == "file_not_json"
    assert spoil("config.json", json.dumps(config | {"n_embd": 64})) == "misfit_tensor"
    assert spoil("config.json", json.dumps(config | {"model_type": "unheard_of"})) == "unknown_kind"
    assert spoil("tokenizer.json", "{}") == "broken_model"
    (copy / "tokenizer.json").unlink()
    assert refused(copy) == "tokenizer_missing"


def test_missing_tensors_are_refused_and_not_made_up(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"n_layer": 4}))
    assert refused_weights(copy) == "missing_tensors"


def test_shards_load_and_an_index_cannot_point_elsewhere(copy: Path) -> None:
    import models

    models.load(copy).model.save_pretrained(copy, max_shard_size="60KB")
    (copy / "model.safetensors").unlink(missing_ok=True)
    assert len(list(copy.glob("model-*.safetensors"))) > 1
    models.load(copy)
    index = copy / "model.safetensors.index.json"
    table = json.loads(index.read_text())
    table["weight_map"] = {name: "../tiny/model.safetensors" for name in table["weight_map"]}
    index.write_text(json.dumps(table))
    assert refused(copy) == "damaged_file"


def test_a_folder_with_code_of_its_own_runs_none_of_it(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "own.py").write_text(f"import os; os.mkdir({str(copy / 'sprung')!r})")
    assert refused(copy) == "own_code"
    assert not (copy / "sprung").exists()


def test_a_model_that_does_not_fit_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MAX_GB", "0.00001")
    assert refused_weights(copy) == "model_too_large"


def test_an_error_of_ours_is_no_broken_model(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import models
    from models import place

    def fail() -> float:
        raise AttributeError("a bug")

    monkeypatch.delenv("GLASSBOX_MAX_GB", raising=False)
    monkeypatch.setattr(place, "free_memory", fail)
    with pytest.raises(AttributeError):
        models.load(copy)


def test_a_kind_is_checked_by_loading(tiny: Path, tiny_bert: Path, tmp_path: Path) -> None:
    import models

    causal = frozenset({"causal"})
    models.check_kind(tiny, causal)
    models.check_kind(tiny_bert, frozenset({"masked"}))
    models.check_kind(tmp_path / "nothing", frozenset())
    with pytest.raises(Refusal) as caught:
        models.check_kind(tiny_bert, causal)
    assert caught.value.key == "wrong_kind"
    assert caught.value.facts == {"model": str(tiny_bert), "can": "attention, masked", "needs": "causal"}
    with pytest.raises(Refusal, match="unknown_model"):
        models.check_kind(tmp_path / "nothing", causal)


def test_a_stamp_changes_with_the_files_and_refuses_nothing(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import models

    monkeypatch.setenv("GLASSBOX_FOLDER", str(copy))
    before = models.stamp("copy")
    assert before and models.stamp("copy") == before == models.stamp(copy)
    weights = copy / "model.safetensors"
    os.utime(weights, ns=(0, weights.stat().st_mtime_ns + 1))
    assert models.stamp("copy") not in ("", before)
    assert models.stamp("stories-gpt") != models.stamp("ko-gpt") != ""
    shutil.rmtree(copy)
    assert [models.stamp(name) for name in ("copy", copy, "some/other", "no-such-model", "\0", "")] == [""] * 6


def test_many_waiters_get_one_load(make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from models import load as load_one
    from models.load import Loaded, _models

    reads: list[str] = []
    read = _models.read

    def counted(name: str, folder: Path) -> Loaded:
        reads.append(name)
        return read(name, folder)

    monkeypatch.setattr(_models, "read", counted)
    folders = [make_model(seed=2), make_model(seed=3)]
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(load_one, folders * 4))
    assert sorted(reads) == sorted(map(str, folders))
    assert len(set(map(id, loaded))) == 2
    assert loaded[0].lock is loaded[2].lock is not loaded[1].lock


def test_a_model_trained_anew_is_read_anew(copy: Path, make_model: Callable[..., Path]) -> None:
    import models

    before = models.forward(copy, (5, 6)).logits
    shutil.copy(make_model(seed=9) / "model.safetensors", copy)
    after = models.forward(copy, (5, 6)).logits
    assert abs(before - after).max() > 1e-3


def test_old_models_leave_when_there_is_no_room_but_never_one_at_work(
    make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import load as load_one
    from models.load import _models, using

    folders = [make_model(seed=seed) for seed in (11, 12, 13)]
    first = load_one(folders[0])
    monkeypatch.setenv("GLASSBOX_CACHE_GB", str(first.bytes * 1.5 / 1e9))
    with using(folders[0]):
        second = load_one(folders[1])
        load_one(folders[2])
        assert load_one(folders[0]) is first
        assert str(folders[1]) not in _models.things
    assert load_one(folders[1]) is not second
    assert str(folders[0]) not in _models.things


OFFLINE = """
import sys
from models import Refusal, load
try:
    load(sys.argv[1])
except Refusal as refusal:
    print(refusal.key, refusal.facts["model"])
"""


def test_a_hub_model_needs_a_network(tmp_path: Path) -> None:
    env = os.environ | {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)}
    done = run(OFFLINE, "distilbert/distilgpt2", env=env)
    assert done.stdout.strip() == "model_needs_network distilbert/distilgpt2", done.stderr
    assert done.stderr == ""


def test_a_model_that_cannot_take_a_step_is_broken(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import GPT2LMHeadModel

    def fail(self: GPT2LMHeadModel, **given: object) -> None:
        raise IndexError("index out of range in self")

    monkeypatch.setattr(GPT2LMHeadModel, "forward", fail)
    assert refused_weights(copy) == "broken_model"
