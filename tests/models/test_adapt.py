"""LoRA: nothing changes at first, only the thin matrices learn, and PEFT reads and merges what we write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.weights


def bert() -> Any:
    """A tiny BERT with random weights, the same each time."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(vocab_size=60, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    return BertModel(config, add_pooling_layer=False).eval()


def states(model: Any) -> Any:
    import torch

    with torch.inference_mode():
        return model(input_ids=torch.arange(40).view(4, 10)).last_hidden_state


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Path]:
    """(the adapter, a wrapped model that has learnt a little, the folder with what it learnt)."""
    import torch

    from models import adapt

    adapter = adapt.Adapter("tiny", rank=4, alpha=12, targets=("query", "dense"))
    model = bert()
    torch.manual_seed(2)
    parameters = adapt.wrap(model, adapter)
    assert torch.equal(states(model), states(bert()))  # B is zero
    optimizer = torch.optim.AdamW(parameters, lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        model(input_ids=torch.arange(40).view(4, 10)).last_hidden_state[..., 0].sum().backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("adapter")
    adapt.save(model, adapter, folder)
    return adapter, model, folder


def test_only_the_thin_matrices_learn(learnt: tuple[Any, Any, Path]) -> None:
    import torch

    from models import adapt

    adapter, model, _ = learnt
    fresh = dict(bert().named_parameters())
    names = [name for name, _ in adapt.targets(bert(), adapter)]
    assert len(names) == len(list(adapt.wrapped(model))) == 8
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert parameter.shape[0 if name.endswith(".a") else 1] == adapter.rank
        else:
            assert torch.equal(parameter, fresh[name.replace(".base.", ".")])


def test_peft_reads_what_was_learnt_and_merges_it_alike(learnt: tuple[Any, Any, Path]) -> None:
    import torch
    from peft import PeftModel

    from models import adapt

    _, model, folder = learnt
    merged = bert()
    adapt.merge(merged, folder)
    theirs = PeftModel.from_pretrained(bert(), folder).merge_and_unload()
    torch.testing.assert_close(merged.state_dict(), theirs.state_dict(), rtol=1e-5, atol=1e-7)
    assert (states(merged) - states(bert())).abs().max() > 0.05
    torch.testing.assert_close(states(merged), states(model), rtol=1e-2, atol=5e-3)  # kept in float16


def test_layers_that_are_not_there_are_told() -> None:
    from models import adapt

    with pytest.raises(ValueError, match="no linear layer is called nowhere"):
        adapt.wrap(bert(), adapt.Adapter("tiny", targets=("nowhere",)))
