"""What is written in two places stands there alike: versions and environment variables."""

from __future__ import annotations

import ast
import re
from importlib.metadata import version

import pytest

import hosting
from explainers.shell.door import MOST
from tests.laws.tree import files, parse, python_files, read

VARIABLE = re.compile(r"\bGLASSBOX_[A-Z_]+\b")


def front_matter() -> dict[str, str]:
    """The Space's settings at the top of the README."""
    lines = read("README.md").split("---\n")[1].splitlines()
    return {key: value.strip().strip('"') for key, _, value in (line.partition(":") for line in lines)}


def test_gradio_is_one_version() -> None:
    pin = re.search(r"^gradio==(\S+)$", read("requirements.txt"), re.MULTILINE)
    assert pin
    assert pin[1] == front_matter()["sdk_version"] == version("gradio")


def test_every_pin_is_what_is_installed() -> None:
    pins = re.findall(r"^([\w-]+)==(\S+)$", read("requirements.txt") + read("tests/requirements.txt"), re.MULTILINE)
    assert [(name, wanted) for name, wanted in pins if version(name) != wanted] == []


def test_torch_keeps_its_range() -> None:
    assert "\ntorch>=2.8,<=2.13.0\n" in read("requirements.txt")


def test_front_matter_fits_the_hub() -> None:
    front = front_matter()
    assert len(front["short_description"]) <= 60
    assert front["app_file"] in files()
    assert (front["sdk"], front["python_version"], front["license"]) == ("gradio", "3.12", "apache-2.0")


def documented() -> set[str]:
    """The variables in the README's table."""
    return set(re.findall(r"^\| `([A-Z_]+)`", read("README.md"), re.MULTILINE))


def test_environment_variables_are_those_of_the_readme() -> None:
    assert documented() == {setting.name for setting in (*hosting.OWN, *hosting.OTHERS)}


def test_settings_are_read_in_one_place() -> None:
    """Nobody else names one in code: what reads the environment for itself takes blanks and quotes for a value."""
    found = [
        f"{name}:{node.lineno}"
        for name in python_files("app.py", "glassbox.py", "explainers/", "hosting/", "models/", "assets/")
        for node in ast.walk(parse(name))
        if isinstance(node, ast.Constant) and VARIABLE.fullmatch(str(node.value)) and name != "hosting/__init__.py"
    ]
    assert not found


@pytest.mark.parametrize("name", ["README.md", "docs/hosting.md", "Dockerfile"])
def test_every_variable_that_is_named_is_a_setting(name: str) -> None:
    assert set(VARIABLE.findall(read(name))) <= documented()


def test_the_recipes_of_the_hosting_page_fit_the_code() -> None:
    """The recipes take the path off, at the default port; the container asks the module that is there."""
    page = read("docs/hosting.md")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL))
    target = f"127.0.0.1:{hosting.PORT.default()}"
    assert f"proxy_pass http://{target}/;" in blocks["nginx"] and f"reverse_proxy {target}\n" in blocks["caddy"]
    assert "return 308 /gb/" in blocks["nginx"] and "redir /gb /gb/" in blocks["caddy"]
    assert "client_max_body_size 2m;" in blocks["nginx"] and MOST == 2_000_000
    assert {"allow-scripts", "allow-same-origin"} <= set(blocks["html"].partition('sandbox="')[2].split('"')[0].split())
    assert "python -m hosting.health" in page and '"-m", "hosting.health"' in read("Dockerfile")
