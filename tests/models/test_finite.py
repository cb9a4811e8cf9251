"""One number that is none, wherever it is or comes from, is refused by the name of its tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.refusal import Refusal

pytestmark = pytest.mark.weights


def change(folder: Path, name: str, act: Callable[[Any], None]) -> Path:
    """The folder, with one tensor of its weights changed."""
    from safetensors.torch import load, save_file

    tensors = load((folder / "model.safetensors").read_bytes())
    act(tensors[name])
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def refusal(act: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.key, caught.value.facts["tensor"]


@pytest.mark.parametrize(
    ("kind", "tensor", "value"),
    [
        ("gpt", "transformer.h.1.mlp.c_fc.weight", math.nan),
        ("gpt", "transformer.h.1.mlp.c_fc.weight", math.inf),
        ("gpt", "transformer.h.1.mlp.c_fc.weight", -math.inf),
        ("gpt", "transformer.wte.weight", math.nan),
        ("gpt", "transformer.ln_f.bias", math.inf),
        ("bert", "bert.encoder.layer.1.attention.self.query.bias", -math.inf),
        ("lstm", "layers.weight_hh_l1", math.nan),
    ],
)
def test_a_weight_that_is_no_number(kind: str, tensor: str, value: float, make_model: Callable[..., Path]) -> None:
    import models

    folder = change(make_model(kind), tensor, lambda values: values.view(-1)[-1:].fill_(value))
    acts: list[Callable[[], Any]] = [
        lambda: models.load(folder),
        lambda: models.forward(folder, [5, 6]),
        lambda: models.last_logits(folder, [[5, 6], [7]]),
        lambda: models.table(folder),
        lambda: models.projection(folder),
        lambda: list(models.write(folder, [5, 6], lambda logits, step: 5, 2)),
    ]
    assert {refusal(act) for act in acts} == {("weight_not_finite", tensor)}
    assert models.encode(folder, "a bird")  # tokens need no weights


def test_numbers_that_grow_too_large_on_the_way(make_model: Callable[..., Path]) -> None:
    """Each weight is a number, what is computed with them is not; the layers before are innocent."""
    import models

    grown = {"transformer.h.1.mlp.c_proj", "transformer.h.2.ln_1"}  # a product, or its square
    folder = change(make_model(), "transformer.h.1.mlp.c_proj.weight", lambda values: values.fill_(3e38))
    acts: list[Callable[[], Any]] = [
        lambda: models.forward(folder, [5, 6], attention=True),
        lambda: models.forward(folder, [5, 6]),
        lambda: models.last_logits(folder, [[5, 6], [7]]),
        lambda: list(models.write(folder, [5, 6], lambda logits, step: 5, 2)),
    ]
    found = [refusal(act) for act in acts]
    assert {key for key, _ in found} == {"value_not_finite"} and {part for _, part in found} <= grown
    assert models.table(folder).shape == (320, 32)


def test_a_table_whose_rows_have_no_length(make_model: Callable[..., Path]) -> None:
    import models

    name = "transformer.wte.weight"
    folder = change(make_model(), name, lambda values: values[3].fill_(3e30))
    assert refusal(lambda: models.table(folder)) == ("value_not_finite", name)
    assert refusal(lambda: models.projection(folder)) == ("value_not_finite", name)


def test_scores_of_a_recurrent_model_that_are_no_numbers(make_model: Callable[..., Path]) -> None:
    import models

    folder = change(make_model("lstm"), "embedding.weight", lambda values: values.fill_(1e15))
    change(folder, "down.bias", lambda values: values.fill_(1e30))
    assert refusal(lambda: models.forward(folder, [5, 6])) == ("value_not_finite", "LSTMForCausalLM")


def test_a_mask_of_a_models_own_may_hold_infinities() -> None:
    import torch
    from torch import nn

    from models import finite

    class Masked(nn.Module):
        def __init__(self, mask: float, kept: bool):
            super().__init__()
            self.register_buffer("mask", torch.full((2, 2), mask), persistent=kept)
            self.empty = nn.Parameter(torch.empty(0))
            self.small = nn.Parameter(torch.ones(3).to(torch.float8_e4m3fn), requires_grad=False)

    finite.check_weights("m", Masked(-math.inf, kept=False))
    for mask, kept in ((-math.inf, True), (math.nan, False)):
        assert refusal(lambda m=mask, k=kept: finite.check_weights("m", Masked(m, k)))[1] == "mask"  # type: ignore[misc]
