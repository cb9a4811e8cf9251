"""Proxies in the environment: one that the HTTP library cannot read keeps all that uses it from being imported."""

from __future__ import annotations

import os
import sys

import httpx

EXCEPT = ("NO_PROXY", "no_proxy")
lost = False  # whether one was taken out: what it stood before is not asked
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def readable(proxy: str = "") -> bool:
    """Whether the library can be used with the environment as it is, and with a proxy that is named besides."""
    try:
        httpx.Client(verify=False, proxy=proxy or None).close()  # nothing is asked: certificates would only take time
    except (ImportError, ValueError, httpx.InvalidURL):  # the first: a kind of proxy that wants another package
        return False
    return True


def mend_proxies() -> None:
    """Takes out what cannot be read. Without its proxy the Hub is not asked at all: it may be there for a reason."""
    global lost
    if readable():
        return
    held = {name: os.environ.pop(name) for name in (*PROXIES, *EXCEPT) if name in os.environ}
    for name in PROXIES:
        if name in held and not with_variable(name, held[name]):
            os.environ["HF_HUB_OFFLINE"] = "1"
            lost = True
            print(f"{name}: only http and https proxies can be used here; the Hub is not asked.", file=sys.stderr)
    for name in EXCEPT:
        hosts = [host for host in held.get(name, "").split(",") if host]
        kept = [host for host in hosts if with_variable(name, host)]
        if name in held:
            os.environ[name] = ",".join(kept)


def with_variable(name: str, value: str) -> bool:
    """Sets a variable if the library can still be used with it; says whether it can."""
    os.environ[name] = value
    if readable():
        return True
    del os.environ[name]
    return False
