"""What is shown equals a plain transformers computation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.refusal import Refusal

pytestmark = pytest.mark.weights

NAMES = ["tiny", "stories-gpt", "ko-gpt"]


@pytest.fixture(params=NAMES)
def model(request: pytest.FixtureRequest, tiny: Path) -> tuple[str | Path, Path]:
    """(what `models` calls it, its folder)"""
    from models.catalog import WEIGHTS

    return (tiny, tiny) if request.param == "tiny" else (request.param, WEIGHTS / request.param)


def plain(folder: Path, reader: str = "AutoModelForCausalLM", attention: str = "eager") -> Any:
    """The model as a person would open it, without any of our code."""
    import torch
    import transformers

    return getattr(transformers, reader).from_pretrained(
        folder, dtype=torch.float32, attn_implementation=attention, local_files_only=True
    ).eval()  # fmt: skip


def close(ours: np.ndarray, theirs: Any, scale: float = 1.0) -> None:
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == np.float32
    assert np.abs(ours - theirs).max() <= 1e-5 * scale


def test_a_pass_equals_transformers(model: tuple[str | Path, Path]) -> None:
    import torch

    import models

    name, folder = model
    ids = models.encode(name, "The bear saw a small bird. 작은 새가")
    ours = models.forward(name, ids, attention=True)
    other = plain(folder)
    with torch.no_grad():
        theirs = other(input_ids=torch.tensor([ids]), output_attentions=True)
    largest = float(theirs.logits.abs().max())
    close(ours.logits, theirs.logits[0], largest)
    assert ours.attention is not None
    close(ours.attention, torch.stack(theirs.attentions)[:, 0])
    close(ours.embeddings, other.transformer.wte.weight[list(ids)])
    assert ours.ids.tolist() == list(ids)
    np.testing.assert_allclose(ours.attention.sum(-1), 1, atol=1e-5)
    assert np.all(np.triu(ours.attention, 1) == 0)
    without = models.forward(name, ids)
    assert without.attention is None
    np.testing.assert_array_equal(without.logits, ours.logits)


def test_a_masked_model_looks_both_ways(tiny_bert: Path) -> None:
    import torch

    import models

    ids = models.encode(tiny_bert, "The bear saw a bird")
    ours = models.forward(tiny_bert, ids, attention=True)
    with torch.no_grad():
        theirs = plain(tiny_bert, "AutoModelForMaskedLM")(torch.tensor([ids]), output_attentions=True)
    close(ours.logits, theirs.logits[0])
    assert ours.attention is not None and ours.attention.shape[:2] == (2, 4)
    close(ours.attention, torch.stack(theirs.attentions)[:, 0])
    assert np.all(ours.attention > 0)


def lstm(folder: Path, ids: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Logits (T, V) and states (T, S) of an LSTM folder by the formulas alone, one token at a time."""
    from safetensors.numpy import load_file

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    w = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}
    inputs = w["embedding.weight"][list(ids)]  # (T, D)
    for layer in range(sum(name.startswith("layers.weight_ih") for name in w)):
        h = c = np.zeros(w[f"layers.weight_hh_l{layer}"].shape[1])
        states = []
        for x in inputs:
            sums = w[f"layers.weight_ih_l{layer}"] @ x + w[f"layers.weight_hh_l{layer}"] @ h
            i, f, g, o = np.split(sums + w[f"layers.bias_ih_l{layer}"] + w[f"layers.bias_hh_l{layer}"], 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            states.append(h)
        inputs = np.stack(states)
    return (inputs @ w["down.weight"].T + w["down.bias"]) @ w["embedding.weight"].T, inputs


@pytest.mark.parametrize("name", ["tiny", "stories-lstm", "ko-lstm"])
def test_a_recurrent_model_carries_one_state(name: str, tiny_lstm: Path) -> None:
    import models
    from models.catalog import WEIGHTS

    model, folder = (tiny_lstm, tiny_lstm) if name == "tiny" else (name, WEIGHTS / name)
    ids = models.encode(model, "The bear saw a small bird. 작은 새가")
    ours = models.forward(model, ids, needs=frozenset({"recurrent"}))
    logits, states = lstm(folder, ids)
    assert ours.states is not None and ours.states.shape == states.shape and ours.states.dtype == np.float32
    np.testing.assert_allclose(ours.states, states, atol=1e-5)
    np.testing.assert_allclose(ours.logits, logits, atol=1e-5 * np.abs(logits).max())
    assert ours.attention is None
    written = list(models.write(model, ids, greedy, 12))
    logits, _ = lstm(folder, (*ids, *(i for i, _ in written)))
    assert [i for i, _ in written] == logits[len(ids) - 1 : -1].argmax(-1).tolist()
    np.testing.assert_allclose(
        np.stack([row for _, row in written]), logits[len(ids) - 1 : -1], atol=1e-5 * np.abs(logits).max()
    )


ROWS = (3, 60, 1, 17, 17, 40, 2)  # lengths


@pytest.mark.parametrize("kind", ["gpt", "bert", "lstm"])
@pytest.mark.parametrize("most", [4096, 50])
def test_the_ends_of_many_sequences_are_those_of_each_alone(
    kind: str, most: int, make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import models
    from models import run

    folder = make_model(kind)
    monkeypatch.setattr(run, "MOST_TOKENS", most)
    dice = np.random.default_rng(1)
    rows = [dice.integers(0, 150, length).tolist() for length in ROWS]
    alone = np.stack([models.forward(folder, row).logits[-1] for row in rows])
    ours = models.last_logits(folder, rows)
    assert ours.dtype == np.float32 and ours.shape == alone.shape
    assert np.abs(ours - alone).max() <= 1e-5 * np.abs(alone).max()
    assert models.last_logits(folder, []).shape == (0, alone.shape[1])
    for row, key in (([], "empty_text"), ([1] * 600, "too_many_tokens"), ([10**6], "unknown_token")):
        with pytest.raises(Refusal, match=key):
            models.last_logits(folder, [[1, 2], row])
    with pytest.raises(Refusal, match="wrong_kind"):
        models.last_logits(folder, rows, needs=frozenset({"unheard of"}))


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("most", [1, 20, 64, 4096])
def test_no_batch_is_too_large_and_each_sequence_is_in_one(most: int, padded: bool) -> None:
    from models.run import batches

    found = list(batches(ROWS, most, padded))
    assert sorted(i for batch in found for i in batch) == list(range(len(ROWS)))
    for batch in found:
        lengths = [ROWS[i] for i in batch]
        assert len(batch) == 1 or len(batch) * max(lengths) <= most
        assert padded or len(set(lengths)) == 1
    assert len(found) == {(4096, True): 1, (4096, False): 6}.get((most, padded), len(found))


def test_the_table_is_the_models_own_and_cannot_be_written_to(tiny: Path, tiny_lstm: Path) -> None:
    import models

    for name in (tiny, tiny_lstm):
        table = models.table(name)
        assert table is models.table(name) and table.dtype == np.float32
        np.testing.assert_array_equal(table[[5, 6]], models.forward(name, (5, 6)).embeddings)
        with pytest.raises(ValueError):
            table[0, 0] = 1
    assert np.shares_memory(models.table(tiny), models.load(tiny).model.get_input_embeddings().weight.detach().numpy())


def test_what_cannot_be_run_is_refused(tiny: Path, tiny_bert: Path) -> None:
    import models

    cases: list[tuple[tuple[int, ...], str]] = [
        ((), "empty_text"),
        ((1,) * 65, "too_many_tokens"),
        ((1, 10**6), "unknown_token"),
        ((-1,), "unknown_token"),
    ]
    for ids, key in cases:
        for act in (lambda i: models.forward(tiny, i), lambda i: list(models.write(tiny, i, lambda a, s: 1, 3))):
            with pytest.raises(Refusal) as caught:
                act(ids)
            assert caught.value.key == key
    with pytest.raises(Refusal) as caught:
        models.forward(tiny, (1,) * 65)
    assert caught.value.facts == {"tokens": 65, "limit": 64}
    assert models.forward(tiny, (1,) * 64).logits.shape[0] == 64
    with pytest.raises(Refusal, match="wrong_kind"):
        next(models.write(tiny_bert, (1, 2), lambda a, s: 1, 3))
    with pytest.raises(Refusal, match="wrong_kind"):
        models.forward(tiny_bert, (1, 2), needs=frozenset({"causal"}))
    assert models.forward(tiny_bert, (1, 2), needs=frozenset({"masked"})).logits.shape[0] == 2


def test_a_model_without_maps_says_so(tiny: Path, tiny_lstm: Path) -> None:
    import torch
    from transformers.modeling_outputs import CausalLMOutput

    import models
    from models.run import maps

    even, logits = torch.full((1, 4, 2, 2), 0.5), torch.zeros(1, 2, 5)
    for layers in (None, (), (even,) * 2, (None,) * 3, (even[..., :1],) * 3, (even / 2,) * 3):
        with pytest.raises(Refusal, match="no_attention"):
            maps(models.load(tiny), CausalLMOutput(logits=logits, attentions=layers), 2)
    for layers, numbers in (((even,) * 3, (1, 2, 3)), ((even, None, even), (1, 3)), ((even / 2, even, even), (2, 3))):
        found, of = maps(models.load(tiny), CausalLMOutput(logits=logits, attentions=layers), 2)
        assert found.shape == (len(numbers), 4, 2, 2) and of == numbers
    with pytest.raises(Refusal, match="no_attention"):
        models.forward(tiny_lstm, (5, 6), attention=True)
    with pytest.raises(Refusal, match="wrong_kind"):
        models.forward(tiny_lstm, (5, 6), attention=True, needs=frozenset({"attention"}))


def greedy(logits: np.ndarray, step: int) -> int:
    return int(logits.argmax())


def test_greedy_writing_equals_generate(model: tuple[str | Path, Path]) -> None:
    import torch

    import models

    name, folder = model
    ids = models.encode(name, "Once upon a time")
    written = list(models.write(name, ids, greedy, 30))
    theirs = plain(folder).generate(
        torch.tensor([ids]), attention_mask=torch.ones(1, len(ids)), max_new_tokens=30, do_sample=False, pad_token_id=0
    )[0, len(ids) :]  # fmt: skip
    assert [i for i, _ in written] == theirs.tolist()
    whole = models.forward(name, (*ids, *(i for i, _ in written)))
    for step, (_, logits) in enumerate(written):
        full = whole.logits[len(ids) - 1 + step]
        assert np.abs(logits - full).max() <= 1e-4 * np.abs(full).max()


def test_writing_ends_at_the_end_mark_and_at_the_contexts_end(tiny: Path) -> None:
    import models

    assert [i for i, _ in models.write(tiny, (5,), lambda logits, step: (7, 8, 0)[step], 10)] == [7, 8, 0]
    assert len(list(models.write(tiny, (5,) * 60, lambda logits, step: 7, 10))) == 4
    assert list(models.write(tiny, (5,) * 64, lambda logits, step: 7, 10)) == []
    assert list(models.write(tiny, (5,), lambda logits, step: 7, 0)) == []
    assert [i for i, _ in models.write(tiny, (5,), lambda logits, step: 7 + step, 3)] == [7, 8, 9]


def test_a_model_stays_while_it_writes_and_while_it_runs(
    make_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import models
    from models.load import _models

    first, second, third = (make_model(seed=seed) for seed in (21, 22, 23))
    loaded = models.load(first)
    monkeypatch.setenv("GLASSBOX_CACHE_GB", str(loaded.bytes * 1.5 / 1e9))
    writing = models.write(first, (5, 6), greedy, 5)
    next(writing)
    for other in (second, third):
        models.forward(other, (5, 6))
    assert models.load(first) is loaded and str(second) not in _models.things
    assert _models.weight() <= 2 * loaded.bytes  # the one that writes and the last one used
    del writing
    models.load(third)
    assert _models.weight() <= 1.5 * loaded.bytes and not _models.held
    with pytest.raises(Refusal):
        models.forward(third, ())
    assert not _models.held


def test_two_may_write_at_once(tiny: Path) -> None:
    import models

    alone = [i for i, _ in models.write(tiny, (5, 6), greedy, 10)]
    first, second = (models.write(tiny, (5, 6), greedy, 10) for _ in range(2))
    both = list(zip(first, second, strict=True))
    assert [a for (a, _), _ in both] == alone == [b for _, (b, _) in both]
    import torch

    assert not torch.is_inference_mode_enabled()


def test_an_array_becomes_a_tensor_of_its_own() -> None:
    import models

    array = np.arange(3.0)
    tensor = models.as_tensor(array)
    array[0] = 9
    assert tensor.tolist() == [0, 1, 2]


def test_the_page_cannot_ask_for_more_than_the_longest_run(make_model: Callable[..., Path]) -> None:
    import models
    from models.load import LONGEST

    assert models.load(make_model(n_positions=2048, n_layer=1)).positions == LONGEST
