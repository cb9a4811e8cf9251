"""Who may ask for which model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hosting
from models import catalog, files
from models.refusal import Refusal

CAUSAL = frozenset({"causal"})
GPTS_AND_LSTMS = ["stories-gpt", "ko-gpt", "stories-lstm", "ko-lstm"]
TWINS = [f"stories-twin-{i}" for i in range(4)]
BUNDLED = [*GPTS_AND_LSTMS, "stories-bert", "ko-bert", "en-ko-t5", *TWINS]


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GLASSBOX_MODELS", "GLASSBOX_FOLDER", "GLASSBOX_WITH", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)


def refused(name: str, needs: frozenset[str] = frozenset()) -> str:
    with pytest.raises(Refusal) as caught:
        catalog.check_offered(name, needs)
    return caught.value.key


def names(*args: object) -> list[str]:
    return [entry.name for entry in catalog.offered(*args)]  # type: ignore[arg-type]


def test_the_catalogue_says_what_each_model_is() -> None:
    assert [entry.name for entry in catalog.CATALOG if not entry.hub] == BUNDLED
    for entry in catalog.CATALOG:
        assert entry.can and entry.languages and entry.parameters > 0 and entry.licence
        assert entry.packages or entry.hub in (None, entry.name)


@pytest.mark.weights
@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_models_facts_are_its_files(name: str) -> None:
    folder = catalog.WEIGHTS / name
    entry = next(entry for entry in catalog.CATALOG if entry.name == name)
    assert (entry.parameters, entry.bytes) == (files.parameters(folder), files.size(folder))
    assert entry.bytes < 10e6


def test_a_space_offers_what_ships_with_it_and_a_desk_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))  # tests/shell/test_space.py fills one
    assert catalog.policy() == "catalogue" and "distilbert/distilgpt2" in names(CAUSAL)
    monkeypatch.setenv("SPACE_ID", "someone/glassbox")
    assert catalog.policy() == "installed" and names() == BUNDLED and names(CAUSAL) == [*GPTS_AND_LSTMS, *TWINS]
    monkeypatch.setenv("GLASSBOX_MODELS", "any")
    assert catalog.policy() == "any"
    monkeypatch.setenv("GLASSBOX_MODELS", "everything")
    with pytest.raises(ValueError):
        catalog.policy()


def test_what_is_bundled_makes_no_clone_heavy() -> None:
    sizes = {folder.name: files.size(folder) for folder in catalog.WEIGHTS.iterdir() if (folder / "CARD.md").is_file()}
    assert len(sizes) > 8 and max(sizes.values()) < 10e6 and sum(sizes.values()) < 56e6, sizes


def test_what_is_offered_fits_need_and_language() -> None:
    assert names(CAUSAL, "ko") == ["ko-gpt", "ko-lstm", "gemma-3-270m", "Qwen/Qwen3-0.6B-Base"]
    assert names(frozenset({"causal", "attention"}), "ko") == ["ko-gpt", "gemma-3-270m", "Qwen/Qwen3-0.6B-Base"]
    assert names(frozenset({"recurrent"})) == ["stories-lstm", "ko-lstm"]
    assert names(frozenset({"masked"})) == ["stories-bert", "ko-bert"]
    assert names(frozenset({"masked", "recurrent"})) == []


def test_a_real_model_is_offered_where_it_can_be_fetched_or_the_host_has_named_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path))
    catalog.check_offered("gemma-3-270m", CAUSAL)
    entry = next(entry for entry in catalog.entries() if entry.name == "gemma-3-270m")
    assert not catalog.is_here(entry) and catalog.folder_of(entry.name) is None
    (tmp_path / entry.key).mkdir()
    assert catalog.is_here(entry) and catalog.folder_of(entry.name) == tmp_path / entry.key
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")
    assert "gemma-3-270m" not in names(CAUSAL) and refused("gemma-3-270m") == "unknown_model"
    monkeypatch.setenv("GLASSBOX_WITH", "all-minilm-l6-v2,gemma-3-270m")
    assert "gemma-3-270m" in names(CAUSAL) and refused("all-minilm-l6-v2", CAUSAL) == "wrong_kind"


def test_the_default_follows_the_script_of_the_text() -> None:
    assert catalog.default(CAUSAL, "hello") == "stories-gpt"
    for text in ("a 배 b", "\u1100", "\u3131"):
        assert catalog.default(CAUSAL, text) == "ko-gpt"
    assert catalog.default(frozenset({"recurrent"}), "배") == "ko-lstm"
    assert catalog.default(frozenset({"masked"}), "boat") == "stories-bert"
    with pytest.raises(Refusal, match="no_model"):
        catalog.default(frozenset({"masked", "causal"}), "hello")


@pytest.mark.parametrize("policy", hosting.POLICIES)
@pytest.mark.parametrize(
    "name",
    ["/etc", "../x", "..", ".", "", "./models/weights/ko-gpt", "a/../b", "a/..", "../..", "owner/name/more", "~/x",
     "C:\\models", "owner\\name", "-a/b", "a/-b", "a/.b", ".a/b", "a//b", "a/b\n", "a/b c", "a--b/c", "\0", "a/b\0",
     "한/글", "x" * 500, "gpt2", "https://huggingface.co/a/b"],
)  # fmt: skip
def test_no_path_is_ever_offered(name: str, policy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODELS", policy)
    assert refused(name) == "unknown_model"


def test_a_hub_id_passes_where_the_policy_lets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.check_offered("distilbert/distilgpt2", CAUSAL)
    assert refused("someone/some-model_1.5") == "not_offered"
    monkeypatch.setenv("GLASSBOX_MODELS", "any")
    catalog.check_offered("someone/some-model_1.5", CAUSAL)
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")
    assert refused("distilbert/distilgpt2") == "not_offered"
    assert refused("stories-gpt", frozenset({"masked"})) == "wrong_kind"
    catalog.check_offered("ko-gpt", CAUSAL)


def test_the_hosts_folder_is_offered_by_its_last_component_in_every_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "our-model"
    folder.mkdir()
    monkeypatch.setenv("GLASSBOX_FOLDER", str(folder))
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")
    assert names() == BUNDLED  # an empty folder is no model
    table = b'{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}'
    (folder / "model.safetensors").write_bytes(len(table).to_bytes(8, "little") + table + bytes(24))
    (folder / "config.json").write_text(json.dumps({"architectures": ["BertForMaskedLM"]}))
    entry = next(entry for entry in catalog.offered(frozenset({"masked"}), "ko") if entry.name == folder.name)
    assert (entry.name, entry.can, entry.parameters) == ("our-model", catalog.BERT, 6)
    catalog.check_offered("our-model", frozenset({"masked"}))
    assert refused(str(folder)) == "unknown_model"


def test_the_check_says_in_one_line_that_there_is_no_network(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "models.catalog", "--check"],
        env=os.environ | {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path)},
        cwd=catalog.WEIGHTS.parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0 and "model_needs_network" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
