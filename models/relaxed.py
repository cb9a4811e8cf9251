"""JSON as other tools write it: with a byte order mark, in UTF-16, with comments, with a comma after the last item."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# A string is taken whole, so that what stands in one is never taken for a comment or a comma too many.
STRING = r'"(?:[^"\\]|\\.)*"'
COMMENT = re.compile(rf"({STRING})|//[^\n]*|/\*.*?\*/|^\s*#[^\n]*", re.DOTALL | re.MULTILINE)
LAST_COMMA = re.compile(rf"({STRING})|,(?=\s*[}}\]])", re.DOTALL)


def decoded(data: bytes) -> str:
    """The text of a file: UTF-8 unless it begins with the mark of another; raises ValueError where it is none."""
    kind = next((kind for mark, kind in MARKS.items() if data.startswith(mark)), "utf-8")
    return data.decode(kind)


def parse(data: bytes) -> Any:
    """The value in a JSON file; of a name given twice, the last one. Raises ValueError as `json.loads` does.

    >>> parse(b'{"a": 1, // one' + b"\\n" + b'"b": "//",}')
    {'a': 1, 'b': '//'}
    """
    text = decoded(data)
    try:
        return json.loads(text, object_hook=_number)
    except ValueError as strict:
        try:
            return json.loads(LAST_COMMA.sub(r"\1", COMMENT.sub(r"\1", text)), object_hook=_number)
        except ValueError:
            raise strict from None


def _number(found: dict[str, Any]) -> Any:
    """What JSON has no numbers for, as transformers writes it: {"__float__": "Infinity"}."""
    return float(found["__float__"]) if found.keys() == {"__float__"} else found
