"""What a reverse proxy in front needs: the app is served as if it stood at the root, and each page looks for the rest
beside itself, so that it works under whatever address a browser has it; no stream is held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

UNBUFFERED = {b"x-accel-buffering": b"no", b"cache-control": b"no-cache, no-transform"}  # the first is nginx' own
FORWARDED = (b"x-forwarded-host", b"x-gradio-server")  # where gradio looks first for its own address, in this order

SOMEWHERE = b"http://somewhere.invalid"  # where a page is told to find the app, until `Beside` says: beside itself
MANIFEST = b'<link rel="manifest" href="/manifest.json" />'  # of another app, if there is one at the root
ICON = b'<link rel="icon" href="./favicon.ico">'


class Behind:
    """ASGI middleware, outermost.

    prefix: the path under which a proxy serves this, such as "/gb"; "" where it is the root. A proxy may strip it.
    pages: the paths of the pages.
    """

    def __init__(self, app: Any, prefix: str = "", pages: Iterable[str] = ("/",)):
        self.app = app
        self.prefix = prefix
        self.pages = frozenset(pages)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.prefix and scope["path"] == self.prefix:  # a page loads what lies beside it: its path needs the slash
            await redirect(scope["path"].rpartition("/")[2] + "/", scope, send)
            return

        async def sent(message: Any) -> None:
            await send(unbuffered(message) if message["type"] == "http.response.start" else message)

        await self.app(self.inside(scope), receive, sent)

    def inside(self, scope: Any) -> Any:
        """The request without the prefix, if it has it; a page is told that the app is `SOMEWHERE`."""
        path = scope["path"]
        if self.prefix and path.startswith(self.prefix + "/"):
            path = path[len(self.prefix) :]
        page = path in self.pages
        headers = [(name, value) for name, value in scope["headers"] if name not in FORWARDED[0 if page else 1 :]]
        own = [(FORWARDED[1], SOMEWHERE)] if page else []
        return {**scope, "path": path, "raw_path": path.encode(), "headers": [*headers, *own]}


class Beside:
    """ASGI middleware, inside of what compresses: a page takes its own address, whatever that is, for the app's.

    prefix: what gradio puts behind the address that it is told. more: the path of a page -> what else its head holds.
    """

    def __init__(self, app: Any, prefix: str, more: Mapping[str, str]):
        self.app = app
        self.found = SOMEWHERE + quote(prefix).encode()
        self.more = more

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or (FORWARDED[1], SOMEWHERE) not in scope["headers"]:
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        body = bytearray()

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                head = ICON + self.more.get(scope["path"], "").encode()
                page = bytes(body).replace(self.found, b".").replace(MANIFEST, head)
                length = {b"content-length": str(len(page)).encode()}
                headers = [(name, value) for name, value in start["headers"] if name.lower() not in length]
                await send({**start, "headers": [*headers, *length.items()]})
                await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, sent)


async def redirect(to: str, scope: Any, send: Any) -> None:
    """Sends a browser to an address that is relative to the one it asked for: no proxy's prefix gets lost."""
    query = b"?" + scope["query_string"] if scope.get("query_string") else b""
    headers = [(b"location", quote(to).encode() + query), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 307, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def unbuffered(message: Any) -> Any:
    """A response's start; if it streams, with the headers that let each part through as it comes."""
    headers = [(name.lower(), value) for name, value in message.get("headers", ())]
    if not any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers):
        return message
    kept = [(name, value) for name, value in headers if name not in UNBUFFERED]
    return {**message, "headers": [*kept, *UNBUFFERED.items()]}
