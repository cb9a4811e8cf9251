"""What a notebook shows of a view: a piece of HTML that holds all it needs, for there is no server and no network.

A figure brings plotly.js along, packed, once for each cell: a server of notebooks drops what is larger. One of our own
components and somebody else's drawing come in a sandboxed frame, and what is in it can ask for nothing.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import math
import secrets
import sys
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import numpy as np
import plotly
import plotly.graph_objects as go

from explainers import frames
from explainers.contract import Component, Html, Markdown, Table
from explainers.words import words_for
from models.refusal import language_of_terminal

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NOTEBOOK = ASSETS / "notebook"
POLICY = "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data: blob:"
CELL = "padding:2px 10px;text-align:{align}"
_drawn_in: list[int] = [0]  # the number of the cell that has plotly.js already


def bundle(view: Any) -> dict[str, Any]:
    """The forms of a view by their MIME types: HTML, a short text, and for those that draw it themselves more."""
    plain = {"text/plain": repr(view)}
    if isinstance(view, Markdown):
        return {"text/markdown": view.text, "text/html": f"<p>{html.escape(view.text)}</p>", **plain}
    if isinstance(view, Table):
        return {"text/html": table(view), **plain}
    if isinstance(view, Html):
        nonce = secrets.token_urlsafe(18)
        return {"text/html": frame(view.source(nonce), nonce, view.height), **plain}
    if isinstance(view, Component):
        nonce, name = secrets.token_urlsafe(18), f"glassbox-{secrets.token_hex(8)}"
        return {"text/html": frame(component(view, name, nonce), nonce, 480, name), **plain}
    return {"application/vnd.plotly.v1+json": listed(view), "text/html": figure(view), **plain}


def table(view: Table) -> str:
    """Rows and columns; tokens are marked as what no one should translate."""
    numbers = [any(isinstance(row[i], int | float) for row in view.rows) for i in range(len(view.columns))]
    styles = [CELL.format(align="right" if number else "left") for number in numbers]
    head = "".join(
        f'<th style="{style}">{html.escape(name)}</th>' for style, name in zip(styles, view.columns, strict=True)
    )
    rows = ("".join(cell(value, styles[i], i in (view.data or ())) for i, value in enumerate(row)) for row in view.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<table class="glassbox"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def cell(value: Any, style: str, data: bool) -> str:
    """A cell: a fraction to four digits, as on the page."""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f'<td style="{style}"{" translate=no" if data else ""}>{html.escape(text)}</td>'


def frame(page: str, nonce: str, height: int, name: str = "") -> str:
    """A page in a frame that may run what bears the nonce, and nothing else. name: by which it tells its height."""
    guarded = page.replace(
        "<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY.format(nonce=nonce)}">', 1
    )
    box = (
        f'<iframe sandbox="allow-scripts" id="{name}" srcdoc="{html.escape(guarded)}" '
        f'style="width:100%;height:{height}px;border:0;background:#fff"></iframe>'
    )
    told = (
        f"addEventListener('message', ({{ data }}) => {{ if (data?.glassbox === '{name}') "
        f"document.getElementById('{name}').style.height = `${{data.height}}px`; }});"
    )
    return f"{box}<script>{told}</script>" if name else box


def component(view: Component, name: str, nonce: str) -> str:
    """The page that shows one of our components alone."""
    from explainers.shell.pack import to_json

    language = language_of_terminal()
    facts = {"id": name, "name": view.name, "props": to_json(view.props, page=True), "knobs": to_json(view.knobs)}
    return Template((NOTEBOOK / "component.html").read_text(encoding="utf-8")).substitute(
        language=language, style=style(), facts=safe(facts), nonce=nonce, scripts=scripts(language)
    )


@cache
def style() -> str:
    """The page's colours and its style, for the components."""
    files = [ASSETS / "page" / "page.css", *sorted((ASSETS / "components").glob("*.css"))]
    return "\n".join([frames.colours(), *(file.read_text(encoding="utf-8") for file in files)])


@cache
def scripts(language: str) -> str:
    """The page's own scripts that components stand on, the components, and what mounts one."""
    boot = {language: {"words": {"components": words_for("components", language).texts}}}
    files = [ASSETS / "page" / "core.js", *sorted((ASSETS / "components").glob("*.js")), NOTEBOOK / "component.js"]
    return f"globalThis.glassboxBoot = {safe(boot)};" + "".join(
        f"\n;{file.read_text(encoding='utf-8')}" for file in files
    )


def safe(value: Any) -> str:
    """JSON that can stand in a script."""
    return json.dumps(value).replace("<", "\\u003c")


def listed(view: go.Figure) -> dict[str, Any]:
    """A figure as JSON values, its arrays as lists: an older plotly.js knows no others."""
    return unpacked(view.to_plotly_json())


def unpacked(value: Any) -> Any:
    """The same with every array as a list, those that plotly has packed, too; what is no number is nothing."""
    if isinstance(value, dict) and "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        value = array.reshape([int(side) for side in str(value["shape"]).split(",")] if "shape" in value else -1)
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {name: unpacked(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [unpacked(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def figure(view: go.Figure) -> str:
    """A figure, drawn by the plotly.js that the plotly package carries."""
    name = f"glassbox-{secrets.token_hex(8)}"
    drawing = listed(view)
    drawing["layout"] = {**drawing["layout"], "paper_bgcolor": "#fff", "plot_bgcolor": "#fff"}
    failed = words_for("components", language_of_terminal())("figure.failed")
    facts = {"id": name, "figure": drawing, "library": library() if is_first_of_cell() else None, "failed": failed}
    script = (NOTEBOOK / "figure.js").read_text(encoding="utf-8").strip()
    height = view.layout.height or 450
    return f'<div id="{name}" style="height:{height}px;background:#fff"></div><script>{script}({safe(facts)})</script>'


@cache
def library() -> str:
    """plotly.js, gzipped, in base64."""
    path = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    return base64.b64encode(gzip.compress(path.read_bytes(), 9, mtime=0)).decode()


def is_first_of_cell() -> bool:
    """Whether no figure was drawn yet in the cell of the notebook that runs now; outside of one, each is the first."""
    shell = kernel()
    first = shell is None or shell.execution_count != _drawn_in[0]
    _drawn_in[0] = shell.execution_count if shell else 0
    return first


def kernel() -> Any:
    """IPython's shell, where this runs in one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
