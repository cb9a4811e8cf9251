"""Thirty people at once: what the app does under load, and whether each sees only their own sentence.

    python -m bench.load --clients 30 --minutes 5

It starts the app and speaks to it as a browser does: one session a client, the page's own events, the arrays fetched
under their keys. Each client types a sentence of its own each time, in either language, in any tab, with any bundled
model that fits. An answer is wrong if its strip does not hold that very sentence and its ids. A refusal is wrong unless
the same request is refused with the same words afterwards, when it is asked alone in this process.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

import models
from explainers import ALL
from explainers.contract import Model
from explainers.shell.answer import answer as answer_alone
from explainers.words import LANGUAGES, words_for
from tests.browsing import App, running_app

# the sentences are the pages' own examples, each with a number in front that no other client writes
PATIENCE = 120  # seconds that a client waits for one answer


@dataclass
class Tally:
    """What all clients saw, together."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrongs: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str, str, str]] = field(default_factory=list)  # explainer, language, body, the words
    turned_away: int = 0
    arrays: int = 0
    guard: threading.Lock = field(default_factory=threading.Lock)

    def took(self, name: str, seconds: float) -> None:
        with self.guard:
            self.seconds.setdefault(name, []).append(seconds)

    def wrong(self, what: str) -> None:
        with self.guard:
            self.wrongs[what[:160]] += 1


@dataclass(frozen=True)
class Door:
    """Where a panel's event is: the number of its function, by language and explainer."""

    url: str
    functions: dict[tuple[str, str], int]


def door(url: str) -> Door:
    """Reads the page's own configuration, as a browser does. Panels come in the order of languages and explainers."""
    config = httpx.get(f"{url}/config", timeout=PATIENCE).json()
    found: dict[tuple[str, str], int] = {}
    for explainer in ALL:
        script = f"glassbox.request('{explainer.name}')"
        ids = [one["id"] for one in config["dependencies"] if script in str(one["js"])]
        found |= {(language, explainer.name): i for language, i in zip(LANGUAGES, ids, strict=True)}
    return Door(url, found)


def sentence(client: int, turn: int, language: str, chance: random.Random) -> str:
    """A sentence in a language that no other client types, nor this one a second time."""
    example = chance.choice(words_for(chance.choice(ALL).name, language).raw("examples"))
    return f"{client * 10_000 + turn} {example['text']}"


def request(explainer: Any, text: str, model: str, turn: int) -> str:
    """The body that the page would send."""
    controls: dict[str, Any] = {control.name: control.default for control in explainer.controls}
    for control in explainer.controls:
        if isinstance(control, Model):
            controls[control.name] = model if control.name == "model" else None
    return json.dumps({"n": turn, "text": text, "model": model, "controls": controls, "pick": None})


