"""Every explainer as a tool of the Model Context Protocol: JSON-RPC over one address, without sessions.

Written out here, because it is short: gradio's own server names tools after the Space, offers file uploads, resources
and prompts, and holds pydantic back. The specification's "Streamable HTTP" lets a server answer each POST with one JSON
object and keep nothing between them (modelcontextprotocol.io, revision 2025-11-25, "Transports").
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .. import ALL
from ..contract import Refusal, unquoted
from ..sentence import whole
from ..words import LANGUAGES, words_for
from .body import STATUS, language_asked, parsed
from .checks import MOST_SHOWN
from .origin import is_foreign
from .tool import DETAILS, Failure, ask, description, schema

PATHS = ("/mcp", "/gradio_api/mcp")  # the second is where clients look for the tools of a gradio app
VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")  # of the protocol, newest first
NOT_JSON, NOT_A_REQUEST, NO_METHOD, BAD_ARGUMENTS = -32700, -32600, -32601, -32602
LOOKS_ONLY = {"readOnlyHint": True, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
MOST_WAITING = 64


class Line:
    """One call at a time, beside the queue of the pages; who comes when too many are there is turned away."""

    def __init__(self, most: int):
        self.most = most
        self.here = 0
        self.turn = asyncio.Semaphore(1)

    @property
    def full(self) -> bool:
        return self.here > self.most

    async def run(self, what: Callable[..., Any], *given: Any) -> Any:
        """What the function returns, in a thread of its own once it is its turn."""
        self.here += 1
        try:
            async with self.turn:
                return await run_in_threadpool(what, *given)
        finally:
            self.here -= 1


line = Line(MOST_WAITING)


class Wrong(Exception):
    """A request that is no request of the protocol: its two arguments are the code and the Refusal that says why."""


def initialize(params: dict[str, Any]) -> dict[str, Any]:
    """The client's version of the protocol where it is one of ours; what there is: tools, and nothing else."""
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "glassbox", "title": "Glassbox", "version": "1"},
        "instructions": words_for("tools", LANGUAGES[0])("instructions"),
    }


def tools(params: dict[str, Any]) -> dict[str, Any]:
    """All tools on one page."""
    return {
        "tools": [
            {
                "name": explainer.name,
                "title": words_for(explainer.name, LANGUAGES[0])("title"),
                "description": description(explainer),
                "inputSchema": schema(explainer),
                "annotations": LOOKS_ONLY,
            }
            for explainer in ALL
        ]
    }


def call(params: dict[str, Any]) -> dict[str, Any]:
    """Runs a tool; what is refused is an answer, too, so that the model that called reads the sentence."""
    explainer = next((explainer for explainer in ALL if explainer.name == params.get("name")), None)
    if explainer is None:
        names = ", ".join(explainer.name for explainer in ALL)
        raise Wrong(BAD_ARGUMENTS, Refusal("no_tool", name=shown(params.get("name")), names=names))
    given = dict(object_of(params, "arguments"))
    detail, language = given.pop("detail", None) or DETAILS[0], given.pop("lang", None)
    try:
        answer = ask(explainer, given, detail, language)
    except Failure as failure:
        return said(str(failure), wrong=True)
    return said(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False))


def object_of(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """The object of that name, {} where there is none; one in quotes is read as it is meant. Raises Wrong."""
    value = unquoted(holder.get(name))
    if not isinstance(value, dict | None):
        raise Wrong(BAD_ARGUMENTS, Refusal("no_object", name=name))
    return value or {}


def shown(name: Any) -> str:
    """What a request calls something, short enough to be repeated."""
    return whole(str(name))[:MOST_SHOWN]


def said(text: str, wrong: bool = False) -> dict[str, Any]:
    """A tool's answer."""
    return {"content": [{"type": "text", "text": text}], "isError": wrong}


METHODS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "initialize": initialize,
    "ping": lambda params: {},
    "tools/list": tools,
    "tools/call": call,
}


def read(body: bytes, kind: str) -> dict[str, Any]:
    """The JSON-RPC message in a body; Wrong if there is none. Batches went out of the protocol in 2025-06-18."""
    try:
        message = parsed(body, kind)
    except Refusal as refusal:
        raise Wrong(NOT_JSON, refusal) from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise Wrong(NOT_A_REQUEST, Refusal("no_message"))
    return message


async def result(message: dict[str, Any]) -> dict[str, Any]:
    """What a request is answered with. Raises Wrong."""
    method = METHODS.get(str(message["method"]))
    if method is None:
        raise Wrong(NO_METHOD, Refusal("no_method", name=shown(message["method"]), names=", ".join(METHODS)))
    params = object_of(message, "params")
    if method is not call:
        return method(params)
    if line.full:
        return said(words_for("refusals", language_of(params))("busy"), wrong=True)
    return await line.run(call, params)


def language_of(params: dict[str, Any]) -> str:
    """The language that a call asks for."""
    asked = object_of(params, "arguments").get("lang")
    return asked if asked in LANGUAGES else LANGUAGES[0]


async def answer(request: Request) -> Response:
    """One message in, one out; a notification or an answer of the client's gets none.

    Only JSON that says so is read: a foreign web page cannot send that without asking first (CORS).
    """
    number, status, body = None, 400, await request.body()
    try:
        check_sender(request)
        message = read(body, request.headers.get("content-type", ""))
        if "method" not in message or "id" not in message:
            return Response(status_code=202)
        number = message["id"] if isinstance(message["id"], str | int) else None
        answered = {"result": await result(message)}
        status = 200 if number is not None else 400
    except Wrong as wrong:
        code, refusal = wrong.args
        answered = {"error": {"code": code, "message": refusal.sentence(language_asked(request.scope, body))}}
        status = STATUS.get(refusal.key, 400 if number is None else 200)
    return Answer({"jsonrpc": "2.0", "id": number, **answered}, status)


def check_sender(request: Request) -> None:
    """Raises Wrong for a page of another site, and for a version of the protocol that is not spoken here."""
    if is_foreign(request.headers):
        raise Wrong(NOT_A_REQUEST, Refusal("foreign_page"))
    version = request.headers.get("mcp-protocol-version", VERSIONS[0])
    if version not in VERSIONS:
        raise Wrong(NOT_A_REQUEST, Refusal("no_version", version=shown(version), known=", ".join(VERSIONS)))


class Answer(JSONResponse):
    """JSON whose texts hold whatever Python's can."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")


def mcp_routes() -> list[Route]:
    """The address, with and without a slash at its end. GET answers 405: there is no stream to listen to."""
    return [Route(path + end, answer, methods=["POST"]) for path in PATHS for end in ("", "/")]
