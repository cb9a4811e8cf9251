"""Can a request read a file, open an address or start a download that the host did not allow?"""

from __future__ import annotations

import http.client
import http.server
import json
import pickle
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

import app as site
from explainers import ALL
from explainers.shell.door import MOST, needed
from explainers.shell.mcp import mcp_routes
from explainers.shell.routes import routes
from explainers.words import LANGUAGES, words_for
from tests.browsing import App, running_app

pytestmark = [pytest.mark.browser, pytest.mark.weights]

OPEN = {
    "GET /": "the page",
    "GET /ko": "the page",
    "GET /ko/": "redirects to it",
    "GET /assets/x": "gradio's scripts, from its own folder",
    "GET /static/x": "gradio's scripts, from its own folder",
    "GET /theme.css": "made once, at start",
    "GET /favicon.ico": "our file",
    "GET /robots.txt": "fixed",
    "GET /config": "what the page is made of; clients ask for it",
    "GET /config/": "the same",
    "GET /gradio_api/info": "what the endpoints take",
    "GET /gradio_api/info/": "the same",
    "GET /gradio_api/startup-events": "gradio asks it of itself at start; a second time it does nothing",
    "POST /gradio_api/queue/join": "a page's events; values alone, no files",
    "GET /gradio_api/queue/data": "their answers, under the page's own key",
    "GET /gradio_api/heartbeat/x": "says that a page is still there",
    "POST /gradio_api/cancel": "ends an event, under the page's own key",
    "POST /gradio_api/reset": "the same",
    "POST /gradio_api/reset/": "the same",
    "POST /gradio_api/call/x": "the endpoints",
    "POST /gradio_api/call/x/": "the same",
    "POST /gradio_api/call/v2/x": "the same, by names",
    "POST /gradio_api/call/v2/x/": "the same",
    "GET /gradio_api/call/x/x": "their answers, under an unguessable key",
    "GET /gradio_api/call/v2/x/x": "the same",
    "GET /healthz": "says that the server answers",
    "GET /glassbox/x": "our scripts and style, read once at start",
    "GET /arrays/x/x": "an array, under an unguessable key",
    "GET /frames/x/x": "a sandboxed page, under an unguessable key",
    "POST /runs/x/x": "steers a run, under an unguessable key",
    "POST /mcp": "the tools",
    "POST /mcp/": "the same",
    "POST /gradio_api/mcp": "the same",
    "POST /gradio_api/mcp/": "the same",
}


def flat(all_routes: list[Any]) -> Iterator[tuple[str, str]]:
    """(method, path with x for each parameter) of every route, those of routers within routers, too."""
    for route in all_routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if hasattr(route, "path") and hasattr(route, "methods"):
            path = re.sub(r"{[^}]+}", "x", route.path)
            yield from ((method, path) for method in route.methods or ())
        elif inner is not None and hasattr(inner, "routes"):
            yield from flat(inner.routes)
        else:
            raise AssertionError(f"a kind of route that this test cannot see into: {route}")


@pytest.fixture(scope="module")
def doors() -> list[tuple[str, str]]:
    """Every route of the app as it is launched, gradio's own among them."""
    return sorted(set(flat(gr.routes.App.create_app(site.build().queue(), app_kwargs=site.serving()).routes)))


def test_every_open_door_is_known_and_needed(doors: list[tuple[str, str]]) -> None:
    """A new route, ours or gradio's, is closed, or it stands on the list above with what it is for."""
    ours = set(flat([*routes(), *mcp_routes()]))
    found = {f"{m} {p}" for m, p in doors if m not in ("HEAD", "OPTIONS") and ((m, p) in ours or needed(m, p))}
    assert found == set(OPEN)
    assert len(doors) > 80, "gradio's own routes were not seen"


