"""A small package index on this machine, and packages for it: models of a few random bytes, made as wheels here."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import random
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from models.entry import Entry, Joined, Packages, Wheel

TRAP = "raise SystemExit('code of a package was run')\n"


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that no archive makes smaller."""
    return random.Random(seed).randbytes(size)


def weights(size: int, seed: int = 0) -> bytes:
    """A safetensors file with one tensor of so many bytes."""
    table = json.dumps({"a": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}).encode()
    return len(table).to_bytes(8, "little") + table + noise(size, seed)


def wheel(project: str, contents: dict[str, bytes]) -> tuple[Wheel, bytes]:
    """A package with these files in its folder, with code that must not run beside them."""
    folder = project.replace("-", "_")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{folder}/__init__.py", TRAP)
        for name, content in contents.items():
            archive.writestr(f"{folder}/{name}", content)
        archive.writestr(f"{folder}-1.0.dist-info/METADATA", f"Name: {project}\nVersion: 1.0\n")
    return made(project, packed.getvalue(), tuple(contents))


def made(project: str, content: bytes, files: tuple[str, ...]) -> tuple[Wheel, bytes]:
    """A package whose wheel is these bytes, and its row."""
    return Wheel(project, "1.0", len(content), hashlib.sha256(content).hexdigest(), files), content


@dataclass
class Index:
    """Its address, what it has, how it behaves, and what it was asked.

    json: whether it knows pages as JSON. ranges: whether it gives parts of files. hashes: whether pages tell them.
    cut: after how many bytes of a file's answer the connection breaks; once each, in turn.
    wrong: names of files, each with how many of its answers are to have a wrong byte.
    status: path -> the status of its answers, in turn.
    sent: bytes of files that went out.
    """

    url: str = ""
    json: bool = True
    ranges: bool = True
    hashes: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    cut: list[int] = field(default_factory=list)
    wrong: dict[str, int] = field(default_factory=dict)
    status: dict[str, list[int]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sent: int = 0

    def add(self, *made: tuple[Wheel, bytes]) -> tuple[Wheel, ...]:
        """Takes packages in."""
        self.files |= {one.file: content for one, content in made}
        return tuple(one for one, _ in made)

    def entry(self, name: str, *made: tuple[Wheel, bytes], joined: Joined | None = None) -> Entry:
        """A model made of packages that it takes in."""
        packages = Packages(self.add(*made), joined)
        return Entry(
            name, frozenset({"causal"}), ("en",), 25, 4096, "Apache-2.0", hub=f"some/{name}", packages=packages
        )

    def paths(self) -> list[str]:
        """What was asked, without the headers."""
        return [path for path, _ in self.asked]

    def page(self, project: str) -> tuple[str, bytes] | None:
        """A project's page and its type."""
        names = [name for name in self.files if name.rsplit("-", 4)[0].replace("_", "-") == project]
        if not names:
            return None
        digests = {name: hashlib.sha256(self.files[name]).hexdigest() for name in names}
        if self.json:
            listed = [{"url": f"../../files/{name}", "filename": name} for name in names]
            for one in listed if self.hashes else ():
                one["hashes"] = {"sha256": digests[one["filename"]]}  # type: ignore[assignment]
            return "application/vnd.pypi.simple.v1+json", json.dumps({"files": listed}).encode()
        ends = {name: f"#sha256={digest}" if self.hashes else "" for name, digest in digests.items()}
        links = "".join(f'<a href="/files/{name}{ends[name]}">{name}</a><br>' for name in names)
        return "text/html; charset=utf-8", f"<!DOCTYPE html><title>{project}</title>{links}".encode()


class Handler(http.server.BaseHTTPRequestHandler):
    """One answer. A whole address in place of a path, as a proxy is asked, counts for its path."""

    index: Index
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("://")[2].partition("/")[2] if "://" in self.path else self.path.lstrip("/")
        self.index.asked.append((self.path, dict(self.headers)))
        queue = self.index.status.get(path.split("/")[-1] or path.split("/")[-2], [])
        status = queue.pop(0) if queue else 200
        if status in (301, 302):
            return self.say(status, "text/plain", b"", Location=f"/{path}")
        if status != 200:
            return self.say(status, "text/plain", b"no")
        if path.startswith("files/"):
            return self.file(path.removeprefix("files/"))
        page = self.index.page(path.removeprefix("simple/").strip("/"))
        return self.say(200, *page) if page else self.say(404, "text/plain", b"none")

    def file(self, name: str) -> None:
        content = self.index.files[name]
        if self.index.wrong.get(name, 0):
            self.index.wrong[name] -= 1
            content = content[:-1] + bytes([content[-1] ^ 1])
        asked = self.headers.get("Range", "") if self.index.ranges else ""
        first = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        if first >= len(content):
            return self.say(416, "text/plain", b"")
        more = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"} if asked else {}
        most = self.index.cut.pop(0) if self.index.cut else None
        self.say(206 if asked else 200, "application/octet-stream", content[first:], most, **more)

    def say(self, status: int, kind: str, body: bytes, most: int | None = None, **headers: str) -> None:
        """An answer. most: bytes of the body after which the connection breaks."""
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body[:most])
        self.index.sent += len(body[:most]) if "octet" in kind else 0
        self.close_connection = most is not None

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """Says nothing of clients that hang up."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def index() -> Iterator[Index]:
    """An index at work."""
    found = Index()
    kind = type("Own", (Handler,), {"index": found})
    server = Server(("127.0.0.1", 0), kind)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()
