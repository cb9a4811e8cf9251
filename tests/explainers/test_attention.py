"""Attention: the maps are the model's own, and nothing else is needed to see one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explainers import attention
from explainers.contract import Refusal
from explainers.words import LANGUAGES, words_for
from tests.fresh import run

WEIGHTS = Path(__file__).resolve().parents[2] / "models" / "weights"
TEXTS = ["The cat sat on the cat", "옛날에 고양이가 살았어요", " "]


def plain_weights(model: Any, ids: list[int]) -> np.ndarray:
    """(L, H, T, T) from transformers alone."""
    import torch

    with torch.no_grad():
        out = model(torch.tensor([ids]), output_attentions=True)
    return torch.stack(out.attentions)[:, 0].numpy()


def hold(trace: attention.Trace) -> None:
    """What a Trace promises."""
    layers, heads, looking, looked_at = trace.weights.shape
    assert trace.weights.dtype == np.float32
    assert looking == looked_at == len(trace.ids) == len(trace.labels)
    np.testing.assert_allclose(trace.weights.sum(-1), np.ones((layers, heads, looking)), atol=1e-5)
    assert trace.weights.min() >= 0
    assert trace.causal and not np.triu(trace.weights, 1).any()


@pytest.mark.parametrize("text", TEXTS)
def test_weights_are_the_models(tiny: str, plain: tuple[Any, Any], text: str) -> None:
    trace = attention.trace(text, model=tiny)
    hold(trace)
    np.testing.assert_allclose(trace.weights, plain_weights(plain[0], trace.ids.tolist()), atol=1e-5)


@pytest.mark.weights
@pytest.mark.parametrize("text", TEXTS)
def test_weights_are_the_bundled_models(bundled: tuple[str, Any, Any], text: str) -> None:
    name, model, tokenizer = bundled
    trace = attention.trace(text, model=name)
    hold(trace)
    np.testing.assert_allclose(trace.weights, plain_weights(model, tokenizer(text)["input_ids"]), atol=1e-5)


BERT_TEXTS = ["The bear saw a bird.", "작은 새가 나무 위에", "a"]


@pytest.mark.parametrize("text", BERT_TEXTS)
def test_a_bert_looks_both_ways(tiny_bert: str, text: str) -> None:
    """The weights are the model's own, none is masked, and [CLS] and [SEP] are tokens like any other."""
    import torch
    from transformers import AutoTokenizer, BertForMaskedLM

    trace = attention.trace(text, model=tiny_bert)
    ids = AutoTokenizer.from_pretrained(tiny_bert)(text)["input_ids"]
    model = BertForMaskedLM.from_pretrained(tiny_bert, attn_implementation="eager").eval()
    with torch.no_grad():
        plain = torch.stack(model(torch.tensor([ids]), output_attentions=True).attentions)[:, 0].numpy()
    assert trace.ids.tolist() == ids
    np.testing.assert_allclose(trace.weights, plain, atol=1e-5)
    assert not trace.causal and trace.weights.min() > 0
    assert (trace.labels[0], trace.labels[-1]) == ("[CLS]", "[SEP]")
    assert not attention.heads(trace).props["causal"]


@pytest.mark.weights
@pytest.mark.parametrize("name", ["stories-bert", "ko-bert"])
@pytest.mark.parametrize("text", [*BERT_TEXTS, "a 뷁 b"])
def test_a_bundled_berts_weights_are_its_own(name: str, text: str) -> None:
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    folder = WEIGHTS / name
    model = AutoModelForMaskedLM.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    ids = AutoTokenizer.from_pretrained(folder)(text)["input_ids"]
    trace = attention.trace(text, model=name)
    assert trace.ids.tolist() == ids and not trace.causal
    np.testing.assert_allclose(trace.weights, plain_weights(model, ids), atol=1e-5)


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "text"),
    [("stories-bert", "once upon a time there was a [MASK] girl ."), ("ko-bert", "나는 [MASK] 을 먹었다 .")],
)
def test_a_bundled_bert_fills_a_gap_better_than_by_frequency(name: str, text: str) -> None:
    """What its head says of a hidden word depends on the words around it."""
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    folder = WEIGHTS / name
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def guess(words: str) -> torch.Tensor:
        ids = tokenizer(words, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            return model(ids).logits[0][ids[0] == tokenizer.mask_token_id].log_softmax(-1)[0]

    whole, alone = guess(text), guess("[MASK]")
    best = int(whole.argmax())
    assert whole[best] - alone[best] > 1


def test_a_model_without_attention_is_refused(tmp_path: Path) -> None:
    from models.lstm import LSTMConfig, LSTMForCausalLM
    from tests.tiny import byte_tokenizer

    tokenizer = byte_tokenizer()
    tokenizer.save_pretrained(tmp_path)
    LSTMForCausalLM(LSTMConfig(vocab_size=len(tokenizer))).save_pretrained(tmp_path)
    with pytest.raises(Refusal) as refused:
        attention.trace("The cat", model=tmp_path)
    assert refused.value.key in ("wrong_kind", "no_attention")


def test_the_heatmap_is_one_heads_map(tiny: str) -> None:
    trace = attention.trace(TEXTS[0], model=tiny)
    figure = attention.heatmap(trace, layer=3, head=2)
    np.testing.assert_array_equal(figure.data[0].z, trace.weights[2, 1])
    assert list(figure.layout.xaxis.ticktext) == list(figure.layout.yaxis.ticktext) == list(trace.labels)
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)