def raw(app: App, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """A request whose path is sent as it is written. An answer that streams is read for a second."""
    host, port = app.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    try:
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        stream = "event-stream" in (answer.getheader("Content-Type") or "")
        return answer.status, answer.read1(65536) if stream else answer.read()
    finally:
        connection.close()


def test_every_other_door_is_shut(doors: list[tuple[str, str]], server: App) -> None:
    shut = {(m, p) for m, p in doors if f"{m.replace('HEAD', 'GET')} {p}" not in OPEN and m != "OPTIONS"}
    assert ("POST", "/gradio_api/upload") in shut and ("POST", "/login") in shut
    for method, path in sorted(shut):
        assert raw(server, method, path) in ((404, b""), (405, b"Method Not Allowed")), (method, path)
    for method in ("PUT", "DELETE", "PATCH"):
        assert raw(server, method, "/gradio_api/queue/join")[0] == 404


# Files -----------------------------------------------------------------------------------------------------------

WAYS = (
    "/gradio_api/file={path}",
    "/file={path}",
    "/gradio_api/file/{path}",
    "/file/{path}",
    "/static/{path}",
    "/static/{up}{path}",
    "/assets/{path}",
    "/assets/{up}{path}",
    "/svelte/{up}{path}",
    "/gradio_api/custom_component/{up}/client/component/{path}",
    "/gradio_api/stream/{up}{path}",
    "/gradio_api/component_server/{path}",
    "/glassbox/{path}",
    "/glassbox/{up}{path}",
    "/arrays/x/{path}",
    "/arrays/{up}/{path}",
    "/frames/{up}/{path}",
    "/ko/{up}{path}",
    "/{up}{path}",
    "/?deep_link={path}",
    "/ko?deep_link={up}{path}",
    "/gradio_api/deep_link?session_hash={path}",
    "/gradio_api/mcp/{path}",
    "/theme.css/{up}{path}",
    "/monitoring/{path}",
)
UPS = (
    "../" * 9,
    "..%2f" * 9,
    "%2e%2e/" * 9,
    "%2e%2e%2f" * 9,
    "..\\" * 9,
    "..%5c" * 9,
    "....//" * 9,
    "%252e%252e%252f" * 9,
)


def test_no_path_reaches_a_file(server: App, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"secret": "9d1f7c"}')
    for way in WAYS:
        for up in UPS if "{up}" in way else ("",):
            for path in (str(secret), str(secret).lstrip("/"), str(secret).replace("/", "%2f")):
                status, body = raw(server, "GET", way.format(path=path, up=up))
                assert b"9d1f7c" not in body and status < 500, (way, up, path)


def test_what_the_page_is_made_of_tells_no_path_of_the_host(server: App) -> None:
    here = str(Path(site.__file__).parent).encode()
    for path in ("/", "/ko", "/config", "/gradio_api/info", "/glassbox/glassbox.js"):
        status, body = raw(server, "GET", path)
        assert status == 200 and here not in body and str(Path.home()).encode() not in body, path


# Addresses -------------------------------------------------------------------------------------------------------


class Listener(http.server.ThreadingHTTPServer):
    """Writes down what is asked of it, and has nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                self.send_error(404)

            do_HEAD = do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


@contextmanager
def listening() -> Iterator[Listener]:
    server = Listener()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def posted(app: App, path: str, body: Any) -> tuple[int, Any]:
    status, content = raw(app, "POST", path, json.dumps(body).encode(), **{"Content-Type": "application/json"})
    return status, json.loads(content) if content else None


def event(app: App, path: str) -> dict[str, Any]:
    """The last message of an event stream."""
    with urllib.request.urlopen(app.url + path, timeout=60) as answer:
        for line in answer:
            if line.startswith(b"data:") and (b"process_completed" in line or b"call" in path.encode()):
                return json.loads(line[5:])
    raise AssertionError("the stream ended without an answer")


def joined(app: App, fn: int, data: list[Any]) -> dict[str, Any]:
    """A page's event, as its script would send it; what it is answered with."""
    session = uuid.uuid4().hex
    status, _ = posted(app, "/gradio_api/queue/join", {"fn_index": fn, "data": data, "session_hash": session})
    assert status == 200
    return event(app, f"/gradio_api/queue/data?session_hash={session}")["output"]


def asked(app: App, name: str, data: list[Any]) -> Any:
    """An endpoint's answer, or the object with its error."""
    status, given = posted(app, f"/gradio_api/call/{name}", {"data": data})
    assert status == 200
    return event(app, f"/gradio_api/call/{name}/{given['event_id']}")


def files(listener: Listener, secret: Path) -> Iterator[Any]:
    """What gradio takes for a file, as deep as it looks for one."""
    for path in (f"{listener.url}/x", str(secret), f"file://{secret}"):
        one = {"path": path, "url": path, "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}}
        yield from (one, [one], {"a": [one]}, {**one, "is_stream": True}, {"value": one})


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.txt"
    path.write_text("9d1f7c")
    return path


def test_no_endpoint_fetches_what_says_it_is_a_file(server: App, listener: Listener, secret: Path) -> None:
    for explainer in ALL:
        for place in (0, 1):
            for file in files(listener, secret):
                data = ["ok", ""]
                data[place] = file
                assert asked(server, explainer.name, data)["error"] == words_for("refusals", "en")("plain_values")
    assert listener.asked == []


def test_no_event_of_a_page_fetches_what_says_it_is_a_file(server: App, listener: Listener, secret: Path) -> None:
    """Also those that only the browser should run; no answer holds the file."""
    _, body = raw(server, "GET", "/config")
    events = json.loads(body)["dependencies"]
    assert any(event["backend_fn"] for event in events) and not all(event["backend_fn"] for event in events)
    for fn in events:
        for file in list(files(listener, secret))[::5]:
            answer = joined(server, fn["id"], [file] * max(1, len(fn["inputs"])))
            assert answer["error"] == words_for("refusals", "en")("plain_values")
    assert listener.asked == []


def test_no_tool_fetches_what_says_it_is_a_file(server: App, listener: Listener, secret: Path) -> None:
    for file in files(listener, secret):
        for arguments in ({"text": file}, {"text": "ok", "model": file}, {"text": listener.url, "model": listener.url}):
            params = {"name": "tokens", "arguments": arguments}
            _, answer = posted(server, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
            assert answer["result"]["isError"] and "9d1f7c" not in json.dumps(answer)
    assert listener.asked == []


def test_no_route_fetches_an_address(server: App, listener: Listener) -> None:
    address = f"{listener.url}/x"
    for way in ("/gradio_api/proxy={}", "/proxy={}", "/gradio_api/file={}", "/file={}", "/static/{}", "/?url={}"):
        assert raw(server, "GET", way.format(address))[0] < 500
    assert listener.asked == []


# Models ----------------------------------------------------------------------------------------------------------

NAMES = ("openai-community/gpt2", "someone/else", "Qwen/Qwen3-0.6B-Base")
PATHS = (
    "../weights/ko-gpt",
    "/etc",
    "./models/weights/ko-gpt",
    "~/x",
    "C:\\x",
    "file:///etc",
    "http://127.0.0.1/x",
    "a/b/c",
)


def tool(app: App, name: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments}
    _, answer = posted(app, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return answer["result"]


class Bomb:
    """Unpickled, it would make a folder."""

    def __init__(self, path: Path):
        self.path = str(path)

    def __reduce__(self) -> Any:
        import os

        return os.mkdir, (self.path,)


@pytest.fixture(scope="module")
def pickled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model whose weights are a pickle that runs code, in the host's own folder."""
    folder = tmp_path_factory.mktemp("host") / "mine"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2"}')
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(folder.parent / "ran")))
    return folder


@pytest.mark.parametrize("policy", ["bundled", pytest.param("any", marks=pytest.mark.slow)])
def test_only_a_host_that_allows_it_asks_the_hub(tmp_path: Path, pickled: Path, policy: str) -> None:
    """By a local stand-in for the Hub, which hears from an open host and not from one of bundled models."""
    with listening() as hub:
        hosting = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "GLASSBOX_FOLDER": str(pickled)}
        with running_app(tmp_path, GLASSBOX_MODELS=policy, **hosting) as app:
            answers = [tool(app, e.name, text="ok", model=name) for e in ALL for name in (*NAMES, *PATHS)]
            assert all(answer["isError"] for answer in answers)
            page_asks(app)
            refused(tool(app, "sampling", text="ok", model="mine"), "unsafe_file", model="mine")
        assert bool(hub.asked) == (policy == "any")
    assert not (pickled.parent / "ran").exists()


def page_asks(app: App) -> None:
    """The same through a page's own events: the model of the page, of a control, and in a pick."""
    events = json.loads(raw(app, "GET", "/config")[1])["dependencies"]
    handlers = [event["id"] for event in events if event["backend_fn"] and event["api_visibility"] == "private"]
    assert len(handlers) == len(ALL) * len(LANGUAGES)
    for fn in handlers:
        request = {"n": 1, "text": "ok", "model": NAMES[0], "controls": {"model": NAMES[0]}, "pick": {"name": NAMES[0]}}
        request["fetch"] = NAMES[0]
        assert json.loads(joined(app, fn, [json.dumps(request)])["data"][0])["refusal"]


def refused(answer: dict[str, Any], key: str, **facts: Any) -> None:
    assert answer["isError"] and answer["content"][0]["text"] == words_for("refusals", "en")(key, **facts)


# Keys, other pages, sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guessed_key_opens_nothing(server: App, language: str) -> None:
    for kind in ("arrays", "frames"):
        for key in ("x", "0", "%00", "../x", "a" * 5000, "%ed%a0%80", "weights"):
            status, body = raw(server, "GET", f"/{kind}/{key}/heads.weights?lang={language}")
            assert status == 404 and body.decode() in ("", words_for("refusals", language)("gone"))
    for act in ("pause", "stop", "change", "x"):
        status, body = raw(server, "POST", f"/runs/{'a' * 24}/{act}?lang={language}&rate=1")
        assert status in (204, 400, 404) and len(body) < 300
    assert b"text" not in raw(server, "GET", "/gradio_api/queue/data?session_hash=abc")[1]
    assert b"text" not in raw(server, "GET", "/gradio_api/call/tokens/abc")[1]


def test_the_key_of_an_array_cannot_be_guessed(server: App) -> None:
    keys = set()
    events = json.loads(raw(server, "GET", "/config")[1])["dependencies"]
    handler = [event["id"] for event in events if event["backend_fn"] and event["api_visibility"] == "private"][2]
    for word in ("sun", "moon"):
        request = {"n": 1, "text": f"The {word} rose over the hill. " * 5}
        found = re.findall(r"arrays/([\w-]+)/", joined(server, handler, [json.dumps(request)])["data"][0])
        assert found
        keys |= set(found)
    assert len(keys) == 2 and min(map(len, keys)) >= 24


def test_a_foreign_page_cannot_read_an_answer(server: App) -> None:
    """What a browser would need to hand the answer to a page of another origin is not there."""
    foreign = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    host, port = server.url.removeprefix("http://").split(":")
    for method, path in (("OPTIONS", "/mcp"), ("OPTIONS", "/gradio_api/queue/join"), ("GET", "/config"), ("GET", "/")):
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.request(method, path, headers=foreign)
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("Access-Control-Allow-Origin") is None, path
        connection.close()
    event = json.dumps({"fn_index": 5, "data": ["{}"], "session_hash": "a"}).encode()
    for path in ("/gradio_api/queue/join", "/gradio_api/call/tokens", "/gradio_api/call/v2/tokens", "/mcp"):
        # text/plain may be sent without asking: it is not read
        assert raw(server, "POST", path, event, **{"Content-Type": "text/plain"})[0] in (415, 422), path


def memory(app: App) -> int:
    """Bytes that the app holds in memory now."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{app.process}/status").read_text())
    assert found
    return int(found[1]) * 1024


@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/tokens", "/mcp", "/gradio_api/cancel"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_a_hundred_megabytes_is_not_read(server: App, path: str, chunked: bool) -> None:
    """It is answered with one sentence, or cut off, and none of it stays in memory."""
    before, begun = memory(server), time.monotonic()
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.putrequest("POST", path)
    connection.putheader("Content-Type", "application/json")
    connection.putheader(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "100000000")))
    connection.endheaders()
    piece = b'"' + b"x" * 999_998 + b'"'
    try:
        for _ in range(100):
            connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        status = connection.getresponse().status
    except OSError:
        status = 413
    connection.close()
    assert status == 413 and time.monotonic() - begun < 20
    assert memory(server) - before < 30_000_000
    assert raw(server, "GET", "/healthz") == (200, b"ok")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_body_that_is_too_large_gets_a_sentence(server: App, language: str) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": f"{language}-{language.upper()},{language};q=0.9"}
    status, body = raw(server, "POST", "/mcp", b" " * (MOST + 1), **headers)
    assert status == 413
    assert json.loads(body)["error"] == words_for("refusals", language)("request_too_large", limit="2 MB")


def test_a_very_long_sentence_is_refused_at_once(server: App) -> None:
    begun = time.monotonic()
    for name in (explainer.name for explainer in ALL):
        for text in ("x" * 1_900_000, "가" * 300_000, " " * 1_000_000 + "x", "\u200d" * 300_000):
            answer = tool(server, name, text=text)
            assert answer["isError"] and len(answer["content"][0]["text"]) < 300
    assert time.monotonic() - begun < 20 * len(ALL)


def test_a_request_that_cannot_be_read_is_not_our_fault(server: App) -> None:
    """gradio's own answer to these is a stack trace in the log and a 500, or a connection that breaks off."""
    bodies: list[Any] = [
        {"fn_index": 9999, "data": [], "session_hash": "a"},
        {"fn_index": -1, "data": [], "session_hash": "a"},
        {"fn_index": 1e400, "data": []},
        {"bogus": 1},
        {},
        [],
        None,
    ]
    paths = ["queue/join", "call/nothing", "call/v2/nothing", "call/v2/tokens", "call/1", "cancel", "reset"]
    encoded = [*(json.dumps(b).encode() for b in bodies), b"\xff", b"[" * 100_000, b'{"data": [1' + b"0" * 5000 + b"]}"]
    for path in paths:
        for body in encoded:
            status, answer = raw(server, "POST", f"/gradio_api/{path}", body, **{"Content-Type": "application/json"})
            assert 400 <= status < 500 and b"Traceback" not in answer, (path, body[:60], status)
    try:
        urllib.request.urlopen(f"{server.url}/gradio_api/queue/data", timeout=10)
    except urllib.error.HTTPError as error:
        assert error.code < 500
    assert "Traceback" not in server.log.read_text(errors="replace")
