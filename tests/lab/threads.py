"""Not an explainer: an address that tells the names of the app's threads, so that a test sees one end."""

from __future__ import annotations

import json
import threading

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from explainers.shell import routes


def told(request: object) -> PlainTextResponse:
    return PlainTextResponse(json.dumps([thread.name for thread in threading.enumerate()]))


def add() -> None:
    """Puts it among the app's own addresses."""
    page_routes = routes.routes
    routes.routes = lambda: [Route("/threads", told), *page_routes()]
