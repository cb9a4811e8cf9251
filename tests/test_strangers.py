"""What strangers send: 200 sentences and control values, made up by hypothesis, through the running app.

`python3 glassbox.py families` sends 2,000.

Each gets a right answer or one sentence in the language asked for: no stack trace, no 5xx, no number that is not one,
nothing that breaks an invariant of its explainer. The same each time.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from explainers import ALL
from explainers.contract import Choice, Control, Explainer, Model, Number, Toggle, Tokens
from explainers.words import LANGUAGES, words_for
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]

HANGUL = re.compile("[가-힣]")
FRAGMENTS = (
    *(
        "The cat sat. ",
        "고양이가 앉았다. ",
        "",
        " ",
        "\n\n\t",
        "\u3000",
        "a",
        "뷁",
        "👍",
        "👩‍👩‍👧‍👦",
        "🇰🇷",
        "e\u0301\u0323",
        "Z̸͑a",
    ),
    *("\u1112\u1161\u11ab", "שלום", "مرحبا", "\u202e", "\u2066x\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad", "\x00"),
    *("\x07\x1b[31m", "\x7f", "\x85", "\u2028", "\ufffd", "\uffff", "\U0010ffff", "\ud800", "\udfff", "\udc00\ud800"),
    *(
        "<script>alert(1)</script>",
        "</iframe>",
        "</script>",
        "<!--",
        "&lt;",
        "{0}",
        "{text}",
        "%s",
        "${x}",
        "`",
        "'",
        '"',
    ),
    *(
        "<|endoftext|>",
        "[UNK]",
        "[MASK]",
        "[CLS]",
        "[SEP]",
        "[PAD]",
        "##ing",
        "<s>",
        "</s>",
        "Ġ",
        "▁",
        "|",
        "\\",
        "$$x$$",
    ),
    *("../../etc/passwd", "http://127.0.0.1/x", "Ω≈ç√", "ǆ", "İ", "ß", "ﬁ", "𝕏", "한", "ㅎㅏㄴ"),
)
SHORT = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=8).map("".join),
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.text(max_size=60),
)
LONG = st.tuples(st.sampled_from(("x", "가", " ", "👍", "a ", "\u0301")), st.sampled_from((300, 19_999, 100_000))).map(
    lambda made: made[0] * made[1]
)
NO_TEXT = st.sampled_from((None, 5, 1.5, True, [], ["a"]))
TEXTS = st.integers(0, 59).flatmap(lambda n: LONG if n == 0 else NO_TEXT if n == 1 else SHORT)
WRONG = st.sampled_from(
    (
        *(0, -1, 1, 2, 0.5, 7.25, 1e308, -1e308, float("nan"), float("inf"), float("-inf"), 10**30, -(10**400), 5e-324),
        *("", "x", "1", "NaN", "１", "-0", "1e400", "a" * 3000, "\ud800", "../x", "/etc/passwd", "\x00", "가"),
        *(
            "openai-community/gpt2",
            "someone/else",
            "stories-gpt",
            "ko-gpt",
            "ko-lstm",
            "stories-lstm",
            "stories-bert",
            "ko-bert",
        ),
        *([], [1], [0, 0], [-1], [10**9], [1.5], ["a"], [None], [True], [[1]], list(range(600)), [2**70]),
        *(True, False, None),
    )
)


def right(control: Control) -> st.SearchStrategy[Any]:
    """A value that the control takes."""
    if isinstance(control, Number):
        if control.whole:
            return st.integers(int(control.low), int(control.high))
        return st.floats(control.low, control.high)
    if isinstance(control, Choice):
        return st.sampled_from(control.options)
    if isinstance(control, Toggle):
        return st.booleans()
    if isinstance(control, Tokens):
        return st.lists(st.integers(0, 3000), max_size=5)
    assert isinstance(control, Model)
    return st.sampled_from([entry.name for entry in models.CATALOG if not entry.hub])


# what is clicked in a page; mostly nothing
PICKS = st.integers(0, 4).flatmap(
    lambda n: st.none() if n else st.one_of(WRONG, st.fixed_dictionaries({"name": WRONG, "event": WRONG}))
)


@st.composite
def requests(draw: Callable[..., Any]) -> tuple[Explainer, Any, dict[str, Any], str]:
    """(explainer, text, controls, language): most controls left out, some right, a few wrong."""
    explainer = draw(st.sampled_from(ALL))
    chosen = {}
    for control in explainer.controls:
        kind = draw(st.integers(0, 19))
        if kind < 5:
            chosen[control.name] = draw(right(control))
        elif kind == 5:
            chosen[control.name] = draw(WRONG)
    return explainer, draw(TEXTS), chosen, draw(st.sampled_from(LANGUAGES))


# Invariants ------------------------------------------------------------------------------------------------------


def unpack(value: Any) -> Any:
    """JSON with its packed arrays unpacked."""
    if isinstance(value, dict):
        if value.keys() == {"dtype", "shape", "data"}:
            data = gzip.decompress(base64.b64decode(value["data"]))
            return np.frombuffer(data, value["dtype"]).reshape(value["shape"])
        return {name: unpack(part) for name, part in value.items()}
    return [unpack(part) for part in value] if isinstance(value, list) else value


def numbers(value: Any) -> Iterator[np.ndarray]:
    """Every array of numbers, and every number as one, in a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from numbers(part)
    elif isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        yield value
    elif isinstance(value, int | float):
        yield np.array(float(value))


