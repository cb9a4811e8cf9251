"""The tools of the Model Context Protocol, asked by the official client over HTTP."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, TextContent, Tool

import models
from explainers import ALL, sampling
from explainers.contract import Explainer, Html, Model, Number, Tokens
from explainers.shell import mcp as door
from explainers.shell import tool
from explainers.shell.pack import to_json
from explainers.words import words_for
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]
TEXTS = {"en": "The dog ran after the ball.", "ko": "강아지가 공을 따라 달렸다."}
T = TypeVar("T")
MOST = 50_000  # bytes of a summary


def alone(task: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns, run in a thread of its own: in this one other tests' browser has a loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, task).result()


def connected(url: str, what: Callable[[Client], Awaitable[Any]], mode: str = "auto") -> Any:
    """What `what` returns, in a session of its own."""

    async def session() -> Any:
        async with Client(url, mode=mode) as client:
            return await what(client)

    return alone(session())


def called(server: App, name: str, **arguments: Any) -> CallToolResult:
    return connected(f"{server.url}/mcp", lambda client: client.call_tool(name, arguments))


def text_of(result: CallToolResult) -> str:
    (part,) = result.content
    assert isinstance(part, TextContent)
    return part.text


@pytest.fixture(scope="module")
def tools(server: App) -> dict[str, Tool]:
    listed = connected(f"{server.url}/mcp", lambda client: client.list_tools())
    return {tool.name: tool for tool in listed.tools}


def test_tools_are_the_explainers_and_nothing_else(tools: dict[str, Tool]) -> None:
    assert list(tools) == [explainer.name for explainer in ALL]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/gradio_api/mcp", "/gradio_api/mcp/"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_both_kinds_of_handshake_at_every_address(server: App, path: str, mode: str) -> None:
    async def look(client: Client) -> tuple[Any, list[str]]:
        return client.server_capabilities, [tool.name for tool in (await client.list_tools()).tools]

    capabilities, names = connected(server.url + path, look, mode)
    assert names == [explainer.name for explainer in ALL]
    assert capabilities.resources is None and capabilities.prompts is None


@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_the_schema_says_what_each_parameter_takes(tools: dict[str, Tool], explainer: Explainer) -> None:
    schema = tools[explainer.name].input_schema
    properties = schema["properties"]
    assert list(properties) == ["text", *(control.name for control in explainer.controls), "detail", "lang"]
    assert schema["required"] == ["text"]
    assert properties["detail"]["default"] == "summary"
    assert all(len(part["description"]) > 10 for part in properties.values())
    assert len(tools[explainer.name].description or "") > 40
    for control in explainer.controls:
        said = properties[control.name]
        if isinstance(control, Number):
            assert (said["minimum"], said["maximum"], said["default"]) == (control.low, control.high, control.default)
        if isinstance(control, Tokens):
            assert said["items"]["type"] == "integer"
        if isinstance(control, Model):
            bundled = {entry.name for entry in models.CATALOG if not entry.hub and control.needs <= entry.can}
            assert set(said["enum"]) == bundled


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_a_summary_is_short_and_in_the_language(server: App, explainer: Explainer, language: str) -> None:
    answer = called(server, explainer.name, text=TEXTS[language], lang=language)
    assert not answer.is_error
    text, words = text_of(answer), words_for(explainer.name, language)
    assert TEXTS[language] in text and len(text.encode()) < MOST
    *_, trace = traced(explainer, TEXTS[language])
    for name, view in explainer.views.items():
        assert (words(f"views.{name}.title") in text) != isinstance(view(trace, words), Html)


def traced(explainer: Explainer, text: str, **given: Any) -> list[Any]:
    made = explainer.trace(text, **given)
    return list(made) if hasattr(made, "__next__") else [made]


def test_a_summary_holds_the_rows_of_a_table(server: App) -> None:
    text = text_of(called(server, "sampling", text="Once upon a", temperature=0.5))
    trace = sampling.trace("Once upon a")
    for rank, label, _, logit, *_ in sampling.numbers(trace, temperature=0.5).rows[:10]:
        assert f"| {rank} | {label} |" in text and f"{logit:.5g}" in text


def test_a_knob_reaches_the_views(server: App) -> None:
    texts = {text_of(called(server, "attention", text=TEXTS["en"], layer=layer)) for layer in (1, 2)}
    assert len(texts) == 2


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_long_text_has_a_summary_that_says_what_it_leaves_out(server: App, language: str) -> None:
    text = text_of(called(server, "tokens", text=(TEXTS[language] + " ") * 600, lang=language))
    assert len(text.encode()) < MOST
    assert 'detail="full"' in text


def unpack(p: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(gzip.decompress(base64.b64decode(p["data"])), p["dtype"]).reshape(p["shape"])


def same(said: Any, meant: Any) -> bool:
    """Whether two JSON values are the same, their arrays unpacked and compared within 1e-4."""
    if isinstance(meant, dict) and meant.keys() == {"dtype", "shape", "data"}:
        one, other = unpack(said), unpack(meant)
        return one.dtype == other.dtype and np.allclose(one, other, rtol=1e-4, atol=1e-4, equal_nan=True)
    if isinstance(meant, dict):
        return said.keys() == meant.keys() and all(same(said[key], meant[key]) for key in meant)
    if isinstance(meant, list):
        return len(said) == len(meant) and all(map(same, said, meant))
    return said == pytest.approx(meant, rel=1e-4, abs=1e-6) if isinstance(meant, float) else said == meant


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("explainer", ALL, ids=lambda explainer: explainer.name)
def test_full_detail_is_the_librarys_trace(server: App, explainer: Explainer, language: str) -> None:
    answer = called(server, explainer.name, text=TEXTS[language], detail="full")
    *_, trace = traced(explainer, TEXTS[language])
    assert same(json.loads(text_of(answer)), to_json(trace))


def test_steps_on_the_way_end_in_one_answer(server: App) -> None:
    answer = called(server, "sampling", text="Once upon a", write=6, temperature=0.9, seed=4, detail="full")
    assert json.loads(text_of(answer))["ids"] == list(
        sampling.trace("Once upon a", write=6, temperature=0.9, seed=4).ids
    )


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("tokens", {"text": ""}),
    ("tokens", {}),
    ("tokens", {"text": [5]}),
    ("tokens", {"text": "ok", "model": "../ko-gpt"}),
    ("tokens", {"text": "ok", "model": "openai-community/gpt2"}),
    ("tokens", {"text": "ok", "nonsense": 1}),
    ("tokens", {"text": "ok", "detail": "everything"}),
    ("attention", {"text": "ok", "layer": "NaN"}),
    ("sampling", {"text": "ok", "temperature": 1e308}),
    ("sampling", {"text": "ok", "ids": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]}),
]


@pytest.mark.parametrize(("name", "given"), REFUSED)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_refusal_is_an_answer_in_the_language(server: App, name: str, given: dict[str, Any], language: str) -> None:
    answer = called(server, name, **given, lang=language)
    said = text_of(answer)
    assert answer.is_error and "Traceback" not in said and 10 < len(said) < 300
    assert any("가" <= c <= "힣" for c in said) == (language == "ko")


def test_an_unknown_tool_is_an_error_of_the_protocol(server: App) -> None:
    async def ask(client: Client) -> None:
        for name in ("nothing", "handle", "upload_files_to_gradio", "../tokens"):
            with pytest.raises(MCPError):
                await client.call_tool(name, {"text": "ok"})

    connected(f"{server.url}/mcp", ask)


def post(url: str, body: bytes, kind: str = "application/json") -> tuple[int, Any]:
    request = urllib.request.Request(url, body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, content = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, content = error.code, error.read()
    return status, json.loads(content) if content else None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32600),
        (b'{"id": 1, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "resources/list"}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": ["ping"]}', -32601),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": 5}', -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "tokens", "arguments": 5}}', -32602),
    ],
)
def test_what_is_no_request_is_said(server: App, body: bytes, code: int) -> None:
    status, answer = post(f"{server.url}/mcp", body)
    assert status in (200, 400) and answer["error"]["code"] == code


def test_a_notification_gets_no_answer(server: App) -> None:
    assert post(f"{server.url}/mcp", b'{"jsonrpc": "2.0", "method": "notifications/initialized"}') == (202, None)


def test_nothing_but_json_is_read(server: App) -> None:
    """A foreign web page may send text/plain without asking; JSON it may not."""
    ping = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    assert post(f"{server.url}/mcp", ping)[0] == 200
    assert post(f"{server.url}/mcp", ping, "text/plain")[0] == 415
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(f"{server.url}/mcp", timeout=30)


def test_an_answer_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    explainer = next(explainer for explainer in ALL if explainer.name == "attention")
    monkeypatch.setattr(tool, "MOST", 5000)
    for language in ("en", "ko"):
        with pytest.raises(tool.Failure, match="0 MB"):
            tool.ask(explainer, {"text": TEXTS["en"]}, "full", language)
    assert tool.ask(explainer, {"text": TEXTS["en"]}, "summary", "en")


def test_a_line_that_is_full_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "line", door.Line(-1))
    message = {"method": "tools/call", "params": {"name": "tokens", "arguments": {"text": "ok", "lang": "ko"}}}
    answer = alone(door.result(message))
    assert answer["isError"] and answer["content"][0]["text"] == words_for("refusals", "ko")("busy")
