"""What is put into gradio's page before it is sent."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from explainers.shell.front import Front, fronted

PAGE = """<!doctype html>
<html
\tlang="en"
\tstyle="margin: 0">
<head><title>x</title></head><body
  style="x">y</body></html>"""


def asked(path: str, headers: dict[str, str], body: bytes, method: str = "GET") -> tuple[dict[str, str], bytes]:
    """(headers, body) that come out of the middleware when the app behind it answers so, in two pieces."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": body[:9], "more_body": True})
        await send({"type": "http.response.body", "body": body[9:]})

    async def keep(message: Any) -> None:
        sent.append(message)

    asked = Front(app)({"type": "http", "method": method, "path": path}, None, keep)
    with ThreadPoolExecutor(1) as apart:  # this thread may have a loop of its own that runs: the browser's
        apart.submit(asyncio.run, asked).result()
    told = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return told, b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize(("path", "language"), [("/", "en"), ("/ko", "ko"), ("/ko/", "ko"), ("/under/ko", "ko")])
def test_a_page_says_in_its_language_what_it_needs(path: str, language: str) -> None:
    headers, body = asked(path, {"content-type": "text/html; charset=utf-8", "content-length": "7"}, PAGE.encode())
    page = body.decode()
    assert headers["content-length"] == str(len(body))
    assert f'<html lang="{language}"' in page and page.index("SyntaxError") < page.index("<title>")
    assert ("스크립트" in page[page.index("<noscript>") :]) == (language == "ko")
    assert page.index("<body") < page.index("<noscript>") < page.index("y</body>")
    assert "SENTENCE" not in page


@pytest.mark.parametrize(
    ("headers", "method"),
    [
        ({"content-type": "application/json"}, "GET"),
        ({"content-type": "text/html", "content-encoding": "gzip"}, "GET"),
        ({"content-type": "text/html", "content-security-policy": "sandbox"}, "GET"),
        ({"content-type": "text/html"}, "HEAD"),
        ({}, "GET"),
    ],
)
def test_anything_else_goes_out_as_it_is(headers: dict[str, str], method: str) -> None:
    assert asked("/", headers, PAGE.encode(), method) == (headers, PAGE.encode())


def test_the_page_of_this_gradio_has_room_for_it() -> None:
    import gradio

    page = gradio.__path__[0] + "/templates/frontend/index.html"
    with open(page, encoding="utf-8") as file:
        whole = fronted(file.read(), "ko")
    assert whole.count("<noscript>") == 1 and '<html lang="ko"' in whole
    assert whole.index("SyntaxError") < whole.index('type="module"')
