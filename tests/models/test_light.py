"""`import models` is light, and its names are what they seem."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fresh import run

CODE = """
import sys
import models
models.Entry, models.CATALOG, models.Refusal
models.offered(frozenset({"causal"}))
models.default(frozenset({"causal"}), "x")
models.check_offered("stories-gpt")
dir(models)
heavy = {"torch", "transformers", "tokenizers", "huggingface_hub", "numpy", "gradio", "plotly"} & set(sys.modules)
assert not heavy, heavy
"""


def test_importing_models_and_reading_the_catalogue_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_name_on_the_list_has_a_home_and_is_in_dir() -> None:
    import models

    assert sorted(models.HOME) == sorted(models.__all__)
    assert set(models.__all__) <= set(dir(models))
    with pytest.raises(AttributeError):
        _ = models.nothing_of_that_name


@pytest.mark.weights
def test_names_that_are_also_files_are_the_functions_whatever_is_imported_first() -> None:
    for code in (
        "import models.decode, models.pieces, models.load, models; assert callable(models.pieces)",
        "import models\nfor name in models.__all__: getattr(models, name)\nassert callable(models.decode)",
    ):
        done = run(code)
        assert done.returncode == 0, done.stderr
