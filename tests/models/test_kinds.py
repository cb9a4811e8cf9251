"""Models as people save them: read with the head that their weights hold, without one, or refused by the field."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.refusal import Refusal
from tests.tiny import SENTENCES, byte_tokenizer, word_tokenizer

pytestmark = pytest.mark.weights

TEXT = "The bear saw a small bird."
BERT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
BERT |= {"max_position_embeddings": 64}
GPT = {"n_positions": 64, "n_embd": 32, "n_layer": 3, "n_head": 4, "bos_token_id": 0, "eos_token_id": 0}
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
LFM2: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2}
LFM2 |= {"intermediate_size": 48, "max_position_embeddings": 64, "bos_token_id": 0, "eos_token_id": 0}
LFM2 |= {"pad_token_id": None, "layer_types": ["conv", "full_attention", "conv", "full_attention"]}


def save(folder: Path, architecture: str, sizes: dict[str, Any], tokenizer: Any) -> Any:
    import torch
    import transformers

    torch.manual_seed(5)
    cls = getattr(transformers, architecture)
    model = cls(cls.config_class(vocab_size=len(tokenizer), **sizes)).eval()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    model.set_attn_implementation("eager")  # the only one that gives its maps back
    return model


def change(folder: Path, **fields: Any) -> None:
    """Fields of config.json written anew; `...` takes one away."""
    config = json.loads((folder / "config.json").read_text()) | fields
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not ...}))


def refusal(folder: Path) -> Refusal:
    import models

    with pytest.raises(Refusal) as caught:
        models.load(folder)
    return caught.value


@pytest.fixture
def gpt(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "gpt"))


@pytest.fixture
def bert(tiny_bert: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bert, tmp_path / "bert"))


@pytest.mark.parametrize(
    "architecture, sizes, tokenizer",
    [
        ("GPT2Model", GPT, byte_tokenizer),
        ("GPT2ForTokenClassification", GPT, byte_tokenizer),
        ("BertModel", BERT, word_tokenizer),
        ("BertForSequenceClassification", BERT, word_tokenizer),
        ("T5EncoderModel", T5, byte_tokenizer),
    ],
)
def test_a_model_without_a_head_shows_what_it_has(
    tmp_path: Path, architecture: str, sizes: dict[str, Any], tokenizer: Callable[[], Any]
) -> None:
    import torch

    import models
    from explainers import attention, embeddings, sampling, tokens

    theirs = save(tmp_path, architecture, sizes, tokenizer())
    assert models.load(tmp_path).can == {"attention"}
    trace = attention.trace(TEXT, model=tmp_path)
    with torch.no_grad():
        maps = theirs.base_model(torch.tensor([trace.ids.tolist()]), output_attentions=True).attentions
    np.testing.assert_allclose(trace.weights, torch.stack(maps)[:, 0], atol=1e-5)
    table = theirs.get_input_embeddings().weight.detach().numpy()
    assert (embeddings.trace(TEXT, model=tmp_path).rows == table[trace.ids]).all()
    assert tokens.trace(TEXT, model=tmp_path).ids.tolist() == trace.ids.tolist()
    assert models.forward(tmp_path, trace.ids.tolist()).logits.shape == (len(trace.ids), 0)
    for act in (lambda: sampling.trace(TEXT, model=tmp_path), lambda: models.last_logits(tmp_path, [[5, 6]])):
        with pytest.raises(Refusal, match="wrong_kind"):
            act()


def test_what_no_config_names_is_read_from_the_weights(gpt: Path, bert: Path, tmp_path: Path) -> None:
    import models

    for folder, can in ((gpt, {"causal", "attention"}), (bert, {"masked", "attention"})):
        before = models.forward(folder, (5, 6, 7)).logits
        named = json.loads((folder / "config.json").read_text())["architectures"]
        someone = {"architectures": ["SomebodysModel"], "model_type": models.load(folder).model.config.model_type}
        nameless = {"architectures": named[0], "model_type": ...}
        for fields in ({"architectures": ...}, {"architectures": None}, nameless, someone):
            change(folder, **fields)
            assert models.load(folder).can == can, fields
            np.testing.assert_array_equal(models.forward(folder, (5, 6, 7)).logits, before)
        change(folder, architectures=..., model_type=...)
        assert refusal(folder).facts["field"] == "model_type"
    bare = tmp_path / "bare"
    save(bare, "BertModel", BERT, word_tokenizer())
    change(bare, architectures=...)
    assert models.load(bare).can == {"attention"}  # a head would be made up


def test_pretraining_heads_count_where_they_are_a_masked_models(tmp_path: Path) -> None:
    import models

    for name, can in (("BertForPreTraining", {"masked", "attention"}), ("ElectraForPreTraining", {"attention"})):
        save(tmp_path / name, name, BERT, word_tokenizer())
        assert models.load(tmp_path / name).can == can


def test_shards_of_any_name_beside_their_index_load(gpt: Path) -> None:
    import models

    before = models.forward(gpt, (5, 6)).logits
    models.load(gpt).model.save_pretrained(gpt, max_shard_size="60KB")
    (gpt / "model.safetensors").unlink(missing_ok=True)
    index = json.loads((gpt / "model.safetensors.index.json").read_text())
    names = {old: old.replace("model-", "model.safetensors-") for old in set(index["weight_map"].values())}
    for old, new in names.items():
        (gpt / old).rename(gpt / new)
    index["weight_map"] = {tensor: names[old] for tensor, old in index["weight_map"].items()}
    (gpt / "model.safetensors.index.json").write_text(json.dumps(index))
    np.testing.assert_array_equal(models.forward(gpt, (5, 6)).logits, before)


MEANT: list[dict[str, Any]] = [
    {"initializer_range": 1, "vocab_size": 320.0, "use_cache": "true", "n_embd": "32", "layer_norm_epsilon": "1e-5"},
    {"n_positions": None, "vocab_size": None, "n_embd": None, "resid_pdrop": "0.1", "attn_pdrop": 0},
    {"hidden_size": "32", "n_embd": ..., "max_position_embeddings": 64.0, "n_positions": ..., "eos_token_id": "0"},
    {"torch_dtype": "flaot16", "dtype": "nonsense", "attn_implementation": "flash_attention_2", "id2label": ["a"]},
    {"return_dict": False, "output_attentions": True, "torchscript": True, "num_labels": "2", "problem_type": "x"},
]


@pytest.mark.parametrize("fields", MEANT)
def test_a_config_as_other_tools_write_it_is_read_as_meant(gpt: Path, fields: dict[str, Any]) -> None:
    import models

    before = models.forward(gpt, (5, 6, 7)).logits
    change(gpt, **fields)
    np.testing.assert_array_equal(models.forward(gpt, (5, 6, 7)).logits, before)
    assert models.load(gpt).positions == 64 and models.encode(gpt, "a bird")


@pytest.mark.parametrize("kind", ["utf-8-sig", "utf-16", "comments"])
def test_a_config_in_another_encoding_or_with_comments(bert: Path, kind: str) -> None:
    import models

    text = (bert / "config.json").read_text()
    if kind == "comments":
        (bert / "config.json").write_text("{ // by hand\n" + text.strip()[1:-1] + ",}")
    else:
        (bert / "config.json").write_bytes(text.encode(kind))
    assert models.load(bert).can == {"masked", "attention"}


@pytest.mark.parametrize(
    "field, value",
    [
        ("num_attention_heads", 5),
        ("num_attention_heads", 0),
        ("hidden_size", -32),
        ("hidden_size", "wide"),
        ("num_hidden_layers", [2]),
        ("num_hidden_layers", 2.5),
        ("vocab_size", 999),
        ("hidden_act", "gellu"),
        ("hidden_act", 3),
        ("layer_norm_eps", float("nan")),
        ("use_cache", "perhaps"),
    ],
)
def test_a_value_that_means_nothing_is_named_by_its_field(bert: Path, field: str, value: Any) -> None:
    change(bert, **{field: value})
    found = refusal(bert)
    assert (found.key, found.facts["field"]) == ("config_field", field)


def test_tokenizers_that_are_programs_and_files_that_are_none(tmp_path: Path, gpt: Path) -> None:
    import transformers

    import models

    save(tmp_path / "byt5", "T5ForConditionalGeneration", T5, transformers.ByT5Tokenizer())
    found = refusal(tmp_path / "byt5")
    assert (found.key, found.facts["kind"]) == ("python_tokenizer", "ByT5Tokenizer")
    pointer = "version https://git-lfs.github.com/spec/v1\n"
    for text, key in ((pointer, "lfs_pointer"), ("<html>", "web_page"), ("{", "file_not_json")):
        (gpt / "tokenizer_config.json").write_text(text)
        for act in (models.load, lambda folder: models.encode(folder, "a")):
            with pytest.raises(Refusal) as caught:
                act(gpt)
            assert (caught.value.key, caught.value.facts["file"]) == (key, "tokenizer_config.json")


@pytest.mark.parametrize(
    "name", ["n_ctx", "max_seq_len", "seq_length", "n_positions", "max_sequence_length", "seq_len"]
)
def test_a_context_length_under_any_of_its_names(name: str) -> None:
    import torch
    from transformers import PretrainedConfig

    from models import positions

    model = torch.nn.Module()
    model.config = PretrainedConfig(**{name: 40})
    assert positions.most(model, 512) == 40
    model.wpe = torch.nn.Embedding(24, 8)  # what there are rows for counts more
    assert positions.most(model, 512) == 24


def test_a_hybrid_shows_the_layers_that_attend_with_their_own_numbers(tmp_path: Path) -> None:
    import torch

    from explainers import attention, strip

    theirs = save(tmp_path, "Lfm2ForCausalLM", LFM2, byte_tokenizer())
    trace = attention.trace(TEXT, model=tmp_path)
    with torch.no_grad():
        maps = theirs(torch.tensor([trace.ids.tolist()]), output_attentions=True).attentions
    assert trace.layers == (2, 4) and trace.weights.shape[:2] == (2, 4)
    np.testing.assert_allclose(trace.weights, torch.stack(maps)[:, 0], atol=1e-5)
    assert (attention.one(trace, 4, 1) == trace.weights[1, 0]).all()
    for layer, key in ((1, "not_an_option"), (3, "not_an_option"), (5, "out_of_range")):
        with pytest.raises(Refusal, match=key):
            attention.one(trace, layer, 1)
    assert [row[0] for row in attention.distance_table(trace).rows] == [2, 4]
    assert attention.numbers(trace, layer=3).rows == attention.numbers(trace, layer=2).rows
    assert attention.heads(trace).props["layers"] == [2, 4]
    frame = attention.lines(trace)
    assert '"include_layers": [2, 4]' in frame.source("n")  # type: ignore[union-attr]
    shown = strip.trace(TEXT, model=tmp_path).attention
    assert shown is not None
    np.testing.assert_allclose(shown, maps[-1][0, :, -1].mean(0), atol=1e-5)


def pieces_file(**options: Any) -> bytes:
    """A SentencePiece model, trained in a blink."""
    import sentencepiece

    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES), model_writer=made, minloglevel=2, hard_vocab_limit=False, **options
    )
    return made.getvalue()


def test_a_folder_with_nothing_but_sentencepieces_file_has_a_tokenizer(tmp_path: Path) -> None:
    import transformers

    from explainers import tokens

    ends = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    kinds: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
        ("T5ForConditionalGeneration", "spiece.model", T5, {"model_type": "unigram", "vocab_size": 110, **ends}),
        ("LlamaForCausalLM", "tokenizer.model", BERT, {"model_type": "bpe", "vocab_size": 360, "byte_fallback": True}),
    )
    for architecture, file, sizes, options in kinds:
        folder = tmp_path / architecture
        save(folder, architecture, sizes, byte_tokenizer())
        change(folder, vocab_size=400)  # as many as either file has
        for path in folder.glob("*token*"):
            path.unlink()
        (folder / file).write_bytes(pieces_file(**options))
        plain = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        shown = tokens.trace(TEXT, model=folder).ids.tolist()
        assert shown == plain(TEXT)["input_ids"] and len(set(shown)) > 5
        (folder / file).write_bytes(b"\xff\xff\xff")
        assert refusal(folder).facts == {"model": str(folder), "file": file}
        (folder / file).write_bytes(b"IQ== 0\nIg== 1\n")
        assert refusal(folder).key == "python_tokenizer"
