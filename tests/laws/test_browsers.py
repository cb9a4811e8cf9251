"""No script and no style of ours needs a browser newer than those that the README names."""

from __future__ import annotations

import gzip
import re

import pytest

from explainers.shell.routes import files as served
from explainers.words import LANGUAGES, words_for
from tests.laws.tree import files, read

# What came after Chrome 111, Firefox 114 and Safari 16.4, or is missing in one of them; `a?.b` asks first.
NEWER = {
    "scripts": r"DecompressionStream|OffscreenCanvas\(|(?<!\?)\.(?:toWellFormed|isWellFormed)\(|"
    r"\.(?:findLast|findLastIndex|toSorted|toReversed|toSpliced|groupBy|withResolvers|fromAsync|checkVisibility)\(|"
    r"(?<!Intl\.Segmenter && )new Intl\.Segmenter|\bnew Set\([^)]*\)\.(?:union|intersection|difference)|Iterator\.|"
    r"\(\?<[=!]|/[a-z]*v[a-z]*[;,.)]$|\bstatic \{|\busing \w+ =|URL\.parse\(|startViewTransition|popover|Promise\.try",
    "styles": r":has\(|light-dark\(|@starting-style|@scope|anchor-name|text-wrap|view-transition|interpolate-size|"
    r"calc-size|color-mix\(|oklch\(\s*from|@layer|subgrid|\d[dsl]vh\b|margin-trim",
}
OF_2009 = re.compile(r"=>|`|\b(?:let|const|class|async|await)\b(?![^\"\n]*\")|\?\.|\?\?|\.\.\.")


def code(name: str) -> str:
    """A script without its remarks."""
    return re.sub(r"/\*.*?\*/|(?<![:\"'])//.*", "", read(name), flags=re.DOTALL if name.endswith(".css") else 0)


# The first is there for older browsers; notebooks draw in JupyterLab's and VS Code's own, which are newer.
APART = ("assets/old.js", "assets/notebook/")


@pytest.mark.parametrize(("ending", "kind"), [(".js", "scripts"), (".css", "styles")])
def test_nothing_newer_is_used(ending: str, kind: str) -> None:
    named = [name for name in files() if name.startswith("assets/") and name.endswith(ending)]
    ours = [name for name in named if not name.startswith(APART)]
    found = [(name, hit[0]) for name in ours for hit in re.finditer(NEWER[kind], code(name), re.MULTILINE)]
    assert ours and found == []


@pytest.mark.parametrize(
    "line",
    [
        "new DecompressionStream('gzip')",
        "x.findLast(f)",
        "s.toWellFormed()",
        "new Intl.Segmenter()",
        "/(?<=a)b/",
        "/a/v;",
    ],
)
def test_the_law_above_sees_what_is_newer(line: str) -> None:
    assert re.search(NEWER["scripts"], line, re.MULTILINE)
    assert not re.search(
        NEWER["scripts"], "Intl.Segmenter && new Intl.Segmenter(); s.toWellFormed?.(); /a/u;", re.MULTILINE
    )


def test_no_rule_stands_in_another_in_the_style_that_is_sent() -> None:
    """Only groups of rules hold rules: nesting is newer than the browsers that are held."""
    style = re.sub(r"\"[^\"]*\"", "", gzip.decompress(served()["glassbox.css"][0]).decode())
    groups: list[bool] = []
    for head, brace in re.findall(r"([^{}]*)([{}])", style):
        if brace == "}":
            groups.pop()
            continue
        assert all(groups) and "&" not in head, head
        groups.append(head.strip().startswith("@"))
    assert groups == [] and style.count("{") > 200


def test_what_stands_first_can_be_read_by_any_browser() -> None:
    script = re.sub(r"\"(?:[^\"\\]|\\.)*\"", '""', code("assets/old.js"))
    assert OF_2009.findall(script) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_readme_names_the_browsers_that_the_page_names(language: str) -> None:
    told = re.findall(r"\d+(?:\.\d+)?", words_for("shell", language)("too_old"))
    held = re.search(r"Chrome and Edge (\d+), Firefox (\d+), Safari and iPadOS ([\d.]+)", read("README.md"))
    assert held and told == list(held.groups())
