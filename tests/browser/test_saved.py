"""A saved picture tells of which sentence and which model it is."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.reading import LOCALES, MODELS, SENTENCES, address, in_turn, wait

pytestmark = [pytest.mark.browser, pytest.mark.weights]
Open = Callable[..., Page]
LINE = 40  # pixels: 1.25 rem at twice the size of the screen

# A PNG's width, height and bytes of red, green, blue and opacity, as the browser reads them.
PIXELS = """async (png) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    pen.drawImage(picture, 0, 0);
    const { data } = pen.getImageData(0, 0, picture.width, picture.height);
    let text = "";
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return [picture.width, picture.height, btoa(text)];
}"""


def saved(page: Page, tab: str, folder: Path) -> np.ndarray:
    """The leading picture of a tab as a person saves it: (height, width, 3)."""
    with page.expect_download() as got:
        page.locator(f"#stage-{tab} section [data-tool=save_picture]").click()
    path = folder / "picture.png"
    got.value.save_as(path)
    width, height, data = page.evaluate(PIXELS, base64.b64encode(path.read_bytes()).decode())
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)[..., :3].astype(int)


@pytest.mark.parametrize(("dark", "language"), in_turn([False, True]))
def test_sentence_and_model_stand_under_the_picture(visit: Open, language: str, dark: bool, tmp_path: Path) -> None:
    page = visit(address(language, "attention", SENTENCES[language]), locale=LOCALES[language], dark=dark)
    wait(page, "attention", SENTENCES[language])
    said = page.evaluate("glassbox.signature('attention')")
    assert SENTENCES[language] in said and MODELS[language] in said
    first = saved(page, "attention", tmp_path)
    text = SENTENCES[language] + " !"
    page.locator("#gb-sentence textarea").fill(text)
    wait(page, "attention", text)
    second = saved(page, "attention", tmp_path)
    ground = first[0, 0]
    for picture in (first, second):
        ink = np.abs(picture[-LINE:] - ground).sum(-1) > 60
        assert ink.any() and not ink[:, :8].any() and not ink[:, -8:].any()  # a line, and it is not cut at the edges
    width = min(first.shape[1], second.shape[1])
    assert (first[-LINE:, :width] != second[-LINE:, :width]).any()  # another sentence, another line


def test_the_model_that_answers_is_the_one_named(visit: Open) -> None:
    page = visit(address("en", "sampling", SENTENCES["en"], model="stories-bert"))
    wait(page, "sampling", SENTENCES["en"])
    assert "stories-gpt" in page.evaluate("glassbox.signature('sampling')")
