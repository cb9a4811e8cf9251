"""Behind a reverse proxy that serves the app under a path, without the app being told; and when the proxy fails."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from gradio_client import Client
from playwright.sync_api import Page

from explainers.words import words_for
from tests.browser.reading import LOCALES, SENTENCES, answer, until, wait, write
from tests.browsing import App
from tests.conftest import Profiles, Watch
from tests.proxy import Proxy, proxied

pytestmark = [pytest.mark.browser, pytest.mark.weights]

LOGIN = "<html><h1>Sign in</h1></html>"
JOIN, DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"
NOTED = "() => document.getElementById('gb-note').textContent && !document.querySelector('.gb-progress:not([hidden])')"
# (path, status, kind and text that come in place of the answer, the refusal that says so); every other one a language
FAILURES = (
    (JOIN, (404, "text/html", LOGIN), "address_unknown"),
    (DATA, (404, "application/json", ""), "address_unknown"),
    (JOIN, (200, "text/html", LOGIN), "page_instead"),
    (DATA, (200, "text/html; charset=utf-8", LOGIN), "page_instead"),
    (JOIN, (429, "text/plain", "slow down"), "turned_away"),
    (DATA, (403, "application/json", "{}"), "turned_away"),
    (DATA, (502, "text/html", LOGIN), "server_away"),
    (JOIN, (503, "text/html", LOGIN), "server_away"),
)


@pytest.fixture(scope="module")
def proxy(server: App) -> Iterator[Proxy]:
    with proxied(server.url, "/gb") as proxy:
        yield proxy


@pytest.fixture
def watch(profiles: Profiles, server: App, proxy: Proxy) -> Iterator[Watch]:
    """Pages that may ask for nothing but what lies under the proxy's path."""
    watch = Watch(profiles, App(proxy.url, server.log))
    yield watch
    watch.close()
    proxy.instead.clear()


def said(key: str, language: str, status: int) -> str:
    return words_for("refusals", language)(key, status=status)


def noted(page: Page) -> str:
    until(page, NOTED)
    return page.locator("#gb-note").inner_text()


@pytest.mark.parametrize(
    ("path", "language"), [pytest.param("/", "en", marks=pytest.mark.slow), ("/ko/?from=lms", "ko")]
)
def test_a_page_works_under_a_path_and_says_what_stands_between(
    watch: Watch, proxy: Proxy, path: str, language: str
) -> None:
    page = watch.open(f"{path}#tab=sampling", locale=LOCALES[language])
    wait(page, "sampling")
    assert page.url.startswith(proxy.url + ("/ko?from=lms#" if language == "ko" else "/#"))
    write(page, SENTENCES[language])
    wait(page, "sampling", SENTENCES[language])
    assert answer(page, "sampling", "candidates")["kind"] == "component"
    assert page.evaluate("glassbox.root()") == proxy.url
    other = page.locator(f"[data-language={'en' if language == 'ko' else 'ko'}]")
    assert str(other.evaluate("link => link.href")).startswith(proxy.url)
    assert not watch.wrongs and not proxy.outside
    for number, (where, instead, key) in enumerate(FAILURES[language == "ko" :: 2]):
        proxy.instead = {where: instead}
        write(page, f"{SENTENCES[language]} {number}")
        assert noted(page) == said(key, language, instead[0]), (where, instead)
        page.wait_for_timeout(2200 if key == "server_away" else 0)  # until the page has seen that the app is there
        proxy.instead = {}
        write(page, f"{SENTENCES[language]} {number} {number}")
        wait(page, "sampling", f"{SENTENCES[language]} {number} {number}")
        assert page.locator("#gb-note").inner_text() == ""


def test_an_app_that_comes_back_is_gone_on_with(watch: Watch, proxy: Proxy) -> None:
    page = watch.open("/ko", locale="ko-KR")
    wait(page, "tokens")
    proxy.instead = {"/": (502, "text/html", LOGIN)}
    write(page, SENTENCES["ko"])
    assert noted(page) == said("server_away", "ko", 502)
    page.evaluate("globalThis.before = true")
    page.wait_for_timeout(2500)
    proxy.instead = {}
    until(page, "() => !globalThis.before && globalThis.glassbox?.ready")
    wait(page, "tokens", SENTENCES["ko"])


def test_a_page_without_its_scripts_says_so(watch: Watch, proxy: Proxy) -> None:
    proxy.instead = {"/assets/": (200, "text/html", LOGIN)}
    page = watch.open("/ko", locale="ko-KR", service_workers="block")  # a profile of its own, which has fetched nothing
    assert page.locator("#gb-unloaded").inner_text() == words_for("refusals", "ko")("not_loaded")
    proxy.instead = {}
    for sandbox, key in (("allow-scripts", "sandboxed"), ("allow-scripts allow-same-origin", "")):
        page.set_content(f'<iframe sandbox="{sandbox}" src="{proxy.url}/" width="1200" height="700"></iframe>')
        frame = page.frame_locator("iframe")
        if key:
            line = frame.locator("#gb-unloaded").inner_text()
            assert line == f"{words_for('refusals', 'en')(key)} {proxy.url}/"
        else:
            frame.locator("#stage-tokens [data-filled]").first.wait_for()


def test_programs_find_the_endpoints_under_the_path(proxy: Proxy) -> None:
    answer = Client(f"{proxy.url}/", verbose=False).predict("The cat sat.", detail="summary", api_name="/tokens")
    assert re.search("cat", answer["summary"])
