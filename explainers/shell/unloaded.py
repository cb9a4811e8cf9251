"""What a page says where its scripts do not come: a proxy lost them, a frame forbids them."""

from __future__ import annotations

import json
from pathlib import Path

from ..words import words_for

SCRIPT = Path(__file__).parents[2] / "assets" / "unloaded.js"


def unloaded(language: str) -> str:
    """Markup for the page's head that needs nothing else of it."""
    words = words_for("refusals", language)
    said = json.dumps({key: words(key) for key in ("not_loaded", "sandboxed")}, ensure_ascii=False)
    return f"<script>({SCRIPT.read_text(encoding='utf-8').strip()})({said})</script>"
