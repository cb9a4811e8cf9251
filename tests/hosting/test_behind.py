"""What a proxy in front needs, without a server: prefixes, redirects, pages, streams."""

from __future__ import annotations

from typing import Any

import pytest

from hosting.behind import SOMEWHERE, Behind, Beside

Headers = list[tuple[bytes, bytes]]


def ask(app: Any, path: str, query: str = "", headers: Headers | None = None) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the answer to a GET."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": headers if headers is not None else [(b"host", b"inner:7860")],
    }
    with pytest.raises(StopIteration):
        app(scope, None, send).send(None)  # nothing in it waits, so it needs no loop
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


def echo(kind: bytes = b"text/plain", more: Headers | None = None) -> Any:
    """An app that answers with the path it was asked for and the address it was told."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told = dict(scope["headers"]).get(b"x-gradio-server", b"")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", kind), *(more or [])]})
        await send({"type": "http.response.body", "body": scope["path"].encode() + b" " + told, "more_body": False})

    return app


@pytest.mark.parametrize(
    ("prefix", "path", "inner"),
    [
        ("/gb", "/gb/arrays/k/n", "/arrays/k/n"),
        ("/gb", "/arrays/k/n", "/arrays/k/n"),
        ("/gb", "/gbx/arrays", "/gbx/arrays"),
        ("/a/gb", "/a/gb/mcp/", "/mcp/"),
        ("/수업", "/수업/healthz", "/healthz"),
        ("", "/healthz", "/healthz"),
    ],
)
def test_a_prefix_is_taken_off_if_the_proxy_left_it(prefix: str, path: str, inner: str) -> None:
    assert ask(Behind(echo(), prefix), path)[2].decode().strip() == inner


def test_a_page_without_its_slash_goes_to_the_one_with_it() -> None:
    for prefix, to in (("/gb", b"gb/?x=1"), ("/a/b", b"b/?x=1")):
        status, headers, _ = ask(Behind(echo(), prefix), prefix, "x=1")
        assert (status, headers[b"location"]) == (307, to)


def test_nobody_but_the_proxy_says_what_the_address_is() -> None:
    forwarded = [(b"x-forwarded-host", b"school.example"), (b"x-gradio-server", b"http://evil.example")]
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["headers"])
        await echo()(scope, receive, send)

    ask(Behind(app, "/gb"), "/config", headers=forwarded)
    ask(Behind(app, "/gb", ("/", "/ko")), "/gb/ko", headers=forwarded)
    assert seen == [[(b"x-forwarded-host", b"school.example")], [(b"x-gradio-server", SOMEWHERE)]]


def test_a_page_finds_the_app_beside_itself() -> None:
    inner = Beside(echo(b"text/html", [(b"content-length", b"1")]), "/gb", {"/ko": "<p>more</p>"})
    _, headers, body = ask(Behind(inner, "/gb", ("/", "/ko")), "/gb/ko")
    assert body == b"/ko " + SOMEWHERE and headers[b"content-length"] == str(len(body)).encode()

    async def page(scope: Any, receive: Any, send: Any) -> None:
        text = b'<link rel="manifest" href="/manifest.json" />{"root":"%s/gb"}' % SOMEWHERE
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": text[:20], "more_body": True})
        await send({"type": "http.response.body", "body": text[20:]})

    _, _, body = ask(Behind(Beside(page, "/gb", {"/ko": "<p>more</p>"}), "/gb", ("/", "/ko")), "/ko")
    assert body == b'<link rel="icon" href="./favicon.ico"><p>more</p>{"root":"."}'


def test_streams_are_not_held_back() -> None:
    _, headers, _ = ask(Behind(echo(b"text/event-stream; charset=utf-8", [(b"Cache-Control", b"private")])), "/x")
    assert headers[b"x-accel-buffering"] == b"no" and headers[b"cache-control"] == b"no-cache, no-transform"
    assert b"x-accel-buffering" not in ask(Behind(echo()), "/x")[1]
