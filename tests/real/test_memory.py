"""What a real model takes in memory beside its weights, over every page."""

from __future__ import annotations

import mmap
import subprocess
from pathlib import Path

import pytest
from gradio_client import Client

from explainers import ALL
from models.entry import Entry
from tests.browser.reading import MODELS, SENTENCES
from tests.browsing import App

pytestmark = [pytest.mark.real, pytest.mark.browser]

MOST = 1.3  # times the weights
ANSWERS = 60_000_000  # bytes: the answers that are kept, and what libraries keep once they have been used


def resident(process: int) -> int:
    """Bytes of a process in memory now."""
    counted = Path(f"/proc/{process}/statm")
    if counted.is_file():
        return mmap.PAGESIZE * int(counted.read_text().split()[1])
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return 1024 * int(said.stdout)


def ask_all(client: Client, model: str, language: str) -> None:
    """Every page's answer for a sentence, as a program gets it."""
    for explainer in ALL:
        given = {"model": model} if explainer.name != "recurrence" else {}
        client.predict(SENTENCES[language], **given, detail="summary", api_name=f"/{explainer.name}")


def test_it_takes_little_more_than_its_weights(server: App, entry: Entry) -> None:
    client = Client(server.url, verbose=False)
    for language, model in MODELS.items():
        ask_all(client, model, language)
    before = resident(server.process)
    pages = [explainer.name for explainer in ALL if explainer.name in ("tokens", "embeddings", "attention")]
    names = pages + ["sampling"] * ("causal" in entry.can)
    for language in MODELS:
        for name in names:
            client.predict(SENTENCES[language], model=entry.name, detail="summary", api_name=f"/{name}")
    taken = resident(server.process) - before
    assert taken <= MOST * entry.bytes + ANSWERS, f"{taken / 1e6:.0f} MB for {entry.bytes / 1e6:.0f} MB of weights"
    assert taken >= 0.5 * entry.bytes, "it was in memory before"
