"""The maps of all heads as BertViz draws them (Vig, "A Multiscale Visualization of Attention", 2019), in a frame.

The package makes a notebook's output that fetches its libraries from elsewhere, speaks English, counts from 0 and
writes the sentence into a script as it is. Here it never sees the sentence: it is given numbers to stand for the
tokens, and what it made is taken apart and put into a page of ours (`assets/frame/`) with libraries from packages.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import models
from explainers import frames
from explainers.contract import Html
from explainers.words import Words

MOST_TOKENS = 64
MOST_LINES = 600_000  # one for each number: as many as a model of 144 heads has at 64 tokens
WORDS = ("layer", "layers", "heads", "chosen")

# what its scripts say -> what they shall say, each found exactly once
CHANGES = {
    "head": {
        "const BOXWIDTH = 110;": "const BOXWIDTH = frame.column(15);",
        "const MATRIX_WIDTH = 115;": "const MATRIX_WIDTH = frame.gap(BOXWIDTH);",
        "return d / activeHeads()": "return d / Math.sqrt(activeHeads())",  # many heads' lines were too faint to see
    },
    "model": {
        "const DIV_WIDTH = 970;": "const DIV_WIDTH = frame.grid(params.total_heads);",
        "const DETAIL_WIDTH = 300;": "const DETAIL_WIDTH = Math.min(300, DIV_WIDTH);",
        "const DETAIL_ATTENTION_WIDTH = 140;": "const DETAIL_ATTENTION_WIDTH = DETAIL_WIDTH - 160;",
        "x = leftPos + THUMBNAIL_PADDING - DETAIL_WIDTH + 8;": (
            "x = Math.max(MIN_X, leftPos + THUMBNAIL_PADDING - DETAIL_WIDTH + 8);"
        ),
        '.text("Heads")': ".text(words.heads)",
        '.text("Layers")': ".text(words.layers)",
        "'Layer ' + config.layers[layerIndex] + \", Head \" + config.heads[headIndex]": (
            "frame.chosen(config.layers[layerIndex], config.heads[headIndex])"
        ),
    },
}


def most_tokens(layers: int, heads: int) -> int:
    """How many tokens a frame draws at most.

    >>> most_tokens(4, 8), most_tokens(28, 16)
    (64, 36)
    """
    return min(MOST_TOKENS, math.isqrt(MOST_LINES // (layers * heads)))


def view(weights: np.ndarray, labels: Sequence[str], words: Words, form: str, numbers: Sequence[int]) -> Html:
    """A frame that shows maps (L, H, T, T) as lines: form "head", one layer at a time, or "model", all at a glance.

    numbers: of the L layers, as they are called.
    """
    layers, tokens = weights.shape[0], weights.shape[2]
    small = row(tokens)
    height = 70 + 22.5 * tokens if form == "head" else max(45 + layers * (small * tokens + 10), 60 + 18 * tokens)
    return Html(partial(page, weights, tuple(labels), words, form, tuple(numbers)), math.ceil(height) + 6)


def row(tokens: int) -> float:
    """Pixels between two tokens of a small map: all of a layer's take little more than 130."""
    return round(min(10.0, 130 / tokens), 2)


def page(
    weights: np.ndarray, labels: Sequence[str], words: Words, form: str, numbers: Sequence[int], nonce: str
) -> str:
    """The whole page; its scripts bear the nonce."""
    body, script = drawn(weights, form, numbers)
    stand_ins = json.dumps(stands(len(labels)))
    script = once(script.replace(f'"left_text": {stand_ins}', '"left_text": labels'), stand_ins, "labels")
    said = {name: words(f"views.lines.words.{name}") for name in WORDS}
    facts = {"words": said, "labels": list(labels)}
    body = once(body, "Layer:", html.escape(said["layer"])) if form == "head" else body
    return frames.page(words("views.lines.title"), words.language, nonce, body, facts, script)


def drawn(weights: np.ndarray, form: str, numbers: Sequence[int]) -> tuple[str, str]:
    """What the package makes of the maps: (markup, script), changed as above and without what it would fetch."""
    import bertviz  # brings IPython and more

    light = partial(bertviz.model_view, display_mode="light")
    draw: Callable[..., Any] = {"head": bertviz.head_view, "model": light}[form]
    maps = [models.as_tensor(layer[None]) for layer in short(weights)]
    made = draw(attention=maps, tokens=stands(weights.shape[2]), html_action="return").data
    body, script = made.partition("</script>")[2].split('<script type="text/javascript">')
    script = "requirejs(" + script.partition("requirejs(")[2].rpartition("</script>")[0]
    script, _, remark = script.partition(" // HACK: ")  # it repeats all the numbers
    script += "\n" + remark.partition("\n")[2]
    for name, called in (("layers", [*numbers]), ("heads", [*range(1, weights.shape[1] + 1)])):
        listed = f'"include_{name}": {json.dumps([*range(len(called))])}'
        script = script.replace(listed, f'"include_{name}": {json.dumps(called)}')
    changes = dict(CHANGES[form])
    if form == "model":
        changes["7 * (12 / config.totalHeads)"] = str(row(weights.shape[2]))
    for old, new in changes.items():
        script = once(script, old, new)
    return body, script


def stands(tokens: int) -> list[str]:
    """What the package is given in place of the tokens."""
    return [f"token {place}" for place in range(tokens)]


def short(weights: np.ndarray) -> np.ndarray:
    """float32 -> float64 with nine digits, which name each float32 and no other, and halve what is sent."""
    return np.char.mod("%.9g", weights).astype(np.float64)


def once(text: str, old: str, new: str) -> str:
    """The text with `old` replaced, which must be in it once: another version of the package may say it otherwise."""
    if text.count(old) != 1:
        raise ValueError(f"found {text.count(old)} times in what bertviz made: {old[:60]!r}")
    return text.replace(old, new)
