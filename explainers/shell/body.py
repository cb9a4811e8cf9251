"""What a program sends, as text: in which encoding, and in which language it wants its answer.

A terminal of Korean Windows sends CP949, its editors write UTF-16 or a mark before UTF-8, and curl calls everything a
form. What says which encoding it is in is read; what does not, and is none that JSON may be in, is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers

from ..contract import Refusal
from ..words import LANGUAGES

NAMED = re.compile(rb'"lang"\s*:\s*"([A-Za-z]+)"|(?:^|&)lang=([A-Za-z]+)')
STATUS = {"not_json_type": 415, "foreign_page": 403}  # of the answer that refuses a request; else 400
LAST = re.compile(rb'"([A-Za-z]+)"\s*\]\s*\}?\s*$')  # of the values by place


def parsed(body: bytes, kind: str) -> Any:
    """The JSON value in a body. kind: what its Content-Type says. Refusals: not_json_type, not_utf8, not_json."""
    media, _, rest = kind.partition(";")
    if media.strip().lower() != "application/json":
        raise Refusal("not_json_type")
    try:
        return json.loads(decoded(body, rest))
    except (ValueError, RecursionError):
        raise Refusal("not_json") from None


def decoded(body: bytes, parameters: str = "") -> str:
    """The text of a body: in an encoding that JSON may be in, else in the one that it names (charset=euc-kr)."""
    named = re.search(r"charset\s*=\s*\"?([\w.:-]+)", parameters, re.IGNORECASE)
    said = named[1].lower() if named else ""
    encoding = "cp949" if said in ("euc-kr", "ks_c_5601-1987", "ksc5601", "windows-949", "ms949") else said
    for name in filter(None, (json.detect_encoding(body), encoding)):
        try:
            return body.decode(name, "surrogatepass" if name.startswith("utf") else "strict").removeprefix("\ufeff")
        except (UnicodeError, LookupError):
            continue
    raise Refusal("not_utf8")


def language_asked(scope: Any, body: bytes = b"") -> str:
    """The language that a request asks for: in its query, in its body, be that readable or not, or of its browser."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [])
    flat = body.replace(b"\0", b"")  # of UTF-16
    found = [part for match in NAMED.findall(flat) for part in match if part] or LAST.findall(flat)
    header = Headers(scope=scope).get("accept-language", "")
    preferred = [part.strip()[:2].lower() for part in header.split(",")]
    every = (*query, *(code.decode() for code in reversed(found)), *preferred)
    return next((code for code in every if code in LANGUAGES), LANGUAGES[0])
