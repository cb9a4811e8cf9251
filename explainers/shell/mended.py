"""What gradio answers to a request that it cannot serve, in one sentence of ours in place of its own English JSON."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers

from ..words import words_for

KEYS = {404: "gone", 429: "busy", 503: "busy"}  # status -> which sentence; any other is of a request that was not read
FAILED = b"event: error\ndata: "


class Mended:
    """Where an answer is sent: passes it on, but for what gradio says of errors.

    It says them in two ways: as an answer of its own, and as an event in a stream.
    """

    def __init__(self, send: Any, language: str, path: str):
        self.send = send
        self.words = words_for("refusals", language)
        self.calls = path.startswith("/gradio_api/call/")
        self.dropped = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("application/json"):
                self.dropped = True
                await self.say(message["status"])
        elif message["type"] == "http.response.body" and not self.dropped and self.calls:
            message = {**message, "body": self.event(message.get("body", b""))}
        if not self.dropped:
            await self.send(message)

    async def say(self, status: int) -> None:
        """The whole answer; "detail" is where gradio's own clients look."""
        why = self.words(KEYS.get(status, "not_read"))
        body = json.dumps({"error": why, "detail": why}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def event(self, body: bytes) -> bytes:
        """An event of an error that has no sentence of ours: that of a key under which nothing is kept."""
        if not body.startswith(FAILED):
            return body
        data = json.loads(body[len(FAILED) :])
        if isinstance(data, dict) and data.get("error"):
            return body
        return FAILED + json.dumps({"error": self.words("gone")}).encode() + b"\n\n"
