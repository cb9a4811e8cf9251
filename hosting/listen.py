"""The sockets to listen on, made before the server is: what cannot be had is said in one sentence with its setting."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from typing import Any

from . import HOST, PORT, fail
from .setting import BadSetting

Address = tuple[socket.AddressFamily, Any]
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # every address of this machine -> one that a browser on it can open
# Windows numbers these differently
TAKEN = {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}
FORBIDDEN = {errno.EACCES, errno.EPERM, getattr(errno, "WSAEACCES", errno.EACCES)}


def sockets() -> list[socket.socket]:
    """A listening socket for each address that GLASSBOX_HOST stands for. Raises BadSetting where there is none."""
    made: list[socket.socket] = []
    failures: list[OSError] = []
    port = PORT.read()
    for family, address in addresses(HOST.read(), port):
        try:
            made.append(bound(family, (address[0], port, *address[2:])))
            port = made[0].getsockname()[1]  # the same for all, where it was free to choose
        except OSError as error:
            failures.append(error)
    wrong = [error for error in failures if not made or error.errno in TAKEN]
    if wrong:
        for one in made:
            one.close()
        raise sentence(wrong[0])
    return made


def opened() -> list[socket.socket]:
    """The same; where there is none, the program says why and ends."""
    try:
        return sockets()
    except BadSetting as bad:
        fail(str(bad))


def addresses(host: str, port: int) -> Iterator[Address]:
    """The addresses that a name stands for, each once. Raises BadSetting where it stands for none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise HOST.bad(f"this machine knows no address of that name; it may be {HOST.may_be}") from None
    yield from {(family, address): None for family, _, _, _, address in found}


def bound(family: socket.AddressFamily, address: Any) -> socket.socket:
    """A listening socket; `::` takes IPv4 as well where the system can. Raises OSError."""
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere this would let two programs have one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        elif hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address[0] == "::" else 1)
        made.bind(address)
        made.listen(2048)
    except OSError:
        made.close()
        raise
    return made


def sentence(error: OSError) -> BadSetting:
    """What kept a socket from being made, and which setting mends it."""
    if error.errno in TAKEN:
        return PORT.bad("another program has this port; stop that one, or choose another port")
    if error.errno in FORBIDDEN:
        return PORT.bad("this user may not open that port; choose one above 1023")
    return HOST.bad(f"this machine has no such address now; it may be {HOST.may_be}")


def urls(made: list[socket.socket]) -> list[str]:
    """The address of each socket, as a browser on this machine opens it."""
    return [url(*one.getsockname()[:2]) for one in made]


def url(host: str, port: int) -> str:
    host = ANY.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
