"""The sockets: every way to name an address, and one sentence for what cannot be had."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import hosting
from hosting import listen
from hosting.setting import BadSetting


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            return True
    except OSError:
        return False


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    monkeypatch.setenv("GLASSBOX_PORT", "0")
    made: list[socket.socket] = []
    yield made
    for one in made:
        one.close()


def reached(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "four", "six"),
    [
        ("127.0.0.1", True, False),
        ("0.0.0.0", True, False),
        ("localhost", True, None),
        ("::", True, True),
        ("::1", False, True),
        ("[::1]", False, True),
        ("'[::]'", True, True),
    ],
)
def test_every_way_to_name_an_address(
    monkeypatch: pytest.MonkeyPatch, made: list[socket.socket], host: str, four: bool, six: bool | None
) -> None:
    monkeypatch.setenv("GLASSBOX_HOST", host)
    if six and not has_ipv6():
        with pytest.raises(BadSetting, match="GLASSBOX_HOST"):
            listen.sockets()
        return
    made += listen.sockets()
    ports = {one.getsockname()[1] for one in made}
    assert len(ports) == 1 and reached("127.0.0.1", *ports) == four
    if six is not None and has_ipv6():
        assert reached("::1", *ports) == six
    for url in listen.urls(made):
        name, _, port = url.removeprefix("http://").rpartition(":")
        assert reached(name.strip("[]"), int(port)), url


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch, made: list[socket.socket], host: str) -> None:
    monkeypatch.setenv("GLASSBOX_HOST", host)
    made += listen.sockets()
    port = made[0].getsockname()[1]
    monkeypatch.setenv("GLASSBOX_PORT", str(port))
    with pytest.raises(BadSetting) as bad:
        listen.sockets()
    assert str(bad.value).startswith(f"GLASSBOX_PORT={port}: another program has this port")


@pytest.mark.parametrize("host", ["192.0.2.77", "2001:db8::7"])
def test_an_address_of_another_day(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], made: list[socket.socket], host: str
) -> None:
    monkeypatch.setenv("GLASSBOX_HOST", host)
    with pytest.raises(SystemExit) as ended:
        listen.opened()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1
    assert said.startswith(f"GLASSBOX_HOST={host}: this machine has no such address now; it may be 127.0.0.1")


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch, made: list[socket.socket]) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setenv("GLASSBOX_HOST", "classroom")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(BadSetting, match="GLASSBOX_HOST=classroom: this machine knows no address of that name"):
        listen.sockets()


def test_a_port_that_this_user_may_not_open(monkeypatch: pytest.MonkeyPatch, made: list[socket.socket]) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("GLASSBOX_PORT", "80")
    monkeypatch.setattr(listen, "bound", forbidden)
    with pytest.raises(BadSetting, match="GLASSBOX_PORT=80: this user may not open that port"):
        listen.sockets()
    assert hosting.PORT.read() == 80