def ask(session: httpx.Client, at: Door, function: int, body: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One event through the queue; returns (answer, strip). LookupError if the queue is full."""
    joined = session.post(
        f"{at.url}/gradio_api/queue/join",
        json={"data": [body], "fn_index": function, "session_hash": name, "event_data": None, "trigger_id": None},
    )
    if joined.status_code == 503:
        raise LookupError("the queue is full")
    joined.raise_for_status()
    done: list[Any] = []
    with session.stream("GET", f"{at.url}/gradio_api/queue/data", params={"session_hash": name}) as stream:
        for line in stream.iter_lines():
            message = json.loads(line[6:]) if line.startswith("data: ") else {}
            if message.get("msg") == "process_completed":
                done = message["output"]["data"]
            if message.get("msg") == "close_stream":
                break
    return json.loads(done[0]), json.loads(done[1])


def addresses(value: Any) -> list[dict[str, Any]]:
    """Every array in an answer that is to be fetched apart."""
    if isinstance(value, dict):
        return (
            [value] if "url" in value and "dtype" in value else [a for part in value.values() for a in addresses(part)]
        )
    return [a for part in value for a in addresses(part)] if isinstance(value, list) else []


def check(tally: Tally, text: str, model: str, turn: int, answer: dict[str, Any], strip: dict[str, Any]) -> None:
    """Counts what is wrong with an answer."""
    if answer["n"] != turn or not answer["done"]:
        tally.wrong("an answer to another question")
    if answer.get("refusal"):
        return  # judge() says whether it is right
    if strip.get("text") != text:
        tally.wrong("a strip of another sentence")
    elif [token["id"] for token in strip["tokens"]] != list(models.encode(strip["model"], text)):
        tally.wrong("ids of another sentence")


def client(number: int, at: Door, until: float, tally: Tally) -> None:
    """One person, typing until it is over."""
    chance, turn = random.Random(number), 0
    with httpx.Client(timeout=PATIENCE) as session:
        while time.monotonic() < until:
            turn += 1
            language, explainer = chance.choice(LANGUAGES), chance.choice(ALL)
            text = sentence(number, turn, language, chance)
            needs = next(c.needs for c in explainer.controls if isinstance(c, Model))
            model = chance.choice([e.name for e in models.offered(needs) if e.hub is None])
            began = time.monotonic()
            try:
                function = at.functions[language, explainer.name]
                body = request(explainer, text, model, turn)
                answer, strip = ask(session, at, function, body, f"load{number}")
                tally.took(explainer.name, time.monotonic() - began)
                if answer.get("refusal"):
                    tally.refused.append((explainer.name, language, body, answer["refusal"]))
                check(tally, text, model, turn, answer, strip)
                for packed in addresses(answer):
                    got = session.get(f"{at.url}/{packed['url']}")
                    with tally.guard:
                        tally.arrays += 1
                    if got.status_code != 200:
                        tally.wrong(f"an array answered {got.status_code}")
            except LookupError:
                with tally.guard:
                    tally.turned_away += 1
                time.sleep(1)
            except (httpx.HTTPError, ValueError, KeyError, IndexError) as error:
                tally.wrong(f"{explainer.name}: {type(error).__name__}: {error}")
            time.sleep(chance.uniform(0, 1))  # people look before they type again


def judge(tally: Tally) -> int:
    """Asks again for what was refused; returns how many refusals were right, and counts the others as wrong."""
    right = 0
    for name, language, body, words in tally.refused:
        *_, (last, _) = answer_alone(next(e for e in ALL if e.name == name), body, language)
        if json.loads(last).get("refusal") == words:
            right += 1
        else:
            tally.wrong(f"refused: {words}")
    return right


def resident(process: int) -> float:
    """Megabytes of a process in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def watch(app: App, minutes: float) -> list[tuple[float, float]]:
    """Samples (seconds since the start, megabytes) until it is over."""
    began, samples = time.monotonic(), []
    while time.monotonic() - began < minutes * 60:
        samples.append((time.monotonic() - began, resident(app.process)))
        time.sleep(2)
    return samples


def report(tally: Tally, samples: list[tuple[float, float]], minutes: float) -> None:
    """Prints what was seen."""
    refusals = judge(tally)
    count = sum(map(len, tally.seconds.values()))
    print(
        f"{count} answers in {minutes:g} minutes ({count / minutes / 60:.1f} a second), {tally.arrays} arrays fetched"
    )
    for name, seconds in sorted(tally.seconds.items()):
        late = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
        print(f"  {name:<12} {len(seconds):6} answers  median {statistics.median(seconds):6.2f} s  95% {late:6.2f} s")
    print(f"turned away by a full queue, and asked again: {tally.turned_away}")
    print(f"refused rightly (such as a text too long for what was asked): {refusals}")
    print(f"wrong: {sum(tally.wrongs.values())}")
    for what, times in tally.wrongs.most_common(10):
        print(f"  {times} x {what}")
    later = [megabytes for seconds, megabytes in samples if seconds >= min(60, minutes * 30)]
    if later:
        curve = [f"{megabytes:.0f}" for seconds, megabytes in samples[:: max(1, len(samples) // 20)]]
        print(f"memory in MB, from the start to the end: {' '.join(curve)}")
        half = len(later) // 2 or 1
        first, last = statistics.median(later[:half]), statistics.median(later[half:] or later)
        print(
            f"memory after the first minute {later[0]:.0f} MB, at the end {later[-1]:.0f} MB, most {max(later):.0f} MB"
        )
        print(f"  median of its first half {first:.0f} MB, of its second {last:.0f} MB: {last / first:.3f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=5)
    args = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder)) as app:
        at, until = door(app.url), time.monotonic() + args.minutes * 60
        threads = [threading.Thread(target=client, args=(i, at, until, tally)) for i in range(args.clients)]
        for thread in threads:
            thread.start()
        samples = watch(app, args.minutes)
        for thread in threads:
            thread.join()
        bugs = [line for line in app.output(100_000).splitlines() if "Error" in line or "Traceback" in line]
    report(tally, samples, args.minutes)
    print(f"errors in the app's log: {len(bugs)}", *bugs[:5], sep="\n  ")


if __name__ == "__main__":
    main()
