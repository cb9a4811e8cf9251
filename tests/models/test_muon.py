"""Where the processor has no bfloat16, Muon computes in float32, and makes the same steps."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.weights


def test_the_steps_are_those_of_torch() -> None:
    """For a tall matrix, a wide one, and one without a gradient; up to what bfloat16 rounds."""
    import torch

    from models.recipes import muon

    torch.manual_seed(4)
    ours, theirs = ([torch.nn.Parameter(torch.ones(size)) for size in ((24, 6), (6, 24), (3, 3))] for _ in range(2))
    pair = [(muon.Muon, ours), (torch.optim.Muon, theirs)]
    optimizers = [kind(matrices, lr=0.1, weight_decay=0.1) for kind, matrices in pair]
    for _ in range(3):
        for one, other in zip(ours[:2], theirs[:2], strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=6e-3)
    assert (ours[0] - 1).abs().max() > 0.1 and ours[2].eq(1).all()
    states = [optimizer.state_dict()["state"] for optimizer in optimizers]
    torch.testing.assert_close(states[0], states[1])  # a checkpoint of one fits the other


@pytest.mark.parametrize("can", [True, False])
def test_the_processor_decides(can: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from models.recipes import muon, optim

    assert muon.computes_bfloat16("cuda")
    monkeypatch.setattr(muon, "computes_bfloat16", lambda device: can)
    optimizer, peak = optim.muon([torch.nn.Parameter(torch.randn(4, 4))], 0.1)
    assert type(optimizer) is (torch.optim.Muon if can else muon.Muon)
    assert peak == optimizer.param_groups[0]["lr"] == 0.1
