"""Which web pages may ask the tools: those of this server, as a name that nobody else can give to their own page.

A page of a stranger's can have its name point to this machine once it is open ("DNS rebinding"), and is then, to the
browser, a page of this server. So a name counts only if this server knows it for its own; an address in numbers cannot
be taken in this way. Programs that are no browser say nothing of an origin (modelcontextprotocol.io, "Transports").
"""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers

PORTS = {"http": 80, "https": 443}


def is_foreign(headers: Headers) -> bool:
    """Whether a request comes from a page of another site."""
    host = place(f"//{headers.get('host', '')}")
    return any(not is_own(origin, host) for origin in headers.getlist("origin"))


def is_own(origin: str, host: tuple[str, int | None]) -> bool:
    """Whether an origin, such as http://127.0.0.1:7860, is of the host that was asked."""
    page = place(origin)
    if urlsplit(origin).scheme not in PORTS or not page[0]:
        return False
    if is_loopback(page[0]) and is_loopback(host[0]):
        return True  # a page of this very machine, whatever its port
    port = None if page[1] == PORTS[urlsplit(origin).scheme] else page[1]  # a Host leaves out the usual one
    return page[0] == host[0] and port == host[1] and is_known(page[0])


def place(url: str) -> tuple[str, int | None]:
    """Host name and port of an address; ("", None) for what is none."""
    try:
        parts = urlsplit(url)
        bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
        return ((parts.hostname or "").rstrip("."), parts.port) if bare else ("", None)
    except ValueError:
        return "", None


def is_loopback(name: str) -> bool:
    """Whether a name means the machine that uses it."""
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def is_known(name: str) -> bool:
    """Whether a name is an address in numbers, or this server's own: of its machine, or of its Space."""
    try:
        return bool(ip_address(name))
    except ValueError:
        machine = socket.gethostname().lower()
        return name in {machine, f"{machine}.local", os.environ.get("SPACE_HOST", "").lower()} - {"", ".local"}
