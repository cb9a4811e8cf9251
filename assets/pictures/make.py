"""Takes screenshots of the running app: `python3 glassbox.py pictures [FOLDER]`.

Without a folder: the README's picture, into this one. With one: every tab, in both languages, light and dark, at three
widths, into that folder, to be looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from explainers import ALL
from explainers.words import LANGUAGES
from tests.browsing import launch, running_app

HERE = Path(__file__).resolve().parent
SIZES = ((360, 740), (1366, 768), (1920, 1080))
LOCALES = {"en": "en-US", "ko": "ko-KR"}


@dataclass(frozen=True)
class Shot:
    """One screenshot: of a tab in a language, at a width; `whole` takes the page to its end, not only the window."""

    tab: str
    language: str
    width: int = 1366
    height: int = 768
    dark: bool = False
    whole: bool = True

    @property
    def file(self) -> str:
        return f"{self.tab}-{self.language}-{self.width}-{'dark' if self.dark else 'light'}.png"

    @property
    def path(self) -> str:
        return f"{'/' if self.language == 'en' else '/' + self.language}#tab={self.tab}"


README = {"attention-en.png": Shot("attention", "en", whole=False)}


def every() -> Iterator[tuple[str, Shot]]:
    """(file name, shot) of all tabs in all their forms."""
    tabs = (*(explainer.name for explainer in ALL), "about")
    for tab, language, (width, height), dark in product(tabs, LANGUAGES, SIZES, (False, True)):
        shot = Shot(tab, language, width, height, dark)
        yield shot.file, shot


def settle(page: Page, tab: str) -> None:
    """Returns once the tab's answer and the strip's are drawn."""
    page.wait_for_selector("body[data-ready]")
    if tab != "about":
        page.wait_for_selector(f"#panel-{tab} [data-answer]", state="attached")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)


def take(browser: Browser, url: str, shot: Shot, path: Path) -> None:
    """Opens the shot's page in a context of its own and saves what it shows."""
    context = browser.new_context(
        locale=LOCALES.get(shot.language, shot.language),
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url + shot.path)
    settle(page, shot.tab)
    page.screenshot(path=path, full_page=shot.whole)
    context.close()


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else HERE
    folder.mkdir(parents=True, exist_ok=True)
    shots = dict(every()) if arguments else README
    with TemporaryDirectory() as empty, running_app(Path(empty)) as app, sync_playwright() as playwright:
        browser = launch(playwright)
        for name, shot in shots.items():
            take(browser, app.url, shot, folder / name)
            print(folder / name, flush=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