def attention(trace: dict[str, Any]) -> None:
    assert np.abs(trace["weights"].sum(-1) - 1).max() < 1e-4 and trace["weights"].min() >= 0
    if trace["causal"]:
        assert not np.triu(trace["weights"], 1).any()


def tokens(trace: dict[str, Any]) -> None:
    assert trace["round_trip"] == (trace["decoded"] == trace["text"])
    if trace["model"] in ("stories-gpt", "ko-gpt", "stories-lstm", "ko-lstm"):  # of bytes: nothing is ever lost
        assert trace["round_trip"]
        assert b"".join(bytes.fromhex(p["data"]) for p in trace["pieces"]).decode() == trace["text"]


def embeddings(trace: dict[str, Any]) -> None:
    assert np.abs(trace["cosines"]).max() < 1 + 1e-5 and np.abs(np.diag(trace["cosines"]) - 1).max() < 1e-5
    assert len(trace["rows"]) == len(trace["ids"])


def sampling(trace: dict[str, Any]) -> None:
    parts = np.exp(trace["logits"].astype(np.float64) - trace["logits"].max())
    likely = dict(zip((i for i, _ in trace["candidates"]), sorted(parts / parts.sum())[::-1], strict=False))
    assert (
        all((parts / parts.sum())[i] == pytest.approx(p) for i, p in likely.items()) and sum(likely.values()) < 1 + 1e-9
    )
    assert len(trace["record"]) == len(trace["ids"])
    assert all(0 <= step["probability"] <= 1 and step["rank"] >= 1 for step in trace["record"])


def recurrence(trace: dict[str, Any]) -> None:
    assert ((trace["total_variation"] >= 0) & (trace["total_variation"] <= 1)).all()
    assert np.abs(trace["states"]).max() <= 1


INVARIANTS: dict[str, Callable[[dict[str, Any]], None]] = {
    function.__name__: function for function in (attention, tokens, embeddings, sampling, recurrence)
}


def right_answer(explainer: Explainer, text: Any, trace: Any) -> None:
    """What holds for every answer, and what holds for this explainer's."""
    trace = unpack(trace)
    assert not any(np.isinf(array).any() for array in numbers(trace))  # what is not known is NaN, packed, or null
    assert trace["text"] == whole(text)
    size = models.vocabulary_size(trace["model"]) if isinstance(trace.get("model"), str) else None
    for name in ("ids", "prompt"):
        if size and trace.get(name) is not None and len(trace[name]):
            assert np.min(trace[name]) >= 0 and np.max(trace[name]) < size
    INVARIANTS[explainer.name](trace)


def whole(text: Any) -> str:
    """With lone surrogates, which no encoding can carry, as U+FFFD; a number as JSON writes it."""
    text = text if isinstance(text, str) else json.dumps(text)
    return re.sub("[\ud800-\udfff]", "\ufffd", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def right_sentence(said: Any, language: str, sent: Any) -> None:
    """One sentence in the language, and never that something went wrong on our side."""
    assert isinstance(said, str) and 10 < len(said) < 400 and "Traceback" not in said, said
    assert said not in [words_for("refusals", code)("bug") for code in LANGUAGES]
    if language == "ko":
        assert HANGUL.search(said), said
    elif not HANGUL.search(json.dumps(sent, ensure_ascii=False)):
        assert not HANGUL.search(said), said


def read(text: str) -> Any:
    """JSON as the standard has it, without NaN and Infinity."""

    def no(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=no)


# The four ways in ------------------------------------------------------------------------------------------------


class Connection(http.client.HTTPConnection):
    """One that is kept, since 2,000 new ones take longer than what is asked."""

    used = 0.0

    def asks(self, method: str, path: str, body: bytes | None = None) -> str:
        """The text of the answer, which must be a good one."""
        if time.monotonic() - self.used > 2:  # the server ends one that rests for five seconds
            self.close()
        self.used = time.monotonic()
        self.request(method, path, body, {"Content-Type": "application/json"})
        answer = self.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, text[:300])
        return text


@pytest.fixture(scope="module")
def client(server: App) -> Iterator[Connection]:
    host, port = server.url.removeprefix("http://").split(":")
    found = Connection(host, int(port), timeout=120)
    yield found
    found.close()


def posted(client: Connection, path: str, body: Any) -> Any:
    """A body as raw JSON: with NaN, Infinity and lone surrogates in it, as some programs send them."""
    return read(client.asks("POST", path, json.dumps(body).encode()))


