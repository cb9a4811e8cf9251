"""What a page says before its scripts run: that a browser is too old for it, or runs no scripts.

gradio puts our own scripts into the page by a script of its own, which an old browser may not be able to read. So this
stands in the page as the server sends it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders

from ..words import LANGUAGES, words_for

OLD = Path(__file__).parents[2] / "assets" / "old.js"
HEAD = re.compile(r"<html\s+lang=\"\w+\"(.*?<head>)", re.DOTALL)
BODY = re.compile(r"<body[^>]*>")


@cache
def old(language: str) -> str:
    """The script that looks at the browser, with its sentence."""
    sentence = json.dumps(words_for("shell", language)("too_old")).replace("<", "\\u003c")
    return OLD.read_text(encoding="utf-8").replace("SENTENCE", sentence)


def fronted(page: str, language: str) -> str:
    """gradio's page with its language, our first script, and a sentence for who runs none."""
    none = f'<noscript><p lang="{language}">{escape(words_for("shell", language)("no_scripts"))}</p></noscript>'
    page = HEAD.sub(lambda found: f'<html lang="{language}"{found[1]}<script>{old(language)}</script>', page, count=1)
    return BODY.sub(lambda found: found[0] + none, page, count=1)


class Front:
    """Middleware: every page of ours goes out with its front."""

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes everything on as it is but pages."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        last = scope["path"].rstrip("/").rpartition("/")[2]
        language = last if last in LANGUAGES else LANGUAGES[0]
        await self.app(scope, receive, Page(send, language))


class Page:
    """A `send` that holds a page back until all of it is there."""

    def __init__(self, send: Any, language: str):
        self.send = send
        self.language = language
        self.start: Any = None
        self.body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and is_page(Headers(raw=message["headers"])):
            self.start = message
        elif self.start is None or message["type"] != "http.response.body":
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                await self.finish()

    async def finish(self) -> None:
        """Sends it."""
        body = fronted(self.body.decode(), self.language).encode()
        headers = MutableHeaders(raw=list(self.start["headers"]))
        headers["content-length"] = str(len(body))
        await self.send({**self.start, "headers": headers.raw})
        await self.send({"type": "http.response.body", "body": body})


def is_page(headers: Headers) -> bool:
    """Whether an answer is a page that gradio made, neither compressed nor one of our frames."""
    html = headers.get("content-type", "").startswith("text/html")
    return html and "content-encoding" not in headers and "content-security-policy" not in headers
