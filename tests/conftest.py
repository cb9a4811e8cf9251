"""Fixtures for browser tests: the app, a browser, and pages that may ask for nothing but the app and log no error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browsing import App, launch, running_app

# Before anything imports huggingface_hub, which reads it once: no test may depend on the network.
os.environ["HF_HUB_OFFLINE"] = "1"

OWN_SCHEMES = ("data:", "blob:", "about:")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app with bundled models and no network: `server.url`."""
    with running_app(tmp_path_factory.mktemp("app")) as app:
        yield app


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app with the explainers that are not shipped, models of all kinds, and room for two runs."""
    bounds = {"GLASSBOX_RUNS": "2", "GLASSBOX_RUN_STEPS": "900", "GLASSBOX_RUN_SECONDS": "30"}
    folder = tmp_path_factory.mktemp("lab")
    with running_app(folder, "-m", "tests.lab.serve", "pair", "slow", "descent", "threads", **bounds) as app:
        yield app


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


class Watch:
    """Opens pages and writes down what a page of this app must never do."""

    def __init__(self, browser: Browser, server: App):
        self.browser = browser
        self.server = server
        self.contexts: list[BrowserContext] = []
        self.wrongs: list[str] = []
        self.requests: list[str] = []

    def open(
        self,
        path: str = "/",
        locale: str = "en-US",
        width: int = 1366,
        height: int = 768,
        dark: bool = False,
        **options: Any,
    ) -> Page:
        """A page in a context of its own, opened at `path`, which begins with a slash and may have a fragment.

        options: more for Browser.new_context, such as reduced_motion="reduce".
        """
        context = self.browser.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        context.set_default_timeout(30_000)
        self.contexts.append(context)
        page = context.new_page()
        self.watch(page)
        page.goto(self.server.url + path)
        return page

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.asked(request.url))
        page.on("websocket", lambda socket: self.asked(socket.url))
        page.on("pageerror", lambda error: self.wrongs.append(f"page error: {error}"))
        page.on("console", lambda message: self.logged(message.type, message.text))

    def asked(self, url: str) -> None:
        self.requests.append(url)
        own = url == self.server.url or url.startswith((self.server.url + "/", *OWN_SCHEMES))
        if not own:
            self.wrongs.append(f"asked for {url[:200]}")

    def logged(self, kind: str, text: str) -> None:
        if kind == "error":
            self.wrongs.append(f"console error: {text}")


@pytest.fixture
def open_page(browser: Browser, server: App) -> Iterator[Callable[..., Page]]:
    """`open_page("/ko#tab=tokens", locale="ko-KR", width=360, dark=True)` returns a Page.

    At the end the test fails if any page asked for another address than the app's, or showed an error in its console.
    """
    watch = Watch(browser, server)
    yield watch.open
    for context in watch.contexts:
        context.close()
    assert not watch.wrongs, "\n".join(watch.wrongs)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Adds the end of the app's own output to the report of a browser test that failed."""
    report = yield
    app = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(app, App):
        report.sections.append(("output of the app", app.output()))
    return report