SHARE = 1.0 if os.environ.get("STRANGERS") == "all" else 0.1  # of the examples


def count(examples: int) -> Callable[[Any], Any]:
    """That many, or a share of them; always the same, however slow this machine is."""
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
    return settings(
        max_examples=round(SHARE * examples),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=checks,
    )


GOOD: Counter[str] = Counter()


@count(1200)
@given(asked=requests(), summary=st.sampled_from((False, False, False, True)))
def test_tools(client: Connection, asked: tuple[Explainer, Any, dict[str, Any], str], summary: bool) -> None:
    explainer, text, controls, language = asked
    arguments = {"text": text, **controls, "lang": language, "detail": "summary" if summary else "full"}
    params = {"name": explainer.name, "arguments": arguments}
    answer = posted(client, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})["result"]
    said = answer["content"][0]["text"]
    if answer["isError"]:
        right_sentence(said, language, arguments)
    elif summary:
        assert words_for(explainer.name, language)("title") in said and len(said.encode()) < 50_000
    else:
        right_answer(explainer, text, read(said))
        GOOD["tools"] += 1


@count(300)
@given(asked=requests())
def test_endpoints_by_name(client: Connection, asked: tuple[Explainer, Any, dict[str, Any], str]) -> None:
    explainer, text, controls, language = asked
    path = f"/gradio_api/call/v2/{explainer.name}"
    given = {"text": text, **controls, "lang": language}
    endpoint(client, path, given, asked)


@count(300)
@given(asked=requests(), short=st.integers(1, 12))
def test_endpoints_by_place(client: Connection, asked: tuple[Explainer, Any, dict[str, Any], str], short: int) -> None:
    """Values in the order of the parameters, the last ones left out."""
    explainer, text, controls, language = asked
    data = [text, *(controls.get(control.name) for control in explainer.controls), "full", language][:short]
    said = language if short >= len(explainer.controls) + 3 else "en"
    endpoint(client, f"/gradio_api/call/{explainer.name}", {"data": data}, (explainer, text, controls, said))


def endpoint(client: Connection, path: str, body: Any, asked: tuple[Explainer, Any, dict[str, Any], str]) -> None:
    """One call: a post, then the stream of its answer."""
    explainer, text, _, language = asked
    stream = client.asks("GET", f"{path}/{posted(client, path, body)['event_id']}")
    kind, data = re.findall(r"event: (complete|error)\ndata: (.*)\n", stream)[-1]
    if kind == "error":
        right_sentence(read(data)["error"], language, body)
    else:
        right_answer(explainer, text, read(data)[0])
        GOOD["endpoints"] += 1


@count(200)
@given(asked=requests(), pick=PICKS)
def test_events_of_pages(client: Connection, asked: tuple[Explainer, Any, dict[str, Any], str], pick: Any) -> None:
    explainer, text, controls, language = asked
    request = {"n": 1, "text": text, "model": controls.get("model"), "controls": controls, "pick": pick}
    session = uuid.uuid4().hex
    body = {"fn_index": handler(client, explainer, language), "data": [json.dumps(request)], "session_hash": session}
    posted(client, "/gradio_api/queue/join", body)
    messages = client.asks("GET", f"/gradio_api/queue/data?session_hash={session}").split("\n\n")
    (done,) = (read(m[5:]) for m in messages if '"process_completed"' in m)
    assert done["success"], done
    answer = read(done["output"]["data"][0])
    assert answer["done"] and answer["n"] == 1
    if answer["refusal"]:
        right_sentence(answer["refusal"], language, request)
    else:
        assert set(answer["views"]) == set(explainer.views)
        GOOD["pages"] += 1


HANDLERS: dict[str, list[int]] = {}


def handler(client: Connection, explainer: Explainer, language: str) -> int:
    """The number of a panel's event: a page builds them in the order of the explainers, and the pages follow."""
    if not HANDLERS:
        events = json.loads(client.asks("GET", "/config"))["dependencies"]
        HANDLERS["all"] = [e["id"] for e in events if e["backend_fn"] and e["api_visibility"] == "private"]
    assert len(HANDLERS["all"]) == len(ALL) * len(LANGUAGES)
    return HANDLERS["all"][LANGUAGES.index(language) * len(ALL) + [e.name for e in ALL].index(explainer.name)]


def test_many_were_right_and_none_left_a_trace(server: App, client: Connection) -> None:
    """The tests above would pass if all were refused; and the app has written no stack trace."""
    least = {"tools": 200, "endpoints": 100, "pages": 30}
    assert all(GOOD[kind] > SHARE * count for kind, count in least.items()), GOOD
    assert "Traceback" not in server.log.read_text(errors="replace")
    assert client.asks("GET", "/healthz") == "ok"


def test_every_explainer_has_its_invariants() -> None:
    assert set(INVARIANTS) == {explainer.name for explainer in ALL}
