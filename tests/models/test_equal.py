"""The comparison of a device's numbers with the CPU's passes where they are the same, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.weights


@pytest.mark.parametrize("kind", ["tiny", "tiny_lstm", "tiny_bert"])
def test_a_model_is_equal_to_itself_and_not_to_another(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from bench import equal

    folder: Any = request.getfixturevalue(kind)
    monkeypatch.setattr(equal, "TEXTS", ("The bear saw a bird.", "A"))
    found = list(equal.check(folder))
    assert {each.what for each in found} >= {"logits", "embeddings", "last logits"}
    assert all(each.passed for each in found), found

    same = equal.on_cpu

    def other(loaded: Any) -> Any:
        model = same(loaded)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
        return model

    monkeypatch.setattr(equal, "on_cpu", other)
    failed = {each.what for each in equal.check(folder) if not each.passed}
    assert failed >= {"logits", "embeddings", "last logits"}


def test_what_is_no_number_or_of_another_shape_is_not_equal() -> None:
    from bench.equal import Check, apart

    assert not Check("x", "logits", float("nan"), 1.0).passed
    assert apart([1.0, 2.0], [1.0]) == float("inf") and apart([1.0, 2.0], [1.0, 2.5]) == 0.5


def test_each_part_writes_what_it_finds_and_a_model_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    from bench import cuda, equal

    def check(name: str) -> Any:
        if name == "bad":
            raise RuntimeError("on another device")
        yield equal.Check(name, "logits", 1e-5, 1e-3)

    monkeypatch.setattr(cuda, "check", check)
    monkeypatch.setattr(cuda, "bundled", lambda: ["good", "bad"])
    monkeypatch.setattr(cuda, "encoded", lambda: [equal.Check("en-encoder", "vectors", 0.0, 1e-4)])
    assert not cuda.equal(tmp_path, None)  # type: ignore[arg-type]
    lines = [json.loads(line) for line in (tmp_path / "equal.jsonl").read_text().splitlines()]
    assert [each["model"] for each in lines] == ["good", "bad", "en-encoder"]
    assert lines[0]["passed"] and "another device" in lines[1]["error"]
