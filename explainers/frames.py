"""A page for a sandboxed frame, around somebody else's drawing: our colours and fonts, its two libraries, no address.

What stands in `assets/frame/` is put together with d3 and jQuery from the packages that carry them.
"""

from __future__ import annotations

import html
import json
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from explainers import figures

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "frame"


def page(title: str, language: str, nonce: str, body: str, facts: dict[str, Any], drawing: str) -> str:
    """The whole page; each of its scripts bears the nonce.

    body: trusted markup. facts: what `frame.js` reads, and the one place where a person's text may stand. drawing: the
    script that runs last, after the libraries and `frame.js`.
    """
    return Template(asset("frame.html")).substitute(
        language=language,
        title=html.escape(title),
        style=style(),
        body=body,
        facts=json.dumps(facts).replace("<", "\\u003c"),
        nonce=nonce,
        libraries=libraries(),
        own=asset("frame.js"),
        drawing=drawing,
    )


@cache
def asset(name: str) -> str:
    """A file of ours that every frame holds."""
    return (FOLDER / name).read_text(encoding="utf-8")


@cache
def style() -> str:
    """Both themes' colours, the fonts, and the frame's own rules."""
    return f"{colours()}\n{asset('frame.css')}"


@cache
def colours() -> str:
    """Both themes' colours and the fonts, as variables."""
    both = {theme: "".join(f"{n}:{v};" for n, v in figures.palette(theme).items()) for theme in ("light", "dark")}
    fonts = f"--fonts:{figures.FONTS};"
    return f":root{{{both['light']}{fonts}}} @media screen {{ :root.dark {{{both['dark']}}} }}"  # paper is light


@cache
def libraries() -> str:
    """d3 and jQuery from the packages that carry them."""
    from xstatic.pkg import d3, jquery

    files = (Path(d3.BASE_DIR) / "d3.js", Path(jquery.BASE_DIR) / "jquery.min.js")
    return "\n;".join(file.read_text(encoding="utf-8") for file in files)
