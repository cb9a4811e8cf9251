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


def test_a_model_without_maps_says_so(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import models
    from models.run import maps

    class Out:
        attentions = ()

    with pytest.raises(Refusal, match="no_attention"):
        maps(models.load(tiny), Out())


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
