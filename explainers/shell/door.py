"""What may be asked for at all: our own routes and those of gradio's that the pages and clients need; nothing else.

gradio brings some eighty routes. Several write to the host's disk, open files or fetch addresses for whoever asks, and
each version brings more; so what is not on this list is not there. And those that stay answer a request that they
cannot read with a stack trace in the log and a 500; here that is a sentence and a 400.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match

from ..contract import Refusal
from ..words import LANGUAGES, words_for
from .answer import log_bug
from .body import STATUS, language_asked, parsed
from .mended import Mended

log = logging.getLogger("glassbox")

MOST = 2_000_000  # bytes of a request; 100,000 characters take 1.2 million if each is written as \\ud83d\\ude42
OTHERS = "|".join(LANGUAGES[1:])
# gradio's own: a regular expression for the whole path, and the methods
NEEDED = (
    (rf"/|/({OTHERS})/?", "GET"),  # the pages
    (r"/(assets|static)/.+|/theme\.css|/favicon\.ico|/robots\.txt|/config/?", "GET"),  # what they load
    (r"/gradio_api/(info/?|startup-events)", "GET"),  # what clients ask first, and gradio itself
    (r"/gradio_api/queue/join|/gradio_api/cancel|/gradio_api/reset/?", "POST"),  # a page's events
    (r"/gradio_api/queue/data|/gradio_api/heartbeat/[\w-]+", "GET"),
    (r"/gradio_api/call/(v2/)?\w+/?", "POST"),  # the endpoints
    (r"/gradio_api/call/(v2/\w+|(?!v2/)\w+)/[\w-]+", "GET"),
)


ENDPOINTS = "/gradio_api/call/"


def needed(method: str, path: str) -> bool:
    """Whether a route of gradio's is one that we need."""
    return ("GET" if method == "HEAD" else method) in methods_of(path)


def methods_of(path: str) -> list[str]:
    """The methods that we need of gradio's routes at a path."""
    return [method for pattern, method in NEEDED if re.fullmatch(pattern, path)]


class Door:
    """Lets through what is needed, with a body of bounded size; ASGI middleware."""

    def __init__(self, app: Any, own: Iterable[BaseRoute]):
        self.app = app
        self.own = tuple(own)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        matches = [(route, route.matches(scope)[0]) for route in self.own]
        ours = any(match is Match.FULL for _, match in matches)
        if scope["type"] != "http" or not (ours or needed(scope["method"], path_of(scope))):
            await shut(scope, send, [route for route, match in matches if match is Match.PARTIAL])
            return
        asks = scope["method"] in ("GET", "HEAD")
        body = b"" if asks else await read(scope, receive)
        if body is None:
            await refuse(scope, send, 413, sentence(scope, "request_too_large", limit=f"{MOST // 1_000_000} MB"))
            return
        language, theirs = language_asked(scope, body), not (ours or asks)
        try:
            body = plain(scope, body) if theirs else body
        except Refusal as refusal:
            await refuse(scope, send, STATUS.get(refusal.key, 400), refusal.sentence(language))
            return
        if not ours and path_of(scope).startswith("/gradio_api/"):
            send = Mended(send, language, path_of(scope))
        await self.guarded(scope, receive if asks else replay(body, receive), send, theirs, language)

    async def guarded(self, scope: Any, receive: Any, send: Any, theirs: bool, language: str) -> None:
        """Passes a request on; if that raises, answers with a sentence.

        theirs: a request that gradio would only have put in its queue, and so one that it could not read.
        """
        begun = False

        async def sent(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sent)
        except Exception as error:
            if begun:  # such as an answer that nobody waits for under this key: gradio has said so in its stream
                log.info("%s: %s", path_of(scope), type(error).__name__)
            elif theirs:
                await refuse(scope, send, 400, words_for("refusals", language)("not_read"))
            else:
                log_bug(path_of(scope), error)
                await refuse(scope, send, 500, words_for("refusals", language)("bug"))


async def shut(scope: Any, send: Any, others: list[BaseRoute]) -> None:
    """Answers what is not there, or not with this method. others: our routes that have the path."""
    path = path_of(scope)
    own = [method for route in others for method in sorted(getattr(route, "methods", None) or ())]
    allowed = own or (methods_of(path) if path.startswith(ENDPOINTS) else [])
    if scope["type"] != "http" or not allowed:
        await refuse(scope, send, 404)
        return
    named = ", ".join(method for method in allowed if method != "HEAD")
    await refuse(scope, send, 405, sentence(scope, "wrong_method", allowed=named), allow=", ".join(allowed))


def plain(scope: Any, body: bytes) -> bytes:
    """The JSON that a request holds, in the form that gradio reads. Refusals: those of `parsed`, and empty_text."""
    value = parsed(body, Headers(scope=scope).get("content-type", ""))
    if isinstance(value, dict) and "text" not in value and path_of(scope).startswith(f"{ENDPOINTS}v2/"):
        raise Refusal("empty_text")
    return json.dumps(value).encode()


def path_of(scope: Any) -> str:
    """The path, without what a proxy put before it."""
    return scope["path"].removeprefix(scope.get("root_path", "")) or "/"


async def read(scope: Any, receive: Any) -> bytes | None:
    """The request's body; None as soon as it is seen to be too large."""
    said = Headers(scope=scope).get("content-length", "0")
    if not said.isascii() or not said.isdigit() or int(said[:20]) > MOST:
        return None
    parts, size, more = [], 0, True
    while more and size <= MOST:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts) if size <= MOST else None


def replay(body: bytes, receive: Any) -> Any:
    """A `receive` that gives the body in one piece and then waits for the connection's end, as the first one did."""
    rest = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return rest.pop() if rest else await receive()

    return again


def sentence(scope: Any, key: str, **facts: Any) -> str:
    """A refusal in the language that a request without a body asks for."""
    return words_for("refusals", language_asked(scope))(key, **facts)


async def refuse(scope: Any, send: Any, status: int, why: str = "", allow: str = "") -> None:
    """An answer without content, or with a reason as JSON. allow: the methods that the address takes."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"error": why}, ensure_ascii=False).encode() if why else b""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"allow", allow.encode())] if allow else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
