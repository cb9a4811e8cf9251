"""What a reverse proxy in front needs: a prefix that it has not stripped is taken off, and no stream is held back."""

from __future__ import annotations

from typing import Any

UNBUFFERED = {b"x-accel-buffering": b"no", b"cache-control": b"no-cache, no-transform"}  # the first is nginx' own


class Behind:
    """ASGI middleware, outermost: the app is asked as if it stood at the root, whatever the proxy does.

    prefix: the path under which a proxy serves this, such as "/gb"; "" where it is the root.
    """

    def __init__(self, app: Any, prefix: str = ""):
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Any) -> None:
            await send(unbuffered(message) if message["type"] == "http.response.start" else message)

        await self.app(without(scope, self.prefix), receive, sent)


def without(scope: Any, prefix: str) -> Any:
    """The same request without the prefix, if its path has it."""
    rest = scope["path"].removeprefix(prefix) if prefix else scope["path"]
    if rest == scope["path"] or (rest and not rest.startswith("/")):
        return scope
    return {**scope, "path": rest or "/", "raw_path": (rest or "/").encode()}


def unbuffered(message: Any) -> Any:
    """A response's start; if it streams, with the headers that let each part through as it comes."""
    headers = [(name.lower(), value) for name, value in message.get("headers", ())]
    if not any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers):
        return message
    kept = [(name, value) for name, value in headers if name not in UNBUFFERED]
    return {**message, "headers": [*kept, *UNBUFFERED.items()]}
