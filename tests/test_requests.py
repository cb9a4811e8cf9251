"""What programs send that is not quite what an endpoint or a tool takes: read as it is meant, or one sentence."""

from __future__ import annotations

import http.client
import json
import re
from typing import Any

import pytest

from explainers.words import words_for
from models.refusal import sentences
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]

JSON = {"Content-Type": "application/json"}
CALL = "/gradio_api/call/v2/tokens"
KOREAN = '{"text": "고양이", "lang": "ko"}'
PLACES = '{"data": ["고양이", null, "full", "ko"]}'
PING = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
FRAMEWORK = re.compile(r"Not Found|not found|json_invalid|Field required|Input should|Method Not|loc\b|Traceback")


def ask(server: App, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str, Any]:
    """(status, Allow, text); of a stream, as much as the first event of an answer."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    answer = connection.getresponse()
    text = b""
    if "event-stream" in (answer.getheader("Content-Type") or ""):
        while b"event: complete" not in text and b"event: error" not in text:
            text += answer.read1(65536)
    else:
        text = answer.read()
    connection.close()
    return answer.status, answer.getheader("Allow") or "", text.decode()


def called(server: App, body: bytes, path: str = CALL, **headers: str) -> Any:
    """The Trace that an endpoint answers with, or its sentence."""
    _, _, posted = ask(server, "POST", path, body, **{**JSON, **headers})
    _, _, text = ask(server, "GET", f"{path}/{json.loads(posted)['event_id']}")
    kind, data = re.findall(r"event: (complete|error)\ndata: (.*)", text)[-1]
    return json.loads(data)[0] if kind == "complete" else json.loads(data)["error"]


def tool(server: App, arguments: Any, name: str = "sampling") -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    found: dict[str, Any] = json.loads(ask(server, "POST", "/mcp", json.dumps(message).encode(), **JSON)[2])["result"]
    return found


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (KOREAN.encode("utf-8-sig"), "application/json"),
        (KOREAN.encode("utf-16"), "application/json"),
        (KOREAN.encode("cp949"), "application/json; charset=euc-kr"),
        (KOREAN.encode("cp949"), 'Application/JSON;charset="CP949"'),
    ],
)
def test_a_body_is_read_in_the_encoding_that_it_names(server: App, body: bytes, kind: str) -> None:
    assert called(server, body, **{"Content-Type": kind})["text"] == "고양이"


@pytest.mark.parametrize(
    ("path", "body", "headers", "key"),
    [
        (CALL, KOREAN.encode("cp949"), JSON, "not_utf8"),
        ("/gradio_api/call/tokens", PLACES.encode("cp949"), JSON, "not_utf8"),
        ("/mcp", KOREAN.encode("cp949"), JSON, "not_utf8"),
        (CALL, KOREAN.encode(), {}, "not_json_type"),
        (CALL, KOREAN.encode("cp949"), {}, "not_json_type"),
        (CALL, KOREAN.encode("utf-16"), {"Content-Type": "application/x-www-form-urlencoded"}, "not_json_type"),
        (CALL, b"text=a&lang=ko", {"Content-Type": "application/x-www-form-urlencoded"}, "not_json_type"),
        ("/mcp", PING, {"Accept-Language": "ko-KR", "Content-Type": "text/plain"}, "not_json_type"),
        (CALL, b"{'text': 'a', \"lang\": \"ko\"}", JSON, "not_json"),
        (CALL + "?lang=ko", b"", JSON, "not_json"),
        ("/mcp", b"{", {**JSON, "Accept-Language": "fr, ko;q=0.8"}, "not_json"),
        ("/mcp", b"[1]", {**JSON, "Accept-Language": "ko"}, "no_message"),
        ("/gradio_api/call/tokens", b'{"data": 5, "lang": "ko"}', JSON, "not_read"),
        (CALL, b'["ko"]', JSON, "not_read"),
        (CALL, b'{"lang": "ko"}', JSON, "empty_text"),
        ("/gradio_api/call/nothing", b'{"data": ["a", "ko"]}', JSON, "not_read"),
        ("/gradio_api/queue/join", b'{"data": [], "lang": "ko"}', JSON, "not_read"),
        ("/gradio_api/cancel?lang=ko", b"{}", JSON, "not_read"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    server: App, path: str, body: bytes, headers: dict[str, str], key: str
) -> None:
    status, _, text = ask(server, "POST", path, body, **headers)
    said = json.loads(text)["error"]
    assert 400 <= status < 500 and not FRAMEWORK.search(text)
    assert (said["message"] if path == "/mcp" else said) == sentences("ko")[key]


@pytest.mark.parametrize("path", [f"{CALL}/abc?lang=ko", "/gradio_api/call/tokens/abc-1?lang=ko"])
def test_an_answer_that_is_not_kept_is_said(server: App, path: str) -> None:
    data = re.findall(r"event: error\ndata: (.*)", ask(server, "GET", path)[2])
    assert json.loads(data[0])["error"] == sentences("ko")["gone"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", CALL, "POST"),
        ("PUT", "/gradio_api/call/tokens", "POST"),
        ("DELETE", "/gradio_api/call/tokens/abc", "GET"),
        ("GET", "/mcp", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_said(server: App, method: str, path: str, allowed: str) -> None:
    status, allow, text = ask(server, method, path, None, **{"Accept-Language": "ko"})
    said = sentences("ko")["wrong_method"].format(allowed=allowed.removesuffix(", HEAD"))
    assert (status, allow, json.loads(text)["error"]) == (405, allowed, said)


@pytest.mark.parametrize(("value", "text"), [(2024, "2024"), (3.5, "3.5"), (True, "true"), (-7, "-7")])
def test_a_number_is_a_text(server: App, value: Any, text: str) -> None:
    assert called(server, json.dumps({"text": value}).encode())["text"] == text
    assert called(server, json.dumps({"data": [value]}).encode(), "/gradio_api/call/tokens")["text"] == text
    answer = tool(server, {"text": value, "detail": "full"})
    assert json.loads(answer["content"][0]["text"])["text"] == text


@pytest.mark.parametrize(("given", "key"), [({"text": ["a"]}, "not_text"), ({"text": ""}, "empty_text")])
def test_no_text_is_said(server: App, given: dict[str, Any], key: str) -> None:
    assert called(server, json.dumps({**given, "lang": "ko"}).encode()) == sentences("ko")[key]


def test_quoted_values_of_tools_are_read_as_meant(server: App) -> None:
    plain = {"text": "Once", "ids": [12], "greedy": True, "write": 2, "temperature": 0.5, "detail": "full"}
    quoted = {**plain, "ids": "[12]", "greedy": "True", "write": '"2"', "temperature": "0.5", "model": "null"}
    answer = tool(server, plain)
    assert not answer["isError"]
    assert tool(server, quoted) == tool(server, json.dumps(quoted)) == answer
    said = tool(server, {"text": "Once", "greedy": "maybe", "lang": "ko"})
    label = words_for("sampling", "ko")("controls.greedy.label")
    assert said["content"][0]["text"] == sentences("ko")["not_an_option"].format(control=label, value="maybe")


OWN = ("{url}", "http://localhost:3000", "http://[::1]:9", "https://127.0.0.1")
FOREIGN = (
    "http://evil.example",
    "null",
    "http://localhost.evil.example",
    "http://127.0.0.1@evil.example",
    "http://127.0.0.1.evil.example:7860",
    "chrome-extension://abc",
    "",
)


@pytest.mark.parametrize("path", ["/mcp", "/gradio_api/mcp/"])
def test_a_page_of_another_site_gets_no_tools(server: App, path: str) -> None:
    for origin in OWN:
        assert ask(server, "POST", path, PING, **JSON, Origin=origin.format(url=server.url))[0] == 200, origin
    for origin in FOREIGN:
        status, _, text = ask(server, "POST", path, PING, **JSON, Origin=origin, **{"Accept-Language": "ko"})
        assert status == 403 and json.loads(text)["error"]["message"] == sentences("ko")["foreign_page"], origin


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("evil.example:7860", "http://evil.example:7860", 403),  # a name that its owner has point here
        ("192.168.0.10:7860", "http://192.168.0.10:7860", 200),
        ("192.168.0.10", "http://192.168.0.10:80", 200),
        ("192.168.0.10:7860", "http://192.168.0.10:81", 403),
        ("192.168.0.10:7860", "http://localhost:7860", 403),
    ],
)
def test_a_page_is_known_by_an_address_that_none_can_take(server: App, host: str, origin: str, status: int) -> None:
    assert ask(server, "POST", "/mcp", PING, **JSON, Host=host, Origin=origin)[0] == status


def test_a_version_of_the_protocol_that_is_not_spoken_is_said(server: App) -> None:
    for version, status in (("2025-11-25", 200), ("2024-11-05", 200), ("1999-01-01", 400), ("", 400), ("가", 400)):
        header = version.encode().decode("latin-1")
        assert ask(server, "POST", "/mcp", PING, **JSON, **{"MCP-Protocol-Version": header})[0] == status, version
