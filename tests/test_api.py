"""The named endpoints, as gradio_client sees them."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from explainers import ALL, attention, sampling, tokens
from explainers.words import words_for
from tests.browsing import App

pytestmark = [pytest.mark.browser, pytest.mark.weights]
TEXTS = {"en": "The dog ran after the ball.", "ko": "강아지가 공을 따라 달렸다."}


@pytest.fixture(scope="module")
def client(server: App) -> Iterator[Client]:
    yield Client(server.url, verbose=False)


def unpack(p: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(gzip.decompress(base64.b64decode(p["data"])), p["dtype"]).reshape(p["shape"])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_tokens(client: Client, language: str) -> None:
    answer = client.predict(TEXTS[language], api_name="/tokens")
    assert unpack(answer["ids"]).tolist() == list(tokens.trace(TEXTS[language]).ids)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_attention(client: Client, language: str) -> None:
    answer = client.predict(TEXTS[language], api_name="/attention")
    weights = unpack(answer["weights"])
    assert weights.dtype == np.float32
    assert np.abs(weights - attention.trace(TEXTS[language]).weights).max() < 1e-5


@pytest.mark.parametrize("language", ["en", "ko"])
def test_sampling(client: Client, language: str) -> None:
    beginning = TEXTS[language].rstrip(".")
    answer = client.predict(beginning, write=5, temperature=0.8, seed=3, api_name="/sampling")
    expected = sampling.trace(beginning, write=5, temperature=0.8, seed=3)
    assert answer["ids"] == list(expected.ids) and answer["ids"]
    assert np.abs(unpack(answer["logits"]) - expected.logits).max() < 1e-4


def test_endpoints_are_named_and_documented(client: Client) -> None:
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert set(named) == {f"/{explainer.name}" for explainer in ALL}
    for endpoint in named.values():
        names = [p["parameter_name"] for p in endpoint["parameters"]]
        assert names[0] == "text" and names[-1] == "lang"
        assert all(p["parameter_has_default"] for p in endpoint["parameters"][1:])


@pytest.mark.parametrize(
    ("endpoint", "given"),
    [
        ("/tokens", {"text": ""}),
        ("/tokens", {"text": "x" * 100_000}),
        ("/tokens", {"text": "ok", "model": "../weights/ko-gpt"}),
        ("/attention", {"text": "ok", "model": "/etc"}),
        ("/attention", {"text": "ok", "model": "openai-community/gpt2"}),
        ("/sampling", {"text": "ok", "temperature": -1}),
        ("/sampling", {"text": "ok", "top_k": 1000000}),
        ("/sampling", {"text": "ok", "ids": [99999999]}),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_refusals_are_one_sentence_in_the_language_asked_for(
    client: Client, endpoint: str, given: dict[str, Any], language: str
) -> None:
    with pytest.raises(AppError) as refused:
        client.predict(**given, lang=language, api_name=endpoint)
    said = str(refused.value)
    assert "Traceback" not in said and len(said) > 10
    assert any("가" <= c <= "힣" for c in said) == (language == "ko")


def test_the_next_request_works_after_a_refusal(client: Client) -> None:
    with pytest.raises(AppError):
        client.predict("", api_name="/tokens")
    assert client.predict("ok", api_name="/tokens")["round_trip"] is True


def called(server: App, path: str, body: Any) -> tuple[str, Any]:
    """What curl gets: the kind of the last event, "complete" or "error", and what it says."""
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        key = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{server.url}{path}/{key}", timeout=60) as stream:
        *_, event, data = stream.read().decode().strip().splitlines()
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gradio_api/call/{}", {"data": ["The dog ran."]}),
        ("/gradio_api/call/{}", {"data": ["The dog ran.", None, None]}),
        ("/gradio_api/call/v2/{}", {"text": "The dog ran."}),
        ("/gradio_api/call/v2/{}", {"text": "The dog ran.", "model": "", "lang": "ko"}),
    ],
)
@pytest.mark.parametrize("name", [explainer.name for explainer in ALL])
def test_what_is_left_out_has_its_default(server: App, path: str, body: Any, name: str) -> None:
    event, answer = called(server, path.format(name), body)
    assert event == "complete" and answer[0]["text"] == "The dog ran."


def test_a_call_without_anything_is_refused_in_a_sentence(server: App) -> None:
    event, answer = called(server, "/gradio_api/call/tokens", {"data": []})
    assert event == "error" and answer["error"] == words_for("refusals", "en")("empty_text")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("name", [explainer.name for explainer in ALL])
def test_a_summary_is_a_text_in_the_language(client: Client, name: str, language: str) -> None:
    answer = client.predict(TEXTS[language], detail="summary", lang=language, api_name=f"/{name}")
    text = answer["summary"]
    assert words_for(name, language)("question") in text and len(text.encode()) < 50_000
