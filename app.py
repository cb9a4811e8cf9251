"""Glassbox: one page per language, the endpoints, the tools, launch.

    python app.py        http://127.0.0.1:7860, and /ko

The environment variables that a host may set stand in the README; docs/hosting.md says more.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))  # PYTHONSAFEPATH keeps Python from doing it

import hosting
from hosting.libraries import prepare
from hosting.listen import opened, urls
from hosting.serve import heed_signals, serve

if __name__ == "__main__":  # before the long imports, so that what is wrong is said and a signal heeded at once
    heed_signals()
    hosting.check()
    for one in opened():
        one.close()

if "gradio" not in sys.modules:
    prepare()

import gradio as gr
from starlette.applications import Starlette
from starlette.middleware import Middleware

import models
from explainers.shell.absent import check_named, fetch_named
from explainers.shell.api import Site, endpoints
from explainers.shell.door import Door
from explainers.shell.front import Front
from explainers.shell.heap import settle
from explainers.shell.mcp import mcp_routes
from explainers.shell.offer import first_model, report_host
from explainers.shell.page import page
from explainers.shell.routes import head, routes
from explainers.shell.unloaded import unloaded
from explainers.words import LANGUAGES, words_for
from hosting.behind import Behind, Beside

SANS = ("system-ui", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR", "Noto Sans KR", "sans-serif")
FAVICON = Path(__file__).parent / "assets" / "page" / "favicon.svg"
PAGES = {"/": LANGUAGES[0], **{f"/{language}": language for language in LANGUAGES[1:]}}
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Noto Sans Mono CJK KR", "monospace")


def build() -> gr.Blocks:
    """The first language at /, each other at /<language>; endpoints once."""
    first, *others = LANGUAGES
    with Site(title="Glassbox", analytics_enabled=False) as demo:
        page(first)
        endpoints()
    for language in others:
        with demo.route(words_for("shell", language)("name"), f"/{language}", show_in_navbar=False):
            page(language)
    return demo


def warm() -> None:
    """Loads each language's model in the background, and the host's own, so that the first sentence need not wait."""
    for language in LANGUAGES:
        models.load(models.default(frozenset({"causal"}), words_for("shell", language)("name")))
    for language in LANGUAGES:
        models.load(first_model(language))
    if models.host_refusal() is None:
        report_host(whole=True)
    fetch_named()


def serving() -> dict[str, Any]:
    """Our routes, which come before gradio's, and the door in front of all of them."""
    own = [*routes(), *mcp_routes()]
    more = {path: unloaded(language) for path, language in PAGES.items()}
    beside = Middleware(Beside, prefix=hosting.ROOT_PATH.read(), more=more)
    return {"routes": own, "middleware": [Middleware(Door, own=own), Middleware(Front), beside]}


def site() -> Starlette:
    """All that is served: gradio's app with our routes and the door in it, under the host's path."""
    demo = build().queue(max_size=64)
    demo.state_session_capacity = 200
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # several pages have no server-side rendering, which is off
        return gr.mount_gradio_app(
            Starlette(middleware=[Middleware(Behind, prefix=hosting.ROOT_PATH.read(), pages=PAGES)]),
            demo,
            path="/",
            root_path=quote(hosting.ROOT_PATH.read()),
            theme=gr.themes.Base(font=SANS, font_mono=MONO),
            head=head(),
            favicon_path=FAVICON,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            max_file_size=1,
            ssr_mode=False,
            mcp_server=False,
            app_kwargs=serving(),
        )


def main() -> None:
    """Serves until it is stopped."""
    logging.basicConfig(level=logging.WARNING)
    check_named()
    settle()
    report_host()
    threading.Thread(target=warm, daemon=True).start()
    app = site()
    sockets = opened()
    print(*(f"Glassbox: {url}" for url in urls(sockets)), sep="\n", flush=True)
    serve(app, sockets)


if __name__ == "__main__":
    main()
