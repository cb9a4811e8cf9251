"""Values that a program has put into quotes once too often."""

from __future__ import annotations

import json
from typing import Any

MOST_QUOTED = 20_000  # characters of a value that is a text; 512 ids take some 4,000


def unquoted(value: Any) -> Any:
    """What a text means that holds a value as JSON or as Python writes it; anything else is left as it is.

    Programs that call tools, language models above all, often put a value into quotes once too often.

    >>> unquoted("True"), unquoted("[12]"), unquoted("12, 7"), unquoted('"head"'), unquoted("head")
    (True, [12], [12, 7], 'head', 'head')
    """
    if not isinstance(value, str) or len(value) > MOST_QUOTED:
        return value
    text = value.strip()
    plain = text.lower() if text.lower() in ("true", "false") else text
    for form in (plain, f"[{plain}]"):
        try:
            return json.loads(form)
        except (ValueError, RecursionError):
            continue
    return value
