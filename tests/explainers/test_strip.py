"""The strip: each station's values are this sentence's own."""

import json
from typing import Any

import numpy as np
import torch

from explainers import strip


def test_values_are_the_models(tiny: str, plain: tuple[Any, Any]) -> None:
    model, tokenizer = plain
    trace = strip.trace("the cat sat", model=tiny, ids=(5, 6))
    assert trace.ids.tolist() == [*tokenizer("the cat sat")["input_ids"], 5, 6]
    with torch.no_grad():
        out = model(torch.tensor(trace.ids)[None], output_attentions=True)
    rows = model.get_input_embeddings().weight[torch.tensor(trace.ids), :8].detach().numpy()
    np.testing.assert_array_equal(trace.vectors, rows)
    assert trace.attention is not None
    np.testing.assert_allclose(trace.attention, out.attentions[-1][0, :, -1].mean(0), atol=1e-5)
    assert abs(trace.attention.sum() - 1) < 1e-5
    wanted = torch.softmax(out.logits[0, -1].double(), -1).topk(5)
    np.testing.assert_allclose([probability for _, probability in trace.next], wanted.values, atol=1e-5)


def test_view_is_json(tiny: str) -> None:
    view = json.loads(json.dumps(strip.view(strip.trace("the cat", model=tiny))))
    assert len(view["tokens"]) == len(view["attention"])
    assert all(len(token["vector"]) == 8 for token in view["tokens"])


def test_a_long_text_has_no_map(tiny: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(strip, "MOST_TOKENS", 2)
    trace = strip.trace("the cat sat", model=tiny)
    assert trace.attention is None and strip.view(trace)["attention"] is None
