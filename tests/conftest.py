"""Fixtures for browser tests: the app, a browser, and pages that may ask for nothing but the app and log no error."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import hosting
from tests.browsing import App, launch, running_app
from tests.tiny import save_lowering_bert

# Before anything imports huggingface_hub, which reads it once: no test may depend on the network.
os.environ["HF_HUB_OFFLINE"] = "1"
# Before torch is: the models are small, and two runs of tests stand side by side on two cores. The app inherits it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Nor on what a person here has fetched before, but for the tests that are asked to run on it.
REAL_STORE = hosting.STORE.read()
_store = tempfile.TemporaryDirectory(prefix="glassbox-store-")
os.environ.setdefault("GLASSBOX_STORE", _store.name)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the slow tests, too")
    about = "a real model, fetched before, on which tests/real is to run, too; more than once for more"
    parser.addoption("--with", action="append", default=[], dest="real", metavar="NAME", help=about)
    parser.addoption("--pictures", default=None, metavar="FOLDER", help="where tests/real puts its screenshots")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves slow tests out, but for one that is named and for --all; the end of the run says how many."""
    if config.option.all or any("::" in argument for argument in config.args):
        return
    left = [item for item in items if item.get_closest_marker("slow")]
    config.stash[LEFT] = len(left)
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left = config.stash.get(LEFT, 0)
    if left:
        terminalreporter.write_line(
            f"{left} slow tests were left out; `python3 glassbox.py test --all` runs them, too."
        )


LEFT = pytest.StashKey[int]()

expect.set_options(timeout=30_000)  # ms: two browsers and two apps share two cores

Motion = Literal["reduce", "no-preference"]
OWN_SCHEMES = ("data:", "blob:", "about:")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app with bundled models and no network: `server.url`."""
    with running_app(tmp_path_factory.mktemp("app")) as app:
        yield app


@pytest.fixture(scope="session")
def our_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a BERT that a host has, and offers under that folder's name."""
    folder = tmp_path_factory.mktemp("host") / "our-bert"
    save_lowering_bert(folder)
    return folder


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, our_bert: Path) -> Iterator[App]:
    """The app with the explainers that are not shipped, models of all kinds, a host's, and room for two runs."""
    settings = {
        "GLASSBOX_RUNS": "2",
        "GLASSBOX_RUN_STEPS": "900",
        "GLASSBOX_RUN_SECONDS": "30",
        "GLASSBOX_FOLDER": str(our_bert),
    }
    folder = tmp_path_factory.mktemp("lab")
    with running_app(folder, "-m", "tests.lab.serve", "pair", "slow", "descent", "threads", **settings) as app:
        yield app


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


class Profiles:
    """Browser contexts, lent to one test after the other.

    A context keeps what it fetched and, while a page of it is open, its process keeps what that compiled: opening the
    app costs half of what it costs in a new one. What a page itself has stored goes when a test ends, so that no test
    finds what another left.
    """

    def __init__(self, browser: Browser):
        self.browser = browser
        self.free: dict[str, list[BrowserContext]] = {}

    def take(self, options: dict[str, Any]) -> BrowserContext:
        """A context made with these options of Browser.new_context."""
        free = self.free.setdefault(repr(sorted(options.items())), [])
        if free:
            return free.pop()
        context = self.browser.new_context(**options)
        context.set_default_timeout(60_000)
        context.new_page()  # stays, and the process with it
        return context

    def give(self, options: dict[str, Any], context: BrowserContext, origin: str) -> None:
        """Takes it back with the test's pages closed and nothing of theirs left but fetched files."""
        kept, *pages = context.pages
        for page in pages:
            page.close()
        kinds = "cookies,local_storage,indexeddb,service_workers"
        session = context.new_cdp_session(kept)
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": kinds})
        session.detach()
        self.free[repr(sorted(options.items()))].append(context)


@pytest.fixture(scope="session")
def profiles(browser: Browser) -> Profiles:
    return Profiles(browser)


LOOK = ("width", "height", "dark", "motion")


def fit(page: Page, width: int = 1366, height: int = 768, dark: bool = False, motion: Motion = "no-preference") -> None:
    """Gives a page its size, its theme, and what the system says of motion: its LOOK."""
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion=motion)


