"""Glassbox: one page per language, the endpoints, the tools, launch.

    python app.py        http://127.0.0.1:7860, and /ko

The environment variables that a host may set stand in the README.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Any

# Before gradio is imported, which reads them once: nothing is sent, nothing is counted.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# How many compiled kernels oneDNN keeps, one for each length of text; its own 1024 fill memory for hours, no faster.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

import gradio as gr
from starlette.middleware import Middleware

import models
from explainers.shell.api import Site, endpoints
from explainers.shell.door import Door
from explainers.shell.front import Front
from explainers.shell.heap import settle
from explainers.shell.mcp import mcp_routes
from explainers.shell.page import page
from explainers.shell.routes import head, routes
from explainers.words import LANGUAGES, words_for

SANS = ("system-ui", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR", "Noto Sans KR", "sans-serif")
FAVICON = Path(__file__).parent / "assets" / "page" / "favicon.svg"
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
    """Loads each language's model in the background, so that the first sentence need not wait for it."""
    for language in LANGUAGES:
        models.load(models.default(frozenset({"causal"}), words_for("shell", language)("name")))


def serving() -> dict[str, Any]:
    """Our routes, which come before gradio's, and the door in front of all of them."""
    own = [*routes(), *mcp_routes()]
    return {"routes": own, "middleware": [Middleware(Door, own=own), Middleware(Front)]}


def main() -> None:
    """Serves until it is stopped."""
    logging.basicConfig(level=logging.WARNING)
    on_space = "SPACE_ID" in os.environ
    settle()
    threading.Thread(target=warm, daemon=True).start()
    demo = build().queue(max_size=64)
    demo.launch(
        server_name=os.environ.get("GLASSBOX_HOST", "0.0.0.0" if on_space else "127.0.0.1"),
        server_port=int(os.environ.get("GLASSBOX_PORT", "7860")),
        theme=gr.themes.Base(font=SANS, font_mono=MONO),
        head=head(),
        favicon_path=FAVICON,
        footer_links=[],
        run_history=False,
        state_session_capacity=200,
        enable_monitoring=False,
        max_file_size=1,
        ssr_mode=False,
        mcp_server=False,
        app_kwargs=serving(),
    )


if __name__ == "__main__":
    main()