@pytest.mark.parametrize("where", [{"layer": 0}, {"layer": 4}, {"head": 3}, {"head": 1.5}, {"layer": "x"}])
def test_a_head_that_is_not_there_is_refused(tiny: str, where: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        attention.heatmap(attention.trace("a b", model=tiny), **where)


def test_the_table_takes_the_last_layer_for_one_past_it(tiny: str) -> None:
    trace = attention.trace(TEXTS[0], model=tiny)
    assert attention.numbers(trace, layer=9, head=9) == attention.numbers(trace, layer=3, head=2)


def test_the_table_names_the_most_looked_at(tiny: str) -> None:
    trace = attention.trace(TEXTS[0], model=tiny)
    rows = attention.numbers(trace, layer=2, head=1).rows
    assert rows[0][2:] == (trace.labels[0], 1.0, "", "", "", "")
    for row, weights in zip(rows, trace.weights[1, 0], strict=True):
        assert row[3] == weights.max() and row[2] == trace.labels[int(weights.argmax())]


def test_distances() -> None:
    one_back = np.array([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    far = np.array([[1.0, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]])
    np.testing.assert_allclose(attention.distances(np.stack([one_back, far])[None]), [[2 / 3, 1 / 3]])


def test_the_table_of_distances_is_the_figures(tiny: str) -> None:
    trace = attention.trace(TEXTS[0], model=tiny)
    table = attention.distance_table(trace)
    assert len(table.columns) == 1 + trace.weights.shape[1]
    np.testing.assert_array_equal([row[1:] for row in table.rows], attention.reach(trace).data[0].z)
    assert [row[0] for row in table.rows] == [1, 2, 3]


def test_a_text_too_long_is_refused(tiny: str) -> None:
    """First by this explainer's own limit, then by the model's."""
    for repeats, limit in ((300, 256), (100, 64)):
        with pytest.raises(Refusal) as refused:
            attention.trace(" a" * repeats, model=tiny)
        assert refused.value.key == "too_many_tokens"
        assert refused.value.facts["tokens"] > refused.value.facts["limit"] == limit


@pytest.mark.weights
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_example_opens_on_a_head_that_shows_its_point(language: str) -> None:
    """Where it looks most is another token than the first, where many heads rest, and it takes much of the weight."""
    examples = [example for example in words_for("attention", language).raw("examples") if "controls" in example]
    assert len(examples) >= 4 and "controls" in words_for("attention", language).raw("examples")[0]
    for example in examples:
        layer, head, row = (example["controls"][name] - 1 for name in ("layer", "head", "row"))
        weights = attention.trace(example["text"]).weights[layer, head, row]
        assert 0 < weights.argmax() < row and weights.max() > 0.4, (example["text"], weights)


@pytest.mark.weights
def test_two_lines_in_a_bare_python_draw_a_map() -> None:
    code = """
import sys
from explainers import attention
t = attention.trace("The cat sat")
figure = attention.heatmap(t)
assert "gradio" not in sys.modules
print(repr(t), figure.data[0].z.shape)
"""
    done = run(code)
    assert done.returncode == 0, done.stderr
    assert "attention.Trace('The cat sat', 'stories-gpt', weights (4, 8, 3, 3), causal=True) (3, 3)" in done.stdout
