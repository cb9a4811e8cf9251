"""Every sentence stands in assets/words, in each language; none in the code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from explainers import ALL
from explainers.contract import Choice, Explainer
from explainers.shell.boot import FOLDS
from tests.laws.tree import files, parse, python_files, read

LANGUAGES = ("en", "ko")
OF_THE_SHELL = {"about", "components", "refusals", "shell", "strip", "terminal", "tools"}

HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
CODE = (".py", ".js", ".css", ".toml", ".html", ".yml", ".sh", "Makefile", "Dockerfile", ".ci/run")
DATA = ("assets/words/", "assets/examples/", "assets/passages/", "models/recipes/grammar/", "models/weights/", "tests/")

# four words in a row, the last three in small letters: no list of fonts, no arguments with commas between them
SENTENCE = re.compile(r"(?:^|(?<=[\s(\"'>]))[A-Za-z][a-z'\u2019]*(?: [a-z][a-z'\u2019]*){3}(?![\w-])")
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.DOTALL)
FOR_DEVELOPERS = {"debug", "info", "warning", "error", "exception", "critical"}


def words(language: str, name: str) -> dict[str, Any]:
    return tomllib.loads(read(f"assets/words/{language}/{name}.toml"))


def names(language: str) -> set[str]:
    folder = f"assets/words/{language}/"
    return {name.removeprefix(folder).removesuffix(".toml") for name in files() if name.startswith(folder)}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, text) of every text in a words file; a place in a list is a number in the path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from flat(part, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from flat(part, f"{path}.{i}")
    else:
        yield path, value


def placeholders(text: Any) -> set[str]:
    """Names in braces, formulas between dollar signs left out."""
    return set(re.findall(r"\{([a-z_]+)[^}]*\}", FORMULA.sub("", str(text))))


def test_a_link_can_name_each_fold() -> None:
    for explainer in ALL:
        assert not set(explainer.views) & set(FOLDS), explainer.name
        assert "open" not in {control.name for control in explainer.controls}, explainer.name


def test_both_languages_have_the_same_files() -> None:
    assert names("en") == names("ko")
    assert names("en") == OF_THE_SHELL | {explainer.name for explainer in ALL}


@pytest.mark.parametrize("name", sorted(names("en")))
def test_both_languages_say_the_same_things(name: str) -> None:
    """The same keys, lists of the same length, the same placeholders; which model an example asks for may differ."""
    english, korean = (
        {path: placeholders(text) for path, text in flat(words(language, name)) if not path.endswith(".model")}
        for language in LANGUAGES
    )
    assert english.keys() == korean.keys()
    assert english == korean


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    empty = [(name, path) for name in names(language) for path, text in flat(words(language, name)) if text == ""]
    assert not empty


@pytest.mark.parametrize("language", LANGUAGES)
def test_bold_words_are_bold(language: str) -> None:
    """Markdown leaves two stars as they are between a sign and a letter, such as a Korean particle."""
    stuck = re.compile(r"\*\*[^*\n]*[^\w\s*]\*\*(?=\w)")
    found = [
        (name, path, stuck.findall(text))
        for name in names(language)
        for path, text in flat(words(language, name))
        if isinstance(text, str) and stuck.search(text)
    ]
    assert not found and stuck.search("**ko-**\ub85c") and not stuck.search("**ko**\ub85c **a-** b")


def test_latin_words_in_korean_texts_are_on_the_list() -> None:
    """The browser test cannot see what is drawn on a canvas or folded away: here every text is looked at."""
    allowed = set(read("tests/browser/latin.txt").split())
    data = re.compile(FORMULA.pattern + r"|`[^`]+`|\{[^}]+\}|<[^>]+>", re.DOTALL)
    found = {
        (name, path, word)
        for name in names("ko")
        for path, text in flat(words("ko", name))
        if not path.endswith(".model")
        for word in re.findall(r"[A-Za-z]{2,}", data.sub("", text if isinstance(text, str) else ""))
        if word not in allowed
    }
    assert not found


def test_korean_texts_are_korean() -> None:
    """A text of four words or more with no Hangul in ko was forgotten; formulas and code are left out."""
    no_words = re.compile(FORMULA.pattern + r"|`[^`]+`|\{[^}]+\}", re.DOTALL)
    texts = {(name, path): str(text) for name in names("ko") for path, text in flat(words("ko", name))}
    latin = {place for place, text in texts.items() if not HANGUL.search(text)}
    said = {place for place in latin if not place[1].startswith("examples.")}
    assert not [place for place in said if SENTENCE.search(no_words.sub("", texts[place]))]


def test_no_hangul_outside_data_and_tests() -> None:
    found = [
        f"{name}:{number}"
        for name in files()
        if name.endswith(CODE) and not name.startswith(DATA)
        for number, line in enumerate(read(name).splitlines(), 1)
        if HANGUL.search(line)
    ]
    assert not found


@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_an_explainer_has_all_its_words(explainer: Explainer) -> None:
    said = dict(flat(words("en", explainer.name)))
    wanted = {"title", "question", "lead", "look", "try", "formula"}
    wanted |= {f"views.{view}.{part}" for view in explainer.views for part in ("title", "caption")}
    wanted |= {f"controls.{control.name}.label" for control in explainer.controls if not control.inside}
    wanted |= {f"controls.{c.name}.options.{o}" for c in explainer.controls if isinstance(c, Choice) for o in c.options}
    assert wanted <= said.keys(), wanted - said.keys()


@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_the_words_that_an_explainer_asks_for_are_there(explainer: Explainer) -> None:
    """`words("a.key")` and `words.columns("view", "name", ...)` where they are spelt out."""
    asked: set[str] = set()
    for node in ast.walk(parse(f"explainers/{explainer.name}.py")):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("words", "words.columns"):
            parts = [str(part.value) for part in node.args if isinstance(part, ast.Constant)]
            columns = ast.unparse(node.func) == "words.columns"
            asked |= {f"views.{parts[0]}.columns.{name}" for name in parts[1:]} if columns else set(parts)
    missing = asked - dict(flat(words("en", explainer.name))).keys()
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_examples_are_good_and_honest(explainer: Explainer, language: str) -> None:
    """Three good ones, one where the small model fails, said so."""
    examples = words(language, explainer.name)["examples"]
    assert sum(not example["fails"] for example in examples) >= 3
    assert any(example["fails"] for example in examples)


def asked_by_scripts() -> Iterator[tuple[str, str]]:
    """(words file, key) that the browser's scripts ask for where they are spelt out.

    A component asks with `ctx.say("heads.looks")`, or for a key of its own with a short `say("looks")`; the page's
    scripts with `glassbox.words("shell", "copied")`.
    """
    for name in files():
        if match := re.fullmatch(r"assets/components/(\w+)\.js", name):
            for key in re.findall(r"\bsay\(\s*[\"']([\w.]+)[\"']", read(name)):
                yield "components", key if "." in key else f"{match[1]}.{key}"
        elif name.endswith(".js"):
            yield from re.findall(r"\bwords\(\s*[\"'](\w+)[\"'],\s*[\"']([\w.]+)[\"']", read(name))


def test_the_words_that_scripts_ask_for_are_there() -> None:
    asked = set(asked_by_scripts())
    missing = [(name, key) for name, key in asked if key not in dict(flat(words("en", name)))]
    assert asked and not missing


def excused(tree: ast.Module) -> set[int]:
    """The string constants that no person who uses the app reads: docstrings, asserts, bugs' messages, the log."""
    found: set[int] = set()
    for node in ast.walk(tree):
        skip: list[ast.AST] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skip = [node.value]
        elif isinstance(node, ast.Assert) and node.msg:
            skip = [node.msg]
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            refuses = isinstance(node.exc.func, ast.Name) and node.exc.func.id == "Refusal"
            skip = [] if refuses else [node.exc]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FOR_DEVELOPERS:
            skip = [node]
        found |= {id(part) for top in skip for part in ast.walk(top)}
    return found


