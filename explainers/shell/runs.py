"""What lasts: a Run on a thread of its own, few at once on this host, and each gone with the page that started it.

A page starts one by an event that then streams, as a trace's Steps do; if the page closes, gradio closes that stream,
and with it ends the run. Pause, change and stop come by an address that bears the run's unguessable id. The thread is
niced and sleeps a little after each step, so that whoever asks for an ordinary picture meanwhile does not wait for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import hosting

from .. import ALL
from ..contract import Budget, Explainer, Refusal, Run, Step
from ..words import words_for
from .absent import await_models, on_its_way
from .answer import log_bug, wanted
from .checks import arguments, refusal_text, text_of, values_of
from .draw import views_json
from .kept import KEPT, of_run
from .pack import to_json
from .sketch import Sketch

MOST = hosting.RUNS.read()  # at once, on this host
BUDGET = Budget(hosting.RUN_STEPS.read(), hosting.RUN_SECONDS.read())
NICE = 10  # more than the process has: the scheduler gives others some ten times as much where it is short of time
REST = 0.001  # seconds after each step, in which other threads of Python get their turn
TELL = 0.1  # seconds between two answers, at least
BEAT = 1.0  # seconds between two answers, at most: whether anybody listens shows only when something is said


class Lasting:
    """A Run at work: the thread, the Steps so far, and in the end the Trace, or what went wrong."""

    def __init__(self, explainer: Explainer, text: str, values: dict[str, Any], owner: str):
        self.explainer = explainer
        self.text, self.values = text, values
        self.run = Run({c.name: values[c.name] for c in explainer.controls if c.during}, BUDGET, owner)
        self.steps: list[Step] = []
        self.trace: Any = None
        self.wrong: Exception | None = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work, name=f"run {self.run.id[:6]}", daemon=True)

    def work(self) -> None:
        """The thread: makes steps until the run ends, then the Trace."""
        with contextlib.suppress(OSError, AttributeError):  # where threads have no priority of their own
            own = os.getpriority(os.PRIO_PROCESS, 0)  # the calling thread's, which begins with its process's
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(19, own + NICE))
        try:
            for made in self.made():
                if not isinstance(made, Step):
                    self.trace = made
                    break
                self.steps.append(made)
                time.sleep(REST)
        except Exception as error:
            self.wrong = error
        finally:
            self.run.end = self.run.end or "finished"
            RUNS.pop(self.run.id, None)
            self.over.set()

    def made(self) -> Iterator[Any]:
        assert self.explainer.run is not None
        takes = arguments(self.explainer, self.values, self.explainer.run)
        return self.explainer.run(self.text, self.run, **takes)

    def state(self) -> dict[str, Any]:
        """Where it stands, for the page."""
        run = self.run
        going = "paused" if run.paused else "going"
        left = max(0, round(run.left)) if run.step else round(run.budget.seconds)
        told = {"id": run.id, "state": "over" if self.over.is_set() else going, "end": run.end, "step": run.step}
        return told | {"left": left, "most": run.budget.steps, "record": to_json(run.record)}


RUNS: dict[str, Lasting] = {}  # id -> those at work
STARTING = threading.Lock()


def start(explainer: Explainer, text: str, values: dict[str, Any], owner: str) -> Lasting:
    """Starts a run; one that the same page had before ends. Refuses where the host has as many as it takes."""
    lasting = Lasting(explainer, text, values, owner)
    with STARTING:
        own = [one for one in RUNS.values() if one.run.owner == owner]
        for one in own:
            one.run.stop()
        if len(RUNS) - len(own) >= MOST:
            raise Refusal("runs_busy", most=MOST)
        RUNS[lasting.run.id] = lasting
        lasting.thread.start()
    return lasting


def stream(explainer: Explainer, body: str, language: str, owner: str) -> Generator[str, None, None]:
    """The answers to a page that starts a run, as JSON text; ends the run when nobody takes them any more."""
    n, lasting = None, None
    try:
        request = json.loads(body)
        n, text = request.get("n"), text_of(request.get("text"), request.get("special_tokens"))
        values = values_of(explainer, request.get("controls"), text)
        await_models(explainer, values)
        lasting = start(explainer, text, values, owner)
        for part in told(lasting, Sketch(explainer, language)):
            yield json.dumps({"n": n, "refusal": None, **part, "run": lasting.state()})
        yield json.dumps({"n": n, "refusal": None, "run": lasting.state(), **last(lasting, language, wanted(request))})
    except Refusal as refusal:
        yield failure(n, refusal_text(refusal, language, explainer.name), lasting, on_its_way(refusal))
    except Exception as error:  # a bug: the log gets its trace without the sentence, the page one sentence
        log_bug(explainer.name, error)
        yield failure(n, words_for("refusals", language)("bug"), lasting)
    finally:
        if lasting:
            lasting.run.stop()


def failure(n: Any, sentence: str, lasting: Lasting | None, arriving: dict[str, Any] | None = None) -> str:
    """An answer that is a sentence, and that the run is over, or has not begun: a model is `arriving` first."""
    run = lasting.state() if lasting else None
    return json.dumps({"n": n, "done": True, "refusal": sentence, "arriving": arriving, "run": run})


def told(lasting: Lasting, sketch: Sketch) -> Iterator[dict[str, Any]]:
    """An answer as often as there is something new, and once in a while when there is not."""
    yield sketch.answer(())
    while not lasting.over.is_set():
        before, paused, waited = len(lasting.steps), lasting.run.paused, 0.0
        while waited < BEAT and not lasting.over.wait(TELL):
            waited += TELL
            if len(lasting.steps) > before or lasting.run.paused != paused:
                break
        yield sketch.answer(tuple(lasting.steps))


def last(lasting: Lasting, language: str, views: list[Any] | None) -> dict[str, Any]:
    """The finished run's own answer: its Trace is kept under its id, for as long as the page is there.

    views: the names of those that are drawn; None: all.
    """
    if lasting.wrong or lasting.trace is None:
        raise lasting.wrong or TypeError(lasting.explainer.name)
    entry = KEPT.keep(of_run(lasting.explainer.name, lasting.run.id), lasting.trace)
    values = {**lasting.values, **{c.name: lasting.run[c.name] for c in lasting.explainer.controls if c.during}}
    return {"done": True, "views": views_json(lasting.explainer, entry, values, language, views), "controls": {}}


def steer(run_id: str, act: str, asked: Mapping[str, str], language: str) -> str:
    """Does what a page asks of its run: "pause", "go", "stop", "change" with a control and a value as JSON, "close".

    Returns the sentence that says why not, or "". A run that is over cannot be steered: nothing happens.
    """
    if act == "close":  # the page is gone, and with it what was learnt
        for explainer in ALL:
            KEPT.forget(of_run(explainer.name, run_id))
    lasting = RUNS.get(run_id)
    try:
        return steered(lasting, act, asked) if lasting else ""
    except Refusal as refusal:
        return refusal_text(refusal, language, lasting.explainer.name if lasting else "")


def steered(lasting: Lasting, act: str, asked: Mapping[str, str]) -> str:
    """Does it and returns ""; raises Refusal where it cannot be done."""
    if act in ("pause", "go"):
        lasting.run.pause(act == "pause")
    elif act in ("stop", "close"):
        lasting.run.stop()
    elif act == "change":
        change(lasting, asked.get("control", ""), asked.get("value", ""))
    else:
        raise Refusal("unknown_name", name=act[:40])
    return ""


def change(lasting: Lasting, control: str, value: str) -> None:
    """Sets a control of a run; refuses one that does not reach it, and a value that it does not take."""
    found = next((c for c in lasting.explainer.controls if c.during and c.name == control), None)
    if found is None:
        raise Refusal("unknown_name", name=control[:40])
    try:
        given = json.loads(value)
    except ValueError:
        given = value
    lasting.run.change(control, found.check(given))
