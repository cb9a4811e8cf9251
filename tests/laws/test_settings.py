"""What is written in two places stands there alike: versions and environment variables."""

from __future__ import annotations

import re
from importlib.metadata import version

from tests.laws.tree import files, read

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


def test_environment_variables_are_those_of_the_readme() -> None:
    read_by_code = {
        variable
        for name in files()
        if name.endswith(".py") and not name.startswith("tests/")
        for variable in VARIABLE.findall(read(name))
    }
    documented = set(re.findall(r"^\| `(GLASSBOX_[A-Z_]+)`", read("README.md"), re.MULTILINE))
    assert documented == read_by_code