def sentences(tree: ast.Module) -> list[tuple[int, str]]:
    """(line, text) of the string constants, also inside f-strings, that hold four plain words in a row."""
    skip = excused(tree)
    constants = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [(n.lineno, str(n.value)) for n in constants if id(n) not in skip and SENTENCE.search(str(n.value))]


def test_no_sentence_stands_in_the_code() -> None:
    exempt = ("models/recipes/",)
    found = [
        f"{name}:{line}: {text[:80]}"
        for name in python_files("app.py", "explainers/", "models/")
        if not name.startswith(exempt)
        for line, text in sentences(parse(name))
    ]
    assert not found


def test_the_law_above_sees_sentences() -> None:
    tree = ast.parse('"""A docstring of many words."""\nx = f"The model looked at {n}"\ny = "gb-a gb-b gb-c"\n')
    assert [line for line, _ in sentences(tree)] == [2]


def keys_of(node: ast.expr) -> list[str]:
    """The key that an expression gives, or the two of `"this" if ... else "that"`; none when it is computed."""
    if isinstance(node, ast.IfExp):
        return keys_of(node.body) + keys_of(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def refusals() -> Iterator[tuple[str, list[str], set[str] | None]]:
    """(place, keys, names of the facts or None where they are not spelt out) of each Refusal in the code."""
    for name in python_files("app.py", "explainers/", "models/"):
        for node in ast.walk(parse(name)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                facts = [keyword.arg for keyword in node.keywords]
                given = None if None in facts else {str(fact) for fact in facts}
                yield f"{name}:{node.lineno}", keys_of(node.args[0]), given


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_sentence(language: str) -> None:
    said = words(language, "refusals")
    for place, keys, facts in refusals():
        assert keys, f"{place}: a key that is computed cannot be checked"
        assert set(keys) <= said.keys(), f"{place}: no sentence for {keys}"
        named = set().union(*(placeholders(said[key]) for key in keys))
        assert facts is None or named <= facts, f"{place}: {keys} names facts that are not given"