class Watch:
    """Opens pages and writes down what a page of this app must never do."""

    def __init__(self, profiles: Profiles, server: App):
        self.profiles = profiles
        self.server = server
        self.contexts: list[tuple[dict[str, Any], BrowserContext]] = []
        self.wrongs: list[str] = []
        self.requests: list[str] = []

    def open(self, path: str = "/", locale: str = "en-US", **options: Any) -> Page:
        """A page that shares nothing with another, opened at `path`, which begins with a slash and may have a fragment.

        options: of `fit`, and more for Browser.new_context, such as permissions=["clipboard-read"].
        """
        look = {name: options.pop(name) for name in LOOK if name in options}
        options["locale"] = locale
        context = self.profiles.take(options)
        self.contexts.append((options, context))
        page = context.new_page()
        fit(page, **look)
        self.watch(page)
        page.goto(self.server.url + path)
        return page

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.asked(request.url))
        page.on("websocket", lambda socket: self.asked(socket.url))
        page.on("pageerror", lambda error: self.wrongs.append(f"page error: {error}"))
        page.on("console", lambda message: self.logged(message.type, message.text))

    def close(self) -> None:
        for options, context in self.contexts:
            self.profiles.give(options, context, self.server.url)

    def asked(self, url: str) -> None:
        self.requests.append(url)
        own = url == self.server.url or url.startswith((self.server.url + "/", *OWN_SCHEMES))
        if not own:
            self.wrongs.append(f"asked for {url[:200]}")

    def logged(self, kind: str, text: str) -> None:
        if kind == "error":
            self.wrongs.append(f"console error: {text}")


@contextmanager
def watched(profiles: Profiles, server: App) -> Iterator[Watch]:
    """Pages that are closed in the end."""
    watch = Watch(profiles, server)
    yield watch
    watch.close()


@pytest.fixture
def open_page(profiles: Profiles, server: App) -> Iterator[Callable[..., Page]]:
    """`open_page("/ko#tab=tokens", locale="ko-KR", width=360, dark=True)` returns a Page.

    At the end the test fails if any page asked for another address than the app's, or showed an error in its console.
    """
    with watched(profiles, server) as watch:
        yield watch.open
    assert not watch.wrongs, "\n".join(watch.wrongs)


@pytest.fixture
def open_cut_page(profiles: Profiles, server: App) -> Iterator[Callable[..., Page]]:
    """As `open_page`, for a page whose connection is cut or refused: what the browser logs of that is no fault."""
    with watched(profiles, server) as watch:
        yield watch.open
    elsewhere = [wrong for wrong in watch.wrongs if wrong.startswith("asked for")]
    assert not elsewhere, elsewhere


# As a link does that is opened in a page: what stood there before is let go.
GO = """(fragment) => {
    history.replaceState(null, "", location.pathname + fragment);
    scrollTo(0, 0);
    document.activeElement?.blur();
    dispatchEvent(new PopStateEvent("popstate"));
}"""


class Visits:
    """Pages that stay open from test to test, one of each kind: to open one costs as much as ten links in it."""

    def __init__(self, profiles: Profiles):
        self.profiles = profiles
        self.open: dict[str, tuple[Watch, Page]] = {}

    def visit(self, server: App, path: str, locale: str = "en-US", **look: Any) -> Page:
        """The page of that language, server and locale, with the link's state in it. look: as `fit` takes it."""
        start, sign, fragment = path.partition("#")
        key = repr((server.url, start, locale))
        if key not in self.open:
            watch = Watch(self.profiles, server)
            page = watch.open(path, locale, **look)
            self.open[key] = watch, page
            page.wait_for_selector("body[data-ready]")
            return page
        page = self.open[key][1]
        fit(page, **look)
        page.evaluate(GO, sign + fragment)
        return page

    def wrongs(self, server: App) -> list[str]:
        """What pages of an app have done since this was last asked that they must never do.

        Not those of another app: it may have ended, and its pages then find nobody.
        """
        own = [watch for watch, _ in self.open.values() if watch.server.url == server.url]
        found = [wrong for watch in own for wrong in watch.wrongs]
        for watch in own:
            watch.wrongs.clear()
        return found

    def drop(self) -> None:
        """Closes all pages: a test that failed may have left one in any state."""
        for watch, _ in self.open.values():
            watch.close()
        self.open.clear()


@pytest.fixture(scope="session")
def visits(profiles: Profiles) -> Iterator[Visits]:
    """The pages that are open."""
    found = Visits(profiles)
    yield found
    found.drop()


@pytest.fixture
def visit(visits: Visits, server: App, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """As `open_page`, in a page that other tests have used: for those that look at what a link shows.

    A test must not leave behind what a link does not let go: routes, added scripts, a class on the body.
    """
    failed = request.session.testsfailed
    yield partial(visits.visit, server)
    wrongs = visits.wrongs(server)
    if wrongs or request.session.testsfailed > failed:
        visits.drop()
    assert not wrongs, "\n".join(wrongs)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Adds the end of the app's own output to the report of a browser test that failed."""
    report = yield
    app = getattr(item, "funcargs", {}).get("server")
    if report.failed and isinstance(app, App):
        report.sections.append(("output of the app", app.output()))
    return report


@pytest.fixture(scope="session")
def tall(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a model of 18 layers and 4 heads, with special tokens before a text and likely after it."""
    from tests.tiny import marked_tokenizer, tall_model

    folder = tmp_path_factory.mktemp("models") / "tall"
    tokenizer = marked_tokenizer()
    tokenizer.save_pretrained(folder)
    tall_model(tokenizer).save_pretrained(folder)
    return str(folder)
