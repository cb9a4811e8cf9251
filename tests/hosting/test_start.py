"""One start with everything against it: quotes, dead proxies, stray variables, nothing to write, as process 1."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client

from tests.browsing import App, free_port, stop, wait
from tests.laws.tree import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.weights]

DEAD = "http://127.0.0.1:9"
AGAINST = {
    "GLASSBOX_HOST": ' "127.0.0.1"',
    "GLASSBOX_MODELS": "'bundled '",
    "GLASSBOX_ROOT_PATH": "gb/",
    "GLASSBOX_TRACE_MB": "",
    "HF_HUB_OFFLINE": '"1"',
    "OMP_NUM_THREADS": '" 1 "',
    "PYTHONSAFEPATH": "1",
    "PYTHONUNBUFFERED": "1",
    "GRADIO_SERVER_PORT": "tcp://10.0.0.7:7860",
    "WEB_CONCURRENCY": "many",
    "no_proxy": "fe80::/10",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    **{name: DEAD for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")},
}


@pytest.fixture(scope="module")
def cramped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, subprocess.Popen[bytes]]]:
    folder = tmp_path_factory.mktemp("cramped")
    app = App(f"http://127.0.0.1:{free_port()}", folder / "app.log")
    port = app.url.rpartition(":")[2]
    environment = {**os.environ, **AGAINST, "GLASSBOX_PORT": f'" {port} "', "HF_HOME": f"'{folder}'"}
    environment.pop("PYTHONPATH", None)
    script = str(Path(__file__).with_name("cramped.py"))
    with app.log.open("wb") as log:
        process = subprocess.Popen([sys.executable, script], cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        wait(process, app)
        yield app, process
    finally:
        stop(process)


def test_it_starts_and_answers_with_everything_against_it(cramped: tuple[App, subprocess.Popen[bytes]]) -> None:
    app, _ = cramped
    answer = Client(f"{app.url}/gb/", verbose=False).predict("The cat sat.", api_name="/tokens")
    assert answer["ids"]
    assert f"Glassbox: {app.url}\n" in app.output() and "Traceback" not in app.output()


def test_health_is_asked_past_any_proxy(cramped: tuple[App, subprocess.Popen[bytes]]) -> None:
    app, _ = cramped
    environment = {**os.environ, **AGAINST, "GLASSBOX_PORT": app.url.rpartition(":")[2], "PYTHONSAFEPATH": ""}
    command = [sys.executable, "-m", "hosting.health"]
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    environment["GLASSBOX_PORT"] = str(free_port())
    assert subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 1


def test_a_signal_ends_it_though_it_is_process_1_and_streams(cramped: tuple[App, subprocess.Popen[bytes]]) -> None:
    """It started with the signal ignored, as the kernel does for process 1. Last, for it ends the app."""
    app, process = cramped
    host, port = app.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as stream:
        stream.sendall(b"GET /gb/gradio_api/heartbeat/x HTTP/1.1\r\nHost: x\r\n\r\n")
        head = stream.recv(65536).decode().lower()
        assert "x-accel-buffering: no" in head and "text/event-stream" in head
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert time.monotonic() - began < 9, "Docker kills after ten seconds"
    assert "Traceback" not in app.output()
