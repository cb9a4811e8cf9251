"""What the server gives out beside gradio: its health, the page's own files, and the arrays of kept traces.

Files are read once, at start; nothing that a request says becomes a path.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

import plotly
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ..words import LANGUAGES, words_for
from . import runs
from .boot import boot
from .kept import KEPT
from .pack import raw, squeeze
from .styles import flat

ASSETS = Path(__file__).parents[2] / "assets"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
# core.js makes the global that the others put themselves on
SCRIPTS = ["page/core.js", *sorted(f"page/{p.name}" for p in (ASSETS / "page").glob("*.js") if p.name != "core.js")]


def palette_css() -> str:
    """The palette as CSS variables, for the light and the dark page."""
    palette = json.loads((ASSETS / "palette.json").read_text(encoding="utf-8"))

    def block(selector: str, colours: dict[str, str]) -> str:
        return selector + " {" + "".join(f"{name}:{value};" for name, value in colours.items()) + "}\n"

    dark = block(":root.dark, .dark", palette["dark"])
    return block(":root", palette["light"]) + f"@media screen {{ {dark} }}"  # paper is light


@functools.cache
def files() -> dict[str, tuple[bytes, str]]:
    """Name -> (gzipped content, content type) of each file that a page loads, plotly.js apart."""
    components = sorted((ASSETS / "components").iterdir())
    scripts = [ASSETS / name for name in SCRIPTS] + [p for p in components if p.suffix == ".js"]
    page = ASSETS / "page"
    styles = [page / "page.css", *(p for p in components if p.suffix == ".css"), page / "marks.css"]
    read = ";globalThis.glassboxRead = true;"  # old.js asks
    script = boot_script() + "".join(f"\n;{p.read_text(encoding='utf-8')}" for p in scripts) + read
    inside = "\n".join(p.read_text(encoding="utf-8") for p in styles)
    base = palette_css() + (page / "base.css").read_text(encoding="utf-8")
    style = f"{flat(base)}\n{flat(inside, '.gradio-container.gradio-container')}\n"  # outweighs gradio's own
    return {
        "glassbox.js": (squeeze(script.encode()), TYPES[".js"]),
        "glassbox.css": (squeeze(style.encode()), TYPES[".css"]),
    }


def boot_script() -> str:
    """The data that the scripts start from: explainers, controls and words, in every language."""
    data = {language: boot(language) for language in LANGUAGES}
    return f"globalThis.glassboxBoot = {json.dumps(data, ensure_ascii=False)};"


def version() -> str:
    """Changes when any of the files does, so that browsers may keep each version for ever."""
    digest = hashlib.sha256(b"".join(content for content, _ in files().values()) + plotly.__version__.encode())
    return digest.hexdigest()[:12]


@functools.cache
def plotly_script() -> bytes:
    """The plotly.js that the plotly package carries, gzipped."""
    path = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return gzip.compress(path.read_bytes(), 6, mtime=0)


def head() -> str:
    """What the page's head loads: one script and one style sheet, both from here."""
    v = version()
    style = f'<link rel="stylesheet" href="./glassbox/glassbox.css?{v}">'
    return f'{style}<script src="./glassbox/glassbox.js?{v}" data-version="{v}"></script>'


def zipped(content: bytes, kind: str, keep: str) -> Response:
    """A response whose body is gzipped already."""
    headers = {"Content-Encoding": "gzip", "Cache-Control": keep, "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=kind, headers=headers)


FOR_EVER = "public, max-age=31536000, immutable"


def health(request: Request) -> Response:
    """Says that the server answers."""
    return PlainTextResponse("ok")


def asset(request: Request) -> Response:
    """One of the page's own files."""
    name = request.path_params["name"]
    if name == "plotly.js":
        return zipped(plotly_script(), TYPES[".js"], FOR_EVER)
    found = files().get(name)
    return zipped(*found, FOR_EVER) if found else PlainTextResponse("", 404)


def gone(request: Request) -> Response:
    """The sentence that what was asked for is no longer kept, in the language of the query."""
    asked = request.query_params.get("lang", "")
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    return PlainTextResponse(words_for("refusals", language)("gone"), 404)


def array(request: Request) -> Response:
    """An array of a kept trace; a sentence and 404 where the key is unknown or its trace is gone."""
    found = KEPT.array(request.path_params["key"], request.path_params["name"])
    if found is None:
        return gone(request)
    return zipped(squeeze(raw(found)), "application/octet-stream", "private, max-age=600")


def frame(request: Request) -> Response:
    """A page for a sandboxed frame: no origin of its own, no request to anywhere, no script without this nonce.

    The header holds even where the address is opened by itself. A sentence and 404 where its trace is gone.
    """
    make = KEPT.frame(request.path_params["key"], request.path_params["name"])
    if make is None:
        return gone(request)
    nonce = secrets.token_urlsafe(18)
    answer = zipped(squeeze(make(nonce).encode()), "text/html; charset=utf-8", "private, no-store")
    answer.headers["Content-Security-Policy"] = (
        f"sandbox allow-scripts; default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'"
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def steer(request: Request) -> Response:
    """What a page asks of a run of its own: pause, go on, change, stop. A sentence and 400 where that cannot be."""
    asked = request.query_params
    language = asked.get("lang", "") if asked.get("lang", "") in LANGUAGES else LANGUAGES[0]
    said = runs.steer(request.path_params["key"], request.path_params["act"], asked, language)
    return PlainTextResponse(said, 400) if said else Response(status_code=204)


def page(code: str, request: Request) -> Response:
    """From a page's address with a slash at its end to the page, beside which all that it loads lies."""
    query = f"?{request.url.query}" if request.url.query else ""
    return Response(status_code=307, headers={"Location": f"../{code}{query}"})  # relative: a proxy's prefix stays


def routes() -> list[Any]:
    """All of the above, to be served before gradio's own."""
    return [
        *(Route(f"/{code}/", functools.partial(page, code)) for code in LANGUAGES[1:]),
        Route("/healthz", health),
        Route("/glassbox/{name}", asset),
        Route("/arrays/{key}/{name}", array),
        Route("/frames/{key}/{name}", frame),
        Route("/runs/{key}/{act}", steer, methods=["POST"]),
    ]
