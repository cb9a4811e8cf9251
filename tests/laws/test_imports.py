"""A line of code knows its module: who may import what."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.laws.tree import ROOT, files, imports, python_files

DEVELOPERS = ("tests/", "bench/")

LAWS = (
    ({"gradio"}, ("app.py", "explainers/shell")),
    ({"torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"}, ("models/",)),
    ({"plotly"}, ("explainers/",)),
    ({"bertviz"}, ("explainers/bertviz_view.py",)),
    ({"xstatic"}, ("explainers/frames.py",)),
)


@pytest.mark.parametrize(("modules", "homes"), LAWS, ids=lambda value: "+".join(sorted(value))[:40])
def test_module_is_imported_only_at_home(modules: set[str], homes: tuple[str, ...]) -> None:
    strangers = [name for name in python_files() if not name.startswith(homes + DEVELOPERS) and imports(name) & modules]
    assert not strangers


def test_every_law_has_a_subject() -> None:
    """Guards the test above against an `imports` that finds nothing."""
    used = set().union(*(imports(name) for name in python_files()))
    assert {"torch", "transformers", "plotly", "gradio"} <= used


def test_glassbox_py_uses_the_standard_library_only() -> None:
    assert imports("glassbox.py") <= sys.stdlib_module_names


def test_importing_the_library_is_light() -> None:
    code = """
import explainers, models, sys
from explainers import attention, sampling, tokens
heavy = {"torch", "transformers", "gradio", "playwright", "bertviz", "IPython"} & set(sys.modules)
assert not heavy, heavy
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


# packages whose modules bear another name
MODULES = {"xstatic_d3": "xstatic", "xstatic_jquery": "xstatic", "protobuf": "google", "pillow": "PIL"}


def pinned(name: str) -> set[str]:
    """The names under which the packages of a requirements file are imported."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line.split(">")[0].split("=")[0] for line in lines if line.strip() and not line.startswith("#")]
    packages = {package.strip().lower().replace("-", "_") for package in wanted}
    return {MODULES.get(package, package) for package in packages}


def test_requirements_are_what_the_app_imports() -> None:
    own = {name.partition("/")[0].removesuffix(".py") for name in files()}
    app = [name for name in python_files() if not name.startswith((*DEVELOPERS, "assets/pictures/", "models/recipes/"))]
    used = set().union(*(imports(name) for name in app)) - sys.stdlib_module_names - own
    assert used == pinned("requirements.txt")


def test_requirements_of_the_tests_cover_what_they_import() -> None:
    own = {name.partition("/")[0].removesuffix(".py") for name in files()}
    used = set().union(*(imports(name) for name in python_files())) - sys.stdlib_module_names - own
    brought_by_gradio = {"gradio_client"}
    pins = ("requirements.txt", "tests/requirements.txt", "models/recipes/requirements.txt")
    assert used - brought_by_gradio <= set().union(*map(pinned, pins))


def test_requirements_of_the_recipes_are_what_they_import_besides() -> None:
    own = {name.partition("/")[0].removesuffix(".py") for name in files()}
    recipes = [name for name in python_files() if name.startswith("models/recipes/")]
    used = set().union(*(imports(name) for name in recipes)) - sys.stdlib_module_names - own
    assert used - pinned("requirements.txt") == pinned("models/recipes/requirements.txt")
