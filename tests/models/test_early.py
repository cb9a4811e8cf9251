"""The small twin is kept at four steps, and what its heads do is what plain attention says they do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.stopped import left_behind

pytestmark = [pytest.mark.weights, pytest.mark.slow]
STEPS = 100


def twin(early: Any) -> Any:
    """A smaller twin, which reads one text."""
    from models.recipes.corpus import Text, by_blank_line

    text = Text("text.txt", 1.0, by_blank_line, "Text", "CC0")
    return replace(early.TWIN, texts=(text,), layers=2, width=32, rows=1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, float]:
    """(the recipe's module, where the twin was kept, the figure that its run returned)."""
    from models.recipes import early
    from models.recipes.generate import documents

    folder = tmp_path_factory.mktemp("twin")
    (folder / "text.txt").write_text("\n\n".join(each.text("en") for each in documents(150)), encoding="utf-8")
    plain = early.guessing

    def guessing(model: Any, rows: Any) -> Any:
        loss = plain(model, rows)

        def learning(step: int) -> Any:
            assert model.training, f"no dropout at step {step}"
            return loss(step)

        return learning

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(early, "guessing", guessing)
        patch.setattr(early, "CONTINUED", 1)
        patch.setattr(early, "SCORED", 4)
        with left_behind(folder / "work", folder / "stopped", 30):
            figure = early.train(twin(early), folder, folder / "out", folder / "work", STEPS * 512, save_every=50)
    return early, folder / "out", figure


def model_of(folder: Path) -> Any:
    import torch
    from transformers import GPT2LMHeadModel

    return GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()


def card(folder: Path) -> str:
    return " ".join((folder / "CARD.md").read_text(encoding="utf-8").split())


def test_the_twin_is_kept_before_it_learns_and_while_it_does(kept: tuple[Any, Path, float]) -> None:
    early, out, figure = kept
    folders = [early.folder_of(out, which) for which in range(4)]
    for at, step in zip(folders, (0, 1, 8, 100), strict=True):
        assert f"{step * 512:,} training tokens so far" in card(at)
    assert f"{figure:.4f} bits per byte" in card(folders[3])
    tables = [model_of(folder).transformer.wte.weight.detach().numpy() for folder in folders]
    assert np.abs(tables[0] - tables[1]).max() > 1e-4 and np.abs(tables[2] - tables[3]).max() > 1e-2
    assert abs(tables[0].std() - 0.02) < 2e-3  # GPT-2's random weights


def test_what_heads_do_is_what_attention_says(kept: tuple[Any, Path, float]) -> None:
    import torch

    early, out, _ = kept
    folder = early.folder_of(out, 3)
    model = model_of(folder)
    before, again = early.heads(model, 300)
    once = torch.randint(1, 300, (early.ROWS, early.SPAN), generator=torch.Generator().manual_seed(1))
    model.set_attn_implementation("eager")
    rows = torch.cat([once, once], 1)
    with torch.inference_mode():
        maps = model(input_ids=rows, output_attentions=True).attentions
    for layer in range(2):
        for head in range(4):
            map_ = maps[layer][:, head].numpy()
            places = range(early.SPAN, 2 * early.SPAN)
            assert before[layer, head] == pytest.approx(np.mean([map_[:, p, p - 1] for p in places]), abs=1e-5)
            follows = [map_[:, p, p - early.SPAN + 1] for p in places]
            assert again[layer, head] == pytest.approx(np.mean(follows), abs=1e-5)
    assert f"gives it {before.max():.0%}" in card(folder)


def test_cards_can_be_written_anew(
    kept: tuple[Any, Path, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, out, figure = kept
    monkeypatch.setattr(early, "CONTINUED", 1)
    monkeypatch.setattr(early, "SCORED", 4)
    again = early.rewrite(twin(early), out.parent, out, STEPS * 512)
    assert again == pytest.approx(figure, abs=2e-3)  # the weights were rounded to float16
    assert "4,096 training tokens so far" in card(early.folder_of(out, 2))


def test_a_stopped_run_ends_the_same_and_guesses_better_than_frequency(
    kept: tuple[Any, Path, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    early, out, figure = kept
    monkeypatch.setattr(early, "CONTINUED", 1)
    monkeypatch.setattr(early, "SCORED", 4)
    folder = out.parent
    again = early.train(twin(early), folder, folder / "again", folder / "stopped", STEPS * 512, save_every=50)
    assert again == pytest.approx(figure, abs=2e-3)
    first, second = (model_of(early.folder_of(folder / name, 3)).state_dict() for name in ("out", "again"))
    assert all(np.allclose(first[name], second[name], atol=2e-3) for name in first)

    sample = (folder / "text.txt").read_text(encoding="utf-8")
    ids = early.PreTrainedTokenizerFast.from_pretrained(early.folder_of(out, 3))(sample)["input_ids"]
    shares = np.bincount(ids) / len(ids)
    by_frequency = -(shares[shares > 0] * np.log2(shares[shares > 0])).sum() * len(ids) / len(sample.encode())
    assert figure < by_frequency


def test_even_a_very_short_run_keeps_four(kept: tuple[Any, Path, float]) -> None:
    early, _, _ = kept
    assert early.kept_at(12) == [0, 0, 1, 12] and early.kept_at(5000) == [0, 50, 400, 5000]


def test_a_twin_begins_before_it_has_learnt(kept: tuple[Any, Path, float], tmp_path: Path) -> None:
    early, out, _ = kept
    with pytest.raises(ValueError, match="random weights"):
        early.train(replace(early.TWIN, begin=out), tmp_path, tmp_path / "out", tmp_path / "work", 1000)
