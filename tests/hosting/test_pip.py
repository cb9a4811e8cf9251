"""What pip is told, by its files and by the environment, and what a client makes of it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import httpx
import pytest

from hosting import outward, pip, proxies

PYPI = "https://pypi.org/simple"
MIRROR = "https://user:secret@mirror.example/simple/"


@pytest.mark.parametrize(
    ("said", "environment", "told"),
    [
        ("", {}, pip.Told((PYPI,))),
        (f"global.index-url='{MIRROR}'\n", {}, pip.Told((MIRROR,))),
        (f"global.index-url='{PYPI}'\ninstall.index-url='{MIRROR}'\n", {}, pip.Told((MIRROR,))),
        (f"install.index-url='{PYPI}'\nuser.index-url='x'\n", {"PIP_INDEX_URL": MIRROR}, pip.Told((MIRROR,))),
        ("", {"PIP_INDEX_URL": "  "}, pip.Told((PYPI,))),
        ("", {"PIP_INDEX_URL": f" {MIRROR}\n"}, pip.Told((MIRROR,))),
        ("global.extra-index-url='\\nhttps://a/\\nhttps://b/'\n", {}, pip.Told((PYPI, "https://a/", "https://b/"))),
        (f"global.extra-index-url='{PYPI}'\n", {}, pip.Told((PYPI,))),
        ("global.no-index='true'\nglobal.find-links='/a /b'\n", {}, pip.Told((), ("/a", "/b"))),
        ("", {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "/wheels"}, pip.Told((PYPI,), ("/wheels",))),
        ("global.cert='/c.pem'\nglobal.proxy='http://p:1'\nglobal.trusted-host='h:8 i'\n", {},
         pip.Told((PYPI,), (), "/c.pem", "http://p:1", ("h:8", "i"))),
        ("WARNING: something\nglobal.cert=no quotes'\n\nglobal\n:env:.cert='/e'\n", {}, pip.Told((PYPI,))),
    ],
)  # fmt: skip
def test_what_is_said_where(said: str, environment: dict[str, str], told: pip.Told) -> None:
    assert pip.read(said, environment) == told


def test_pip_itself_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {MIRROR}\ncert = \n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert MIRROR in pip.told().indexes
    monkeypatch.setattr(pip.sys, "executable", str(tmp_path / "no python"))
    assert pip.told().indexes == (PYPI,)


def test_certificates_that_are_named_are_the_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*outward.BUNDLES, *proxies.PROXIES):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OSError):
        outward.client(pip.Told(certificates=str(tmp_path / "gone.pem")))
    (tmp_path / "bad.pem").write_text("no certificate", encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bad.pem"))
    with pytest.raises(ssl.SSLError):
        outward.client(pip.Told())
    outward.client(pip.Told(certificates=str(tmp_path))).close()  # a folder of certificates
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    outward.client(pip.Told(trusted=("h:8",))).close()


def test_past_a_proxy_that_was_taken_out_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "lost", False)
    for name in proxies.PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    for proxy in ("socks5://127.0.0.1:9", "ftp://127.0.0.1:9"):
        with pytest.raises(outward.NoProxy):
            outward.client(pip.Told(proxy=proxy))
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(outward.NoProxy):
        outward.client(pip.Told())
    proxies.mend_proxies()
    assert "https_proxy" not in os.environ
    httpx.Client(verify=False).close()
    with pytest.raises(outward.NoProxy):
        outward.client(pip.Told())
