"""A package index: the address of a wheel on it. Its pages are JSON (PEP 691) or HTML (PEP 503)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

import httpx

from hosting.pip import Told

from .entry import Wheel

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
MOST = 50_000_000  # bytes of a page; the largest projects of PyPI have some 10 million


def addresses(client: httpx.Client, told: Told, wheel: Wheel) -> Iterator[str]:
    """Where a wheel may lie, likeliest first: addresses of http, https or file.

    Raises httpx.HTTPError where an index does not answer, after what the others had to offer; one that answers and
    does not know the package offers nothing.
    """
    wrong: httpx.HTTPError | None = None
    pages = [(link, True) for link in told.links]
    pages += [(f"{index.rstrip('/')}/{wheel.project}/", False) for index in told.indexes]
    for page, flat in pages:
        try:
            yield from _on_page(client, page, wheel, flat)
        except httpx.HTTPError as error:
            wrong = wrong or error
        except (ValueError, httpx.InvalidURL):  # what pip is set to is no address
            wrong = wrong or httpx.UnsupportedProtocol(wheel.project)
    if wrong:
        raise wrong


def _on_page(client: httpx.Client, page: str, wheel: Wheel, flat: bool) -> Iterator[str]:
    """The wheel's addresses on one page; flat: one that is a folder or a page of links, and no index."""
    local = local_path(page) if urlsplit(page).scheme == "file" or (flat and "://" not in page) else None
    if local is not None:
        yield from _in_folder(local, wheel)
        return
    final, kind, body = _read(client, page)
    for link, digest in _links(kind, body):
        address = _with_user(urljoin(final, link), final)
        name = unquote(urlsplit(address).path.rpartition("/")[2])
        if name == wheel.file and digest in ("", wheel.sha256) and urlsplit(address).scheme in ("http", "https"):
            yield address


def host(address: str) -> str:
    """What a person is told of a place that was asked: a host, or the name of a folder; no password, no path."""
    return urlsplit(address).hostname or local_path(address).name


def local_path(address: str) -> Path:
    """The path that a file's address, or a path itself, names."""
    parts = urlsplit(address)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else Path(address).expanduser()


def _in_folder(folder: Path, wheel: Wheel) -> Iterator[str]:
    """The wheel in a folder of wheels, or in one that is laid out as an index."""
    if (folder / wheel.file).is_file():
        yield (folder / wheel.file).resolve().as_uri()
    elif (folder / "index.html").is_file():
        for link, digest in _links("text/html", (folder / "index.html").read_bytes()):
            address = urljoin((folder / "index.html").resolve().as_uri(), link)
            fits = urlsplit(address).scheme == "file" and local_path(address).name == wheel.file
            if fits and digest in ("", wheel.sha256):
                yield urldefrag(address).url


def _read(client: httpx.Client, page: str) -> tuple[str, str, bytes]:
    """(address in the end, type of its content, content) of a page; nothing of one that is not there."""
    with client.stream("GET", page, headers={"Accept": ACCEPT}) as answer:
        if answer.status_code in (403, 404, 410):
            return page, "text/html", b""
        answer.raise_for_status()
        body = b""
        for part in answer.iter_bytes():
            body += part
            if len(body) > MOST:
                raise httpx.DecodingError(answer.url.host)
        final = str(answer.url)
    return _with_user(final, page), answer.headers.get("Content-Type", "text/html"), body


def _links(kind: str, body: bytes) -> Iterator[tuple[str, str]]:
    """(address, sha256 or "") of each file that a page names."""
    if kind.partition(";")[0].strip().lower().endswith("json"):
        try:
            listed = json.loads(body)["files"]
            yield from [(str(file["url"]), str((file.get("hashes") or {}).get("sha256", ""))) for file in listed]
        except (ValueError, LookupError, TypeError, AttributeError):
            raise httpx.DecodingError(kind) from None
        return
    page = Anchors()
    page.feed(body.decode("utf-8", "replace"))
    for href in page.found:
        address, fragment = urldefrag(href)
        yield address, fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""


def _with_user(address: str, beside: str) -> str:
    """An address with the name and password of one on the same host, which an index gives itself without."""
    to, of = urlsplit(address), urlsplit(beside)
    same = (to.scheme, to.hostname, to.port) == (of.scheme, of.hostname, of.port)
    return urlunsplit(to._replace(netloc=of.netloc)) if same and "@" not in to.netloc else address


class Anchors(HTMLParser):
    """The addresses of a page's links, each urljoined with its <base>."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if href and tag == "base":
            self.base = href
        elif href and tag == "a":
            self.found.append(urljoin(self.base, href))
