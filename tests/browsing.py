"""The app in a process of its own, and a Chromium that can reach nothing else: for browser tests and screenshots."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, Playwright

import glassbox

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # One process for a profile's pages: what one page compiled the next need not. Origins stay as apart as ever.
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the network is cut, whatever a page asks for
)
PATIENCE = 300  # seconds until /healthz must answer: the first import of torch on a cold disk is slow


@dataclass(frozen=True)
class App:
    """A running app: its address without a slash at the end, the file that its output goes to, its process."""

    url: str
    log: Path
    process: int = 0

    def output(self, most: int = 6000) -> str:
        """The end of what the app has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-most:]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait(process: subprocess.Popen[bytes], app: App) -> None:
    """Returns once the app answers; RuntimeError with its output if it ends or stays silent."""
    deadline = time.monotonic() + PATIENCE
    while not healthy(app.url):
        if process.poll() is not None:
            raise RuntimeError(f"The app ended with {process.returncode}:\n{app.output()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"The app did not answer within {PATIENCE} s:\n{app.output()}")
        time.sleep(0.2)


@contextmanager
def running_app(folder: Path, *arguments: str, **environment: str) -> Iterator[App]:
    """Starts app.py on a free port with the bundled models and no Hub; ends it on leaving.

    folder: an empty one, where the app is started (it must not matter) and its output goes.
    arguments: of Python, in place of app.py: another script, and what it takes.
    environment: more variables, such as GLASSBOX_MODELS="catalogue".
    """
    app = App(f"http://127.0.0.1:{free_port()}", folder / "app.log")
    settings = {
        "GLASSBOX_HOST": "127.0.0.1",
        "GLASSBOX_PORT": app.url.rpartition(":")[2],
        "GLASSBOX_MODELS": "bundled",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(folder),
        "PYTHONUNBUFFERED": "1",
    }
    with app.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *(arguments or [str(glassbox.ROOT / "app.py")])],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(glassbox.ROOT), **settings, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait(process, app)
            yield replace(app, process=process.pid)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, by force after ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium: the system's, or playwright's own. RuntimeError with one sentence if there is none."""
    path = glassbox.system_browser() or playwright.chromium.executable_path
    if not Path(path).exists():
        raise RuntimeError(glassbox.NO_BROWSER)
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
