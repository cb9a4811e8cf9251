"""Nothing that happens to a model's files can end the program, or change what is computed with a model in memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from models.refusal import Refusal

pytestmark = pytest.mark.weights

# In a process of its own, for what is tested would end it. A file is cut short while the model writes: of what is
# mapped, the next look at a page that is gone is a SIGBUS.
OVERWRITTEN = """
import os, sys
from pathlib import Path
import models
from models import Refusal

folder = Path(sys.argv[1])
weights = folder / "model.safetensors"
whole = weights.read_bytes()
models.projection(folder)
before = models.forward(folder, [5, 6]).logits

def spoil():
    for act in (lambda: os.truncate(weights, 0), lambda: weights.write_bytes(b"x" * len(whole)), weights.unlink):
        act()
        yield

spoils = spoil()
steps = 0
for _ in models.write(folder, [5, 6], lambda logits, step: 5, 6):
    steps += 1
    next(spoils, None)
assert steps == 6
try:
    models.forward(folder, [5, 6])
except Refusal as refusal:
    print(refusal.key)
weights.write_bytes(whole)
assert (models.forward(folder, [5, 6]).logits == before).all()
os.truncate(folder / "space.safetensors", 0)
models.projection(folder)
print("maps", sum("safetensors" in line and str(folder) in line for line in open("/proc/self/maps")))
"""


@pytest.mark.slow
def test_files_that_change_while_the_model_writes(make_model: Callable[..., Path], tmp_path: Path) -> None:
    from models import space, table

    folder = Path(shutil.copytree(make_model(n_embd=64), tmp_path / "copy"))
    space.save(folder, table(folder))
    done = subprocess.run([sys.executable, "-c", OVERWRITTEN, str(folder)], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, ["no_weights", "maps", "0"]), done.stderr


def test_a_file_that_changes_while_it_is_read(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of two models make none: it is read again, and refused where that does not end."""
    import models
    from models import reading

    folder = Path(shutil.copytree(tiny, tmp_path / "copy"))
    weights, read, reads = folder / "model.safetensors", reading.read_model, []

    def touched(*given: object) -> object:
        reads.append(1)
        found = read(*given)  # type: ignore[arg-type]
        if len(reads) < most:
            os.utime(weights, ns=(len(reads), len(reads)))
        return found

    monkeypatch.setattr(reading, "read_model", touched)
    most = 2
    assert models.load(folder) and len(reads) == 2
    most = 99
    os.utime(weights, ns=(0, 0))
    with pytest.raises(Refusal, match="model_changing"):
        models.load(folder)


def test_a_copy_that_brings_its_times_along(make_model: Callable[..., Path], tmp_path: Path) -> None:
    import models

    folder = Path(shutil.copytree(make_model(), tmp_path / "copy"))
    weights = folder / "model.safetensors"
    times = (weights.stat().st_atime_ns, weights.stat().st_mtime_ns)
    before = models.forward(folder, [5, 6]).logits
    weights.write_bytes((make_model(seed=9) / "model.safetensors").read_bytes())  # as long as the other
    os.utime(weights, ns=times)
    assert abs(models.forward(folder, [5, 6]).logits - before).max() > 1e-3


def test_a_link_that_leads_to_another_model(
    make_model: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host's folder under the name that the host gave it: one model after another, none, and one again."""
    import models

    link = tmp_path / "latest"
    monkeypatch.setenv("GLASSBOX_FOLDER", str(link))
    needs = frozenset({"causal"})

    def lead(target: Path) -> None:
        fresh = tmp_path / "fresh"
        fresh.symlink_to(target)
        fresh.rename(link)

    def offered() -> list[str]:
        names = [entry.name for entry in models.offered(needs)]
        return [name for name in names if name.startswith(("latest", "checkpoint"))]

    assert offered() == []
    with pytest.raises(Refusal, match="no_folder"):
        models.load("latest")
    for seed in (21, 22):
        checkpoint = make_model(seed=seed, name=f"checkpoint-{seed}")
        for path in checkpoint.iterdir():
            os.utime(path, ns=(0, 0))  # as an archive leaves them
        lead(checkpoint)
        assert offered() == ["latest"]
        logits = models.forward(checkpoint, [5, 6]).logits
        for name in ("latest", f"checkpoint-{seed}"):  # links that were made before still lead there
            models.check_offered(name, needs)
            assert (models.forward(name, [5, 6]).logits == logits).all()
    with pytest.raises(Refusal, match="unknown_model"):
        models.check_offered("checkpoint-21", needs)
    lead(make_model("bert", name="filler"))
    assert offered() == [] and models.load("latest").can == {"masked", "attention"}
    link.unlink()
    assert offered() == [] and models.stamp("latest") == ""
    for act in (models.load, models.check_offered, lambda name: models.encode(name, "a")):
        with pytest.raises(Refusal) as gone:
            act("latest")
        assert gone.value.key == "no_folder"


def test_a_link_to_a_bundled_models_name_takes_nothing_over(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import models

    Path(shutil.copytree(tiny, tmp_path / "stories-gpt"))
    (tmp_path / "latest").symlink_to("stories-gpt")
    monkeypatch.setenv("GLASSBOX_FOLDER", str(tmp_path / "latest"))
    assert models.load("stories-gpt").model.config.n_embd != models.load("latest").model.config.n_embd == 32


def test_a_folder_with_a_link_to_nothing(tiny: Path, tmp_path: Path) -> None:
    import models

    folder = Path(shutil.copytree(tiny, tmp_path / "copy"))
    (folder / "training_args.json").symlink_to(tmp_path / "gone")
    assert models.load(folder) is models.load(folder)
