"""A real model into the store, from an index on this machine: whole or not at all, and nothing run of what comes."""

from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
import signal
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hosting import pip
from models import download, obtain, store
from models import wheel as wheels
from models.entry import Entry, Joined
from models.refusal import Refusal
from tests.wheels import Index, index, noise, weights, wheel

BIG = 3_000_000
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """An index that pip is told of, and a store that is not there yet."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(download, "PAUSE", 0.01)
    with index() as found:
        monkeypatch.setattr(pip, "told", lambda: pip.Told((f"{found.url}/simple",)))
        yield found


def plain(own: Index, size: int = 4096) -> Entry:
    """A model in one wheel, as safetensors, with a file beside that nobody wants."""
    contents = {"model/config.json": b"{}", "model/model.safetensors": weights(size), "model/unwanted.json": b"[]"}
    one, packed = wheel("a-model", contents)
    row = type(one)(one.project, one.version, one.bytes, one.sha256, one.files[:2])
    return own.entry("a-model", (row, packed))


def cut_up(own: Index, size: int = BIG, wrong: bool = False) -> Entry:
    """A model in one file that is cut over two wheels; a third has its terms."""
    content = noise(size, 1)
    parts = [content[: size // 2], content[size // 2 :]]
    made = [wheel(f"cut-{i}", {f"data/cut.gguf.part0{i}": part}) for i, part in enumerate(parts)]
    joined = Joined("cut.gguf", size, hashlib.sha256(content[1:] if wrong else content).hexdigest())
    return own.entry("cut", wheel("cut", {"data/TERMS.html": b"terms"}), *reversed(made), joined=joined)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def refused(entry: Entry) -> Refusal:
    with pytest.raises(Refusal) as caught:
        obtain.obtain(entry)
    assert store.kept(entry.key) is None
    assert str(caught.value) != caught.value.key
    return caught.value


@pytest.fixture
def converted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """In place of the conversion, which has its own tests: what it was given."""
    given: list[bytes] = []

    def convert(file: Path, folder: Path) -> None:
        given.append(file.read_bytes())
        (folder / "model.safetensors").write_bytes(weights(64))

    monkeypatch.setitem(sys.modules, "models.gguf_files", type(sys)("models.gguf_files"))
    monkeypatch.setattr(sys.modules["models.gguf_files"], "convert", convert, raising=False)
    return given


@pytest.mark.parametrize("json", [True, False])
@pytest.mark.parametrize("hashes", [True, False])
def test_the_named_files_are_kept_and_no_network_is_needed_again(own: Index, json: bool, hashes: bool) -> None:
    own.json, own.hashes = json, hashes
    entry = plain(own)
    folder = obtain.obtain(entry)
    assert names(folder) == ["config.json", "model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == weights(4096)
    assert own.paths() == ["/simple/a-model/", "/files/a_model-1.0-py3-none-any.whl"]
    own.files.clear()
    assert obtain.obtain(entry) == folder and len(own.asked) == 2


def test_parts_are_joined_in_their_order_and_converted(own: Index, converted: list[bytes]) -> None:
    told: list[tuple[str, int, int]] = []
    entry = cut_up(own)
    folder = obtain.obtain(entry, lambda *now: told.append(now))
    assert converted == [noise(BIG, 1)]
    assert names(folder) == ["TERMS.html", "model.safetensors"]
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["download", "join", "convert"]
    assert [done for stage, done, _ in told if stage == "download"] == sorted(d for s, d, _ in told if s == "download")
    assert ("download", entry.packages.bytes, entry.packages.bytes) in told  # type: ignore[union-attr]
    assert ("join", BIG, BIG) in told


def test_a_connection_that_breaks_is_gone_on_with(own: Index, converted: list[bytes]) -> None:
    entry = cut_up(own)
    own.cut = [5, 1_000_000, 7, 0, 0]
    obtain.obtain(entry)
    assert own.sent == entry.packages.bytes  # type: ignore[union-attr]
    assert any(headers.get("Range") == "bytes=5-" for _, headers in own.asked)
    assert converted == [noise(BIG, 1)]


def test_an_index_that_gives_no_parts_is_asked_for_the_whole(own: Index) -> None:
    own.ranges, own.cut = False, [1000]
    assert obtain.obtain(plain(own)).is_dir()
    assert own.sent == 1000 + len(own.files["a_model-1.0-py3-none-any.whl"])


def test_a_connection_that_brings_nothing_is_given_up(own: Index) -> None:
    own.cut, entry = [100] + [0] * 50, plain(own)
    assert refused(entry).key == "model_needs_network"
    own.cut = []
    obtain.obtain(entry)  # goes on with the hundred bytes
    assert own.asked[-1][1]["Range"] == "bytes=100-"


@pytest.mark.parametrize("answers", [[503, 429], [302], [500, 301, 502]])
def test_a_server_that_stumbles_is_asked_again(own: Index, answers: list[int]) -> None:
    entry = plain(own)
    own.status["a_model-1.0-py3-none-any.whl"] = answers
    assert obtain.obtain(entry).is_dir()


def test_a_left_over_part_that_is_too_long_or_another_file_does_no_harm(own: Index) -> None:
    entry = plain(own)
    assert entry.packages
    folder = store.unfinished(entry.key) / ".fetched"
    folder.mkdir(parents=True)
    for left in (b"x" * 10, b"x" * (entry.packages.bytes + 10), b"x" * entry.packages.bytes):
        (folder / "a_model-1.0-py3-none-any.whl.part").write_bytes(left)
        obtain.obtain(entry)
        assert store.remove(entry.key)
        folder.mkdir(parents=True)


def test_a_wrong_byte_is_fetched_once_more_and_then_said(own: Index) -> None:
    entry, file = plain(own), "a_model-1.0-py3-none-any.whl"
    own.wrong[file] = 2
    refusal = refused(entry)
    assert (refusal.key, refusal.facts["file"]) == ("wrong_bytes", file)
    assert own.paths().count(f"/files/{file}") == 2
    assert names(store.unfinished(entry.key)) == [".fetched"]  # nothing of it is left
    own.wrong[file] = 1
    assert obtain.obtain(entry).is_dir()


def test_parts_that_make_another_file_are_refused(own: Index, converted: list[bytes]) -> None:
    assert refused(cut_up(own, wrong=True)).key == "wrong_bytes" and converted == []


def test_an_index_that_says_another_hash_is_passed_by(own: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = plain(own)
    with index() as other:
        other.files["a_model-1.0-py3-none-any.whl"] = b"another one"
        monkeypatch.setattr(pip, "told", lambda: pip.Told((f"{other.url}/simple", f"{own.url}/simple")))
        assert obtain.obtain(entry).is_dir()
        assert other.paths() == ["/simple/a-model/"]


@pytest.mark.parametrize(
    ("status", "key"), [(404, "index_lacks"), (403, "index_lacks"), (401, "index_refuses"), (500, "index_refuses")]
)
def test_an_index_that_does_not_give_it_is_said(own: Index, status: int, key: str) -> None:
    entry = plain(own)
    own.status["a-model"] = [status]
    assert refused(entry).key == key


def test_no_network_is_said(own: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip, "told", lambda: pip.Told(("http://127.0.0.1:9/simple",)))
    assert refused(plain(own)).key == "model_needs_network"
    for nonsense in ("https://[", "ftp://x/simple", "not an address", "http://\0/"):
        monkeypatch.setattr(pip, "told", lambda index=nonsense: pip.Told((index,)))
        assert refused(plain(own)).key == "model_needs_network"
    monkeypatch.setattr(pip, "told", lambda: pip.Told((), ("/nowhere/wheels",)))
    assert refused(plain(own)).facts["hosts"] == "wheels"
    monkeypatch.setattr(pip, "told", lambda: pip.Told((f"{own.url.replace('//', '//user:secret@')}/none",)))
    refusal = refused(plain(own))
    assert refusal.key == "index_lacks" and "secret" not in str(refusal)
    monkeypatch.setattr(pip, "told", lambda: pip.Told(certificates="/nowhere.pem"))
    assert refused(plain(own)).key == "certificates_unread"


def test_where_the_index_gives_nothing_the_hub_is_asked(
    own: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fetch(name: str) -> Path:
        asked.append(name)
        if own.cut:
            raise Refusal("model_too_large", model=name, bytes=1, limit=1)
        return tmp_path / "from the hub"

    entry = plain(own)
    own.files.clear()
    hub = type(sys)("models.hub")
    hub.fetch = fetch  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "models.hub", hub)
    monkeypatch.setattr("models.hub", hub, raising=False)
    assert refused(entry).key == "index_lacks" and asked == []  # HF_HUB_OFFLINE
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    own.cut = [0]
    assert refused(entry).key == "index_lacks" and asked == ["some/a-model"]
    own.cut = []
    (tmp_path / "from the hub" / "folder").mkdir(parents=True)
    (tmp_path / "from the hub" / "config.json").write_bytes(b"{}")
    assert names(obtain.obtain(entry)) == ["config.json"]


def test_a_proxy_is_used_and_one_that_cannot_be_is_said(own: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    entry, (file,) = plain(own), own.files
    monkeypatch.setattr(pip, "told", lambda: pip.Told(("http://index.example/simple",)))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
    assert refused(entry).key == "proxy_unfit"
    monkeypatch.setenv("http_proxy", own.url)
    assert obtain.obtain(entry).is_dir()
    assert own.paths() == [f"http://index.example/{path}" for path in ("simple/a-model/", f"files/{file}")]
    store.remove(entry.key)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setattr(pip, "told", lambda: pip.Told(("http://index.example/simple",), proxy=own.url))
    assert obtain.obtain(entry).is_dir()


@pytest.mark.parametrize("layout", ["folder", "index", "address"])
def test_a_folder_of_wheels_needs_no_network(
    own: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    entry = plain(own)
    (file, content), folder = own.files.popitem(), tmp_path / "a folder"
    place = folder / "a-model" if layout == "index" else folder
    place.mkdir(parents=True)
    (place / file).write_bytes(content)
    links = {"folder": (str(folder),), "address": (folder.as_uri(),)}.get(layout, ())
    indexes = (folder.as_uri(),) if layout == "index" else ()
    monkeypatch.setattr(pip, "told", lambda: pip.Told(indexes, links))
    assert obtain.obtain(entry).is_dir() and own.asked == []


def test_no_code_of_a_package_runs_and_no_other_file_of_it_is_read(own: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = zipfile.ZipFile.open

    def opened(self: zipfile.ZipFile, name: Any, *more: Any, **others: Any) -> Any:
        read.append(getattr(name, "filename", name))
        return real(self, name, *more, **others)

    entry, before = plain(own), set(sys.modules)
    monkeypatch.setattr(zipfile.ZipFile, "open", opened)
    obtain.obtain(entry)
    assert read == ["a_model/model/config.json", "a_model/model/model.safetensors"]
    assert not [name for name in set(sys.modules) - before if name.startswith("a_model")]
    assert not any("a_model" in entry for entry in sys.path)


def packed(*members: tuple[str, bytes]) -> bytes:
    """An archive with these members, which may bear one name twice."""
    path = Path(os.environ["GLASSBOX_STORE"]).with_name("made.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path.read_bytes()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_means_harm_is_refused(own: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.packages.MOST_TEXT", 1000)
    file, path = "bad/model.safetensors", tmp_path / "bad.whl"
    harms = {
        "a bomb": packed((file, bytes(10_000_000))),
        "one name twice": packed((file, b"a"), (file, b"b")),
        "the name elsewhere": packed((f"../{file}", b"a"), (f"/{file}", b"a")),
        "no archive": b"PK\x03\x04" + noise(500),
        "cut short": packed((file, noise(5000)))[:-60],
    }
    for harm, content in harms.items():
        path.write_bytes(content)
        with pytest.raises(wheels.BadWheel):
            wheels.copy(path, file, tmp_path / "out", 100_000)
            pytest.fail(harm)
    assert not (tmp_path / "out").exists() or (tmp_path / "out").stat().st_size <= 100_000


# -- what happens to a process, a disk, a folder ---------------------------------------------------------------------

Start = Callable[..., "Process"]


@dataclass
class Process:
    """Another process that fetches a model, and what it says."""

    own: Any
    lines: Any

    def end(self) -> tuple[list[str], int | None]:
        """What it has said, and its exit status, once it is over."""
        said = []
        while True:
            try:
                said.append(self.lines.recv())
            except EOFError:
                self.own.join(60)
                return said, self.own.exitcode


def fetching(entry: Entry, stage: str, limit: int, lines: Any) -> None:
    """Fetches a model; kills itself at a stage, and writes no file of more than `limit` bytes."""
    import resource

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def convert(file: Path, folder: Path) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        if stage == "convert":
            kill()
        (folder / "model.safetensors").write_bytes(file.read_bytes())

    def told(now: str, done: int, of: int) -> None:
        if now == "wait":
            lines.send("waits")
        elif now == stage != "convert" and done > of // 2:
            kill()

    sys.modules["models.gguf_files"].convert = convert  # type: ignore[attr-defined]
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        lines.send(obtain.obtain(entry, told).name)
    except Refusal as refusal:
        lines.send(refusal.key)


@pytest.fixture
def start(converted: list[bytes]) -> Start:
    """Starts a process that fetches a model, forked from this one: its index and its store are these."""
    context = multiprocessing.get_context("fork")

    def run(entry: Entry, stage: str = "", limit: int = 0) -> Process:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=fetching, args=(entry, stage, limit, there), daemon=True)
        process.start()
        there.close()
        return Process(process, here)

    return run


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
def test_a_kill_at_any_stage_leaves_no_model_and_the_next_start_goes_on(own: Index, start: Start) -> None:
    entry = cut_up(own)
    assert entry.packages
    for stage in ("download", "join", "convert"):
        assert start(entry, stage).end() == ([], -signal.SIGKILL)
        assert store.kept(entry.key) is None and store.unfinished(entry.key).is_dir()
    assert own.sent < entry.packages.bytes * 1.2  # the next one went on with what was there
    assert start(entry).end() == ([entry.key], 0)
    assert own.sent < entry.packages.bytes * 1.2 and names(store.root() / entry.key) == [
        "TERMS.html",
        "model.safetensors",
    ]
    assert (store.root() / entry.key / "model.safetensors").read_bytes() == noise(BIG, 1)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
def test_a_disk_that_fills_up_is_said_and_what_came_is_gone_on_with(own: Index, start: Start) -> None:
    entry = cut_up(own)
    assert entry.packages
    assert start(entry, limit=2_000_000).end() == (["disk_full"], 0)  # the wheels fit, what they make together does not
    assert start(entry, limit=1_000_000).end() == (["disk_full"], 0)
    assert store.kept(entry.key) is None and own.sent == entry.packages.bytes
    assert start(entry).end() == ([entry.key], 0) and own.sent == entry.packages.bytes


def test_too_little_room_is_said_before_anything_is_fetched(own: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(obtain.shutil, "disk_usage", lambda path: usage)
    refusal = refused(plain(own))
    assert refusal.key == "disk_short" and refusal.facts["free"] == "1.0 MB" and own.asked == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no fork")
def test_two_at_once_fetch_it_once(own: Index, start: Start) -> None:
    entry = cut_up(own)
    assert entry.packages
    own.cut = [100]
    ends = sorted(process.end() for process in [start(entry), start(entry)])
    assert ends in ([([entry.key], 0)] * 2, [([entry.key], 0), (["waits", entry.key], 0)])
    assert own.sent == entry.packages.bytes


def test_a_folder_that_cannot_be_written_is_said_and_what_is_in_it_can_be_used(
    own: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, other = plain(own), cut_up(own)
    folder = obtain.obtain(entry)

    def closed(path: Any, *_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "read-only", str(path))

    monkeypatch.setattr(os, "mkdir", closed)
    assert obtain.obtain(entry) == folder
    assert refused(other).key == "store_not_written"
    (tmp_path / "file").touch()
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path / "file" / "store"))
    assert refused(other).key == "store_not_written"
