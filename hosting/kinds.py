"""How the text of a setting is read: numbers, words, hosts, paths. Each raises ValueError for what cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address
from math import inf
from urllib.parse import unquote, urlsplit

# Kubernetes, and Docker's old links, give this to whoever stands beside a service of the name
SERVICE = re.compile(r"(tcp|udp|sctp)://\S+", re.IGNORECASE)


def number(low: float, high: float = inf) -> Callable[[str], float]:
    """Reads a number from low to high; neither infinity nor "not a number" is one."""

    def parse(text: str) -> float:
        value = float(text)
        if not low <= value <= high or value == inf:
            raise ValueError(text)
        return value

    return parse


def whole(low: int, high: float = inf) -> Callable[[str], int]:
    """Reads a whole number from low to high; 2.0 is one, too."""

    def parse(text: str) -> int:
        value = number(low, high)(text)
        if value != int(value):
            raise ValueError(text)
        return int(value)

    return parse


def one_of(*names: str) -> Callable[[str], str]:
    """Reads one of some words, however it is capitalised."""

    def parse(text: str) -> str:
        if text.lower() not in names:
            raise ValueError(text)
        return text.lower()

    return parse


def names(text: str) -> tuple[str, ...]:
    """Reads names with commas or blanks between them."""
    return tuple(dict.fromkeys(re.findall(r"[^\s,]+", text)))


def host(text: str) -> str:
    """An address or a host's name; the brackets that IPv6 has in a browser's address are no part of it."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in bare:
        IPv6Address(bare)
    elif not re.fullmatch(r"[\w.-]{1,253}", bare):
        raise ValueError(text)
    return bare


def path(text: str) -> str:
    """The path of an address, such as /gb: it begins with a slash and does not end in one; "" for the root.

    A whole address is read, too: of it, the path counts.
    """
    address = re.match(r"https?://", text, re.IGNORECASE)
    found = unquote(urlsplit(text).path if address else text)
    parts = found.strip("/").split("/")
    if parts == [""]:
        return ""
    if not re.fullmatch(r"[\w./~-]+", found) or {"", ".", ".."} & set(parts):
        raise ValueError(text)
    return "/" + "/".join(parts)


def threads(text: str) -> int:
    """The first number of OMP_NUM_THREADS, which may name one for each level."""
    return whole(1, 4096)(text.partition(",")[0])
