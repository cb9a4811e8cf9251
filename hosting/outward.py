"""Requests to a package index, with the certificates and proxies that pip and the environment name."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import httpx

from . import proxies
from .pip import Told

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # which pip heeds, too
TIMEOUT = httpx.Timeout(30, connect=15)


class NoProxy(Exception):
    """The environment names a proxy of a kind that cannot be used here, and nothing is asked past it."""


def client(told: Told) -> httpx.Client:
    """What asks. Raises NoProxy, and OSError where the certificates cannot be read."""
    if proxies.lost or not proxies.readable(told.proxy):
        raise NoProxy
    trusted = {f"all://{host.partition(':')[0]}": httpx.HTTPTransport(verify=False) for host in told.trusted}
    return httpx.Client(
        verify=_certificates(told.certificates),
        proxy=told.proxy or None,
        mounts=trusted,
        timeout=TIMEOUT,
        follow_redirects=True,
        headers={"User-Agent": "glassbox", "Accept-Encoding": "identity"},
    )


def _certificates(named: str) -> ssl.SSLContext:
    """Those that are named, else the system's and those of the HTTP library together, as pip has it."""
    path = named or next((os.environ[name] for name in BUNDLES if os.environ.get(name)), "")
    if path:
        folder = Path(path).is_dir()
        return ssl.create_default_context(cafile=None if folder else path, capath=path if folder else None)
    context: ssl.SSLContext = httpx.create_ssl_context()
    context.load_default_certs()
    return context
