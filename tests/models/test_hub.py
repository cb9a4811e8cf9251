"""Against a small Hub of our own: what is asked, what is fetched, what is refused before anything is fetched."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from models import files
from tests.fresh import run

pytestmark = pytest.mark.weights

SHA = "0123456789abcdef0123456789abcdef01234567"
FULL = """
import errno
import sys
import huggingface_hub.file_download
import models

def fail(*args, **options):
    raise error

huggingface_hub.file_download.http_get = fail
rust = "Data processing error: File I/O error: No space left on device (os error 28)"
for error in (OSError(errno.ENOSPC, "No space left on device"), RuntimeError(rust), OSError(errno.ECONNRESET, "reset")):
    try:
        models.load("some/good")
    except models.Refusal as refusal:
        print(refusal.key, refusal.facts)
"""
STAMP = """
import models
print(repr(models.stamp("some/good")))
models.load("some/good")
print(models.stamp("some/good"))
"""
SCRIPT = """
import sys
import models
for name in sys.argv[1:]:
    try:
        models.load(name)
        print(name, models.decode(name, models.encode(name, "a bird")))
    except models.Refusal as refusal:
        print(name, refusal.key)
"""


class Hub:
    """Serves folders as repositories; remembers what was asked."""

    def __init__(self, folders: dict[str, Path]):
        self.folders, self.asked = folders, list[str]()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.answer(self)

            do_HEAD = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.split("?")[0].strip("/")
        name = "/".join(path.removeprefix("api/models/").split("/")[:2])
        folder = self.folders.get(name)
        self.asked.append(path)
        if folder is None:
            return self.send(request, 404, b"{}", {"X-Error-Code": "RepoNotFound"})
        if "/tree/" in path:
            return self.send(request, 200, json.dumps(self.tree(folder)).encode(), {})
        if path.startswith("api/models/"):
            return self.send(request, 200, json.dumps(self.info(name, folder)).encode(), {})
        file = folder / path.split("/", 4)[4]
        data = file.read_bytes()
        self.send(request, 200, data, {"X-Repo-Commit": SHA, "ETag": f'"{name.replace("/", "-")}-{file.name}"'})

    def tree(self, folder: Path) -> list[dict[str, object]]:
        entries = ((path.name, path.stat().st_size) for path in folder.iterdir())
        return [{"type": "file", "path": name, "size": size, "oid": name} for name, size in entries]

    def info(self, name: str, folder: Path) -> dict[str, object]:
        siblings = [{"rfilename": path.name, "size": path.stat().st_size} for path in folder.iterdir()]
        count = files.parameters(folder)
        return {
            "id": name,
            "sha": SHA,
            "siblings": siblings,
            "cardData": {"license": "mit"},
            "safetensors": {"parameters": {"F32": count}, "total": count},
        }

    def send(self, request: BaseHTTPRequestHandler, status: int, data: bytes, headers: dict[str, str]) -> None:
        request.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(data))}.items():
            request.send_header(key, value)
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(data)

    def fetched(self) -> set[str]:
        return {path.rsplit("/", 1)[1] for path in self.asked if "/resolve/" in path}


@pytest.fixture
def hub(tiny: Path, tmp_path: Path) -> Iterator[Hub]:
    good, pickled = tmp_path / "good", tmp_path / "pickled"
    good.mkdir()
    pickled.mkdir()
    for path in tiny.iterdir():
        (good / path.name).write_bytes(path.read_bytes())
    for name in ("pytorch_model.bin", "modeling_own.py", "README.md", "flax_model.msgpack", "consolidated.safetensors"):
        (good / name).write_bytes(b"not to be fetched")
    (pickled / "config.json").write_bytes((tiny / "config.json").read_bytes())
    (pickled / "pytorch_model.bin").write_bytes(b"pickle")
    hub = Hub({"some/good": good, "some/pickled": pickled})
    yield hub
    hub.server.shutdown()


def ask(url: str, home: Path, *names: str, script: str = SCRIPT, **extra: str) -> list[str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "GLASSBOX_"))}
    env |= {"HF_ENDPOINT": url, "HF_HOME": str(home), "NO_PROXY": "127.0.0.1"} | extra
    done = run(script, *names, env=env)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.splitlines()


def test_a_hub_model_is_weighed_then_fetched_then_there_without_a_network(hub: Hub, tmp_path: Path) -> None:
    home = tmp_path / "home"
    names = ["some/good", "some/pickled", "some/other"]
    said = ask(hub.url, home, *names, GLASSBOX_MAX_GB="0.00001")
    assert said == ["some/good model_too_large", "some/pickled unsafe_file", "some/other unknown_model"]
    assert hub.fetched() == set()
    assert ask(hub.url, home, "some/good") == ["some/good a bird"]
    expected = {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert hub.fetched() == expected
    hub.asked.clear()
    assert ask(hub.url, home, "some/good") == ["some/good a bird"] and hub.asked == []
    assert ask("http://127.0.0.1:9", home, "some/good") == ["some/good a bird"]


def test_a_full_disk_is_not_taken_for_a_missing_network(hub: Hub, tmp_path: Path) -> None:
    full, model = "disk_full", {"model": "some/good"}
    said = ask(hub.url, tmp_path / "home", script=FULL)
    assert said == [f"{full} {model}", f"{full} {model}", f"model_needs_network {model}"]


def test_a_hub_models_stamp_is_the_revision_fetched(hub: Hub, tmp_path: Path) -> None:
    assert ask(hub.url, tmp_path / "home", script=STAMP) == ["''", SHA]


def test_the_check_writes_down_what_the_hub_says(
    hub: Hub, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import catalog
    from models import hub as asked

    api = asked.huggingface_hub.HfApi
    monkeypatch.setattr(asked.huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(asked.huggingface_hub, "HfApi", lambda token: api(endpoint=hub.url, token=token))
    known = asked.facts("some/good")
    assert (known.parameters, known.licence) == (files.parameters(tiny), "mit")
    entry = catalog.Entry("some/good", catalog.GPT, ("en",), 1, 1, "", hub="some/good")
    monkeypatch.setattr(catalog, "CATALOG", (entry,))
    monkeypatch.setattr(catalog, "CHECKED", tmp_path / "catalogue.json")
    monkeypatch.setattr(sys, "argv", ["catalog", "--check"])
    assert asked.main() == 0
    checked = catalog._checked(entry)
    assert checked.verified and (checked.parameters, checked.bytes) == (known.parameters, known.bytes)


FETCH = """
import sys
from models import hub_cache, hub_fetch
hub_fetch.OFTEN = 0.01
print(hub_fetch.main(sys.argv[1]), hub_cache.cached(sys.argv[1]) is not None, hub_cache.arrived(sys.argv[1]))
"""


def test_a_process_of_its_own_fetches_a_model_and_says_how_far_it_is(hub: Hub, tiny: Path, tmp_path: Path) -> None:
    *lines, last = ask(hub.url, tmp_path, "some/good", script=FETCH)
    done = [json.loads(line)["done"] for line in lines]
    weights = (tiny / "model.safetensors").stat().st_size
    assert last.startswith("0 True ") and int(last.split()[2]) > weights and done == sorted(done)
    refusal, last = ask(hub.url, tmp_path, "some/pickled", script=FETCH)[-2:]
    assert json.loads(refusal)["refusal"] == "unsafe_file" and last == "1 False 0"
