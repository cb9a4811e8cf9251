"""The one reader of settings: what terminals and env files leave around a value, and what cannot be meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hosting
from hosting import libraries, proxies
from hosting.libraries import prepare
from hosting.setting import BadSetting, Setting
from tests.laws.tree import ROOT

AROUND = ("{}", " {} ", '"{}"', "'{}'", '" {} "', "{}\r", "\u201c{}\u201d", "\ufeff{}\u00a0", "\t'{}'\n")
MEANT: tuple[tuple[Setting[Any], str, object], ...] = (
    (hosting.MODELS, "bundled", "bundled"),
    (hosting.MODELS, "ANY", "any"),
    (hosting.PORT, "7861", 7861),
    (hosting.PORT, "7861.0", 7861),
    (hosting.HOST, "0.0.0.0", "0.0.0.0"),
    (hosting.HOST, "[::1]", "::1"),
    (hosting.HOST, "::", "::"),
    (hosting.CACHE_GB, "0.5", 0.5),
    (hosting.MAX_GB, "2", 2.0),
    (hosting.TRACE_MB, "64", 64.0),
    (hosting.RUNS, "0", 0),
    (hosting.RUN_STEPS, "30", 30),
    (hosting.RUN_SECONDS, "1.5", 1.5),
    (hosting.FOLDER, "models of mine", Path("models of mine")),
    (hosting.STORE, "kept here", Path("kept here")),
    (hosting.WITH, "a", ("a",)),
    (hosting.WITH, "a, b,,c\td a", ("a", "b", "c", "d")),
    (hosting.ROOT_PATH, "/gb", "/gb"),
    (hosting.ROOT_PATH, "gb/", "/gb"),
    (hosting.ROOT_PATH, "https://example.org/a/gb/", "/a/gb"),
    (hosting.ROOT_PATH, "/", ""),
    (hosting.ROOT_PATH, "/%EC%88%98%EC%97%85", "/수업"),
    (hosting.OMP_NUM_THREADS, "4,2", 4),
    (hosting.HF_HUB_OFFLINE, "TRUE", "true"),
)
WRONG: tuple[tuple[Setting[Any], tuple[str, ...]], ...] = (
    (hosting.MODELS, ("all", "bundled,any", "bundled # only")),
    (hosting.PORT, ("abc", "-1", "65536", "7860.5", "80 90", "nan", "1e99", "http://x:7860")),
    (hosting.HOST, ("http://0.0.0.0", "0.0.0.0:7860", "*", "a b", "[::1]:80")),
    (hosting.CACHE_GB, ("4GB", "4,5", "inf", "-1", "nan")),
    (hosting.MAX_GB, ("two", "-0.1")),
    (hosting.TRACE_MB, ("inf", "1e400")),
    (hosting.RUNS, ("two", "-1", "1.5")),
    (hosting.RUN_STEPS, ("0", "many")),
    (hosting.RUN_SECONDS, ("-5", "3m")),
    (hosting.ROOT_PATH, ("/a?b", "/a b", "/../x", "/a//b", "#x", "ftp://x/y", '/a"b')),
    (hosting.OMP_NUM_THREADS, ("0", "-2", "x")),
    (hosting.HF_HUB_OFFLINE, ("maybe", "2")),
)


@pytest.mark.parametrize(("setting", "text", "value"), MEANT, ids=lambda value: getattr(value, "name", None))
def test_what_stands_around_a_value_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, setting: Setting[Any], text: str, value: object
) -> None:
    for around in AROUND:
        monkeypatch.setenv(setting.name, around.format(text))
        assert setting.read() == value, around


def test_an_empty_value_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    for setting in (*hosting.OWN, *hosting.OTHERS):
        for empty in ("", "  ", '""', "''", '" "', "\r\n"):
            monkeypatch.setenv(setting.name, empty)
            assert setting.read() == setting.default()


@pytest.mark.parametrize(("setting", "texts"), WRONG, ids=lambda value: getattr(value, "name", None))
def test_what_cannot_be_meant_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, setting: Setting[Any], texts: tuple[str, ...]
) -> None:
    for text in texts:
        monkeypatch.setenv(setting.name, text)
        with pytest.raises(BadSetting) as bad:
            setting.read()
        assert str(bad.value) == f"{setting.name}={text}: it may be {setting.may_be}."
        assert list(hosting.wrong()) == [str(bad.value)]
        monkeypatch.delenv(setting.name)


@pytest.mark.parametrize("text", ["tcp://10.96.12.7:7860", "udp://10.0.0.1:53", '"tcp://[fd00::1]:7860" '])
def test_what_a_cluster_says_of_a_service_is_no_port(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("GLASSBOX_PORT", text)
    assert hosting.PORT.read() == 7860


def test_the_app_says_it_at_once_and_ends_with_2() -> None:
    """Before the libraries are imported: in a second, not in ten."""
    wrong = {"GLASSBOX_PORT": "abc", "GLASSBOX_RUNS": "two\nlines"}
    ended = subprocess.run(
        [sys.executable, str(ROOT / "app.py")], env=wrong, capture_output=True, text=True, timeout=60, check=False
    )
    first, second = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert first.startswith("GLASSBOX_RUNS=two\\nlines: it may be") and second.startswith(
        "GLASSBOX_PORT=abc: it may be"
    )


def test_libraries_find_their_settings_as_they_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    given = {
        "HF_HUB_OFFLINE": '"1" ',
        "HF_HOME": "' /data/hub '",
        "OMP_NUM_THREADS": " ",
        "GRADIO_SERVER_PORT": "tcp://10.0.0.7:80",
        "GRADIO_ROOT_PATH": "/elsewhere",
        "ALL_PROXY": "socks5://127.0.0.1:9",
        "http_proxy": "127.0.0.1:9",
        "no_proxy": "localhost,fe80::/10,::1",
    }
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "all_proxy", "NO_PROXY", "GRADIO_ANALYTICS_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(proxies, "lost", False)  # what this sets holds for no other test
    prepare()
    found = {name: os.environ.get(name) for name in given}
    assert found == {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": "/data/hub",
        "OMP_NUM_THREADS": None,
        "GRADIO_SERVER_PORT": None,
        "GRADIO_ROOT_PATH": None,
        "ALL_PROXY": None,
        "http_proxy": "127.0.0.1:9",
        "no_proxy": found["no_proxy"],
    }
    assert "localhost" in str(found["no_proxy"]) and "/10" not in str(found["no_proxy"])
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"


def test_without_a_folder_for_temporary_files_there_is_memory_or_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def none() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(libraries.tempfile, "gettempdir", none)
    monkeypatch.setattr(libraries.tempfile, "tempdir", None)
    monkeypatch.setattr(libraries, "IN_MEMORY", str(tmp_path))
    libraries.name_temporary_folder()
    assert libraries.tempfile.tempdir == str(tmp_path)
    monkeypatch.setattr(libraries, "IN_MEMORY", str(tmp_path / "gone"))
    with pytest.raises(SystemExit) as ended:
        libraries.name_temporary_folder()
    assert ended.value.code == 2 and capsys.readouterr().err.count("\n") == 1
