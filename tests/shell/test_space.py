"""A Space: what is fetched while it is built is offered, pages open with the bundled models, nothing else is fetched.

The Hub's cache is made here, in its own shape and of exactly the files that the README's front matter names.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import models
from explainers.shell import choices, offer
from models import catalog, hub_cache
from tests.laws.tree import ROOT

FRONT = (ROOT / "README.md").read_text(encoding="utf-8").split("\n---\n")[0]
PRELOADED = dict(re.findall(r"^  - (\S+/\S+) (\S+)$", FRONT, re.MULTILINE))
SHA = "0123456789abcdef0123456789abcdef01234567"


def put(home: Path, name: str, without: str = "") -> Path:
    """A model's files in a cache of the Hub, all but one of them."""
    folder = home / f"models--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / SHA
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(SHA)
    for file in PRELOADED[name].split(","):
        if file != without:
            (snapshot / file).write_text("{}")
    return snapshot


@pytest.fixture(autouse=True)
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GLASSBOX_MODELS", "GLASSBOX_WITH", "GLASSBOX_FIRST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPACE_ID", "somebody/glassbox")
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path / "store"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def real() -> set[str]:
    return {entry.name for entry in models.offered() if entry.hub}


def test_what_is_fetched_for_it_is_small_free_and_in_the_table() -> None:
    entries = {entry.name: entry for entry in models.CATALOG if entry.name in PRELOADED}
    assert set(entries) == set(PRELOADED) and len(PRELOADED) >= 3
    assert {entry.licence for entry in entries.values()} <= {"apache-2.0", "mit"}
    assert {"en", "ko"} <= {code for entry in entries.values() for code in entry.languages}
    assert sum(entry.bytes for entry in entries.values()) < 2.5e9


def test_a_space_offers_what_is_there_and_opens_with_the_bundled(space: Path) -> None:
    assert models.policy() == "installed" and real() == set()
    for name in PRELOADED:
        put(space, name)
        assert models.real_entry(name) is None and name in real()
        models.check_offered(name, offer.STRIP)
        models.arrive(name)  # nothing is fetched
    assert [offer.first_model(code) for code in ("en", "ko")] == ["stories-gpt", "ko-gpt"]
    lines = choices.choices("en")
    assert all(lines[name]["line"].endswith("installed") for name in PRELOADED) and set(lines) > set(PRELOADED)
    for name in ("gemma-3-270m", "distilbert/distilgpt2", "someone/else"):
        with pytest.raises(models.Refusal):
            models.check_offered(name)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_half_a_model_is_not_offered(space: Path, missing: str) -> None:
    name = next(iter(PRELOADED))
    put(space, name, without=missing)
    assert hub_cache.cached(name) is None and real() == set()


def test_elsewhere_the_same_names_are_in_the_list(space: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID")
    assert models.policy() == "catalogue" and real() > set(PRELOADED)
    name = next(iter(PRELOADED))
    put(space, name)
    lines = {name: one["line"] for name, one in choices.choices("en").items()}
    assert [lines[one].endswith("installed") for one in PRELOADED] == [True, False, False]
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")
    assert real() == set()


@pytest.mark.weights
@pytest.mark.parametrize(("name", "kind"), [*zip(PRELOADED, ("Llama", "GPT2", "Qwen3"), strict=True)])
def test_the_named_files_are_enough(space: Path, name: str, kind: str) -> None:
    import transformers

    from tests.tiny import byte_tokenizer

    tokenizer = byte_tokenizer()
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    sizes |= {"num_key_value_heads": 2, "vocab_size": len(tokenizer), "bos_token_id": 0, "eos_token_id": 0}
    made = getattr(transformers, f"{kind}ForCausalLM" if kind != "GPT2" else "GPT2LMHeadModel")
    snapshot, whole = put(space, name), space / "whole"
    made(getattr(transformers, f"{kind}Config")(**sizes)).save_pretrained(whole)
    tokenizer.save_pretrained(whole)
    for file in PRELOADED[name].split(","):
        (snapshot / file).write_bytes((whole / file).read_bytes())
    assert json.loads((snapshot / "config.json").read_text())["model_type"] == kind.lower()
    assert models.load(name).can >= catalog.GPT
    assert models.forward(name, models.encode(name, "a bird"), attention=True, last=1).logits.shape[0] == 1
    assert models.ending_ids(name) == models.ending_ids(whole)
