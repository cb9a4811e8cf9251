"""What tells something on a page by its colour alone, and whether it can be seen where backgrounds are not drawn."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from playwright.sync_api import Page

# a sheet on which no background is printed, however important a rule says that it is
PAPER = """
    :is(#a#a, *), :is(#a#a, *)::before, :is(#a#a, *)::after { background: none !important; box-shadow: none !important }
    :root:is(#a#a#a, html) { background: white !important; }
"""
# The elements of the strip and of the stage that have a ground of their own, and neither a text nor anything in them.
FIND = """() => {
    const clear = (colour) => colour === "transparent" || /, 0\\)$/.test(colour);
    const marks = [...document.querySelectorAll("#gb-strip *, .gb-panel.gb-on .gb-stage *")].filter((e) => {
        if (e.childNodes.length || !e.getClientRects().length || e.namespaceURI.endsWith("svg")) return false;
        return e.tagName === "CANVAS" || !clear(getComputedStyle(e).backgroundColor);
    });
    marks.push(...document.querySelectorAll("#gb-strip .gb-s-chip, .gb-panel.gb-on .gb-stage .gb-chip"));
    marks.forEach((e, i) => { e.dataset.mark = i; });
    return marks.length;
}"""
BOXES = """() => [...document.querySelectorAll("[data-mark]")].filter((e) => e.getClientRects().length).map((e) => {
    const { left, top, width, height } = e.getBoundingClientRect();
    const box = [left + scrollX, top + scrollY, width, height];
    return { name: e.className || e.tagName, box, chip: e.matches(".gb-chip") };
})"""


@dataclass(frozen=True)
class Mark:
    """An element: its class, how far its pixels are from white at most, and where it ends at the right."""

    name: str
    seen: int
    right: float


def find(page: Page) -> int:
    """Remembers the marks as they are on the screen; how many there are."""
    return int(page.evaluate(FIND))


def marks(page: Page, ground: tuple[int, int, int]) -> list[Mark]:
    """Each that is still shown and large enough to be seen, against this ground."""
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")).astype(int)
    found = []
    for one in page.evaluate(BOXES):
        x, y, width, height = one["box"]
        if width < 2 or height < 2:
            continue
        inside = shot[int(y) : int(y + height), int(x) : int(x + width)]
        if one["chip"]:
            inside = np.concatenate([inside[:, :2].reshape(-1, 3), inside[:, -2:].reshape(-1, 3)])[
                None
            ]  # beside the text
        far = np.abs(inside - np.array(ground)).sum(-1)
        found.append(Mark(one["name"], int(far.max()) if far.size else 0, x + width))
    return found
