"""The house: each explainer has its files, the README names every file, nothing is too big, no path is a machine's."""

from __future__ import annotations

import re
from datetime import date

import pytest

import glassbox
from explainers import ALL
from tests.laws.tree import ROOT, files, read

NAMES = ("tokens", "embeddings", "attention", "sampling", "recurrence")

TREE_LINE = re.compile(r"^( *)(\S+)  +(\S.*)$")
MACHINE = re.compile(r"(?<![\w.}])/(?:home|Users|root|work|workspace)/\w|[A-Z]:\\\\?Users\\")
BINARY = (".safetensors", ".png", ".ico", ".woff2")


def test_names_are_pinned() -> None:
    """Links, endpoints, tools and files bear these names; a change breaks what people have saved."""
    assert tuple(explainer.name for explainer in ALL) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_explainer_has_all_its_files(name: str) -> None:
    wanted = {
        f"explainers/{name}.py",
        f"assets/words/en/{name}.toml",
        f"assets/words/ko/{name}.toml",
        f"tests/explainers/test_{name}.py",
    }
    assert wanted <= set(files())


def test_explainers_tests_have_their_explainer() -> None:
    found = [re.fullmatch(r"tests/explainers/test_(\w+)\.py", name) for name in files()]
    orphans = [m[0] for m in found if m and f"explainers/{m[1]}.py" not in files()]
    assert not orphans


def tree() -> dict[str, str]:
    """The README's annotated tree: path -> comment; a folder's path ends in a slash."""
    block = read("README.md").partition("## The tree")[2].partition("```\n")[2].partition("```")[0]
    entries: dict[str, str] = {}
    above: list[str] = []
    for line in block.splitlines():
        match = TREE_LINE.match(line)
        assert match, f"not `name  comment`: {line!r}"
        indent, name, comment = match.groups()
        above = above[: len(indent) // 2]
        entries["".join(above) + name] = comment
        above.append(name)
    return entries


def test_readme_tree_names_every_file_and_nothing_absent() -> None:
    """A folder named without anything in it stands for all that lies in it."""
    named = tree()
    whole = [path for path in named if path.endswith("/") and not any(p != path and p.startswith(path) for p in named)]
    missing = [name for name in files() if name not in named and not name.startswith(tuple(whole))]
    absent = [path for path in named if not any(name == path or name.startswith(path) for name in files())]
    assert (missing, absent) == ([], [])


def test_every_file_is_under_10_mb() -> None:
    big = [name for name in files() if (ROOT / name).stat().st_size >= 10_000_000]
    assert not big


def test_no_path_of_a_machine() -> None:
    found = [
        f"{name}:{number}"
        for name in files()
        if not name.endswith(BINARY) and not name.startswith("models/weights/")
        for number, line in enumerate(read(name).splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert not found


def test_log_is_dated_newest_first() -> None:
    headings = re.findall(r"^## (.*)$", read("LOG.md"), re.MULTILINE)
    days = [date.fromisoformat(heading[:10]) for heading in headings]
    assert days and days == sorted(days, reverse=True)


def test_each_test_file_is_in_one_of_the_two_runs_that_stand_side_by_side() -> None:
    tests = [name for name in files() if name.startswith("tests/") and name.rpartition("/")[2].startswith("test_")]
    first, second = glassbox.halves()
    assert first[0] == "tests/browser" and {*glassbox.TOGETHER, *glassbox.BESIDE} < set(tests)
    for name in tests:
        left_out = f"--ignore={name}"
        in_first = name in first or (name.startswith("tests/browser/") and left_out not in first)
        assert in_first == (left_out in second), name
