"""Nested style sheets as flat ones: browsers older than 2023 drop every rule that stands inside another."""

from __future__ import annotations

import re
from collections.abc import Iterator

GROUPS = ("@media", "@supports", "@container")  # hold rules, and say when these count
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
COMMA = re.compile(r",\s*(?![^(]*\))")  # between two selectors, not inside one


def flat(text: str, outer: str = "") -> str:
    """The same rules without nesting, each inside `outer`: `&` stands for it, or it stands before the selector.

    >>> print(flat(".a, & { color: red; } @media print { .b { top: 0; } } :root.big & { .c { top: 1px; } }", ".x"))
    .x .a, .x { color: red; }
    @media print {
    .x .b { top: 0; }
    }
    :root.big .x .c { top: 1px; }
    """
    return "\n".join(rules(COMMENT.sub("", text), outer))


def rules(text: str, outer: str) -> Iterator[str]:
    """The rules of a sheet, or of a rule's inside, one a line."""
    for head, body in parts(text):
        if head.startswith(GROUPS):
            yield f"{head} {{\n" + "\n".join(rules(body, outer)) + "\n}"
        elif head.startswith("@"):
            yield f"{head} {{ {body} }}"
        elif head:
            selector = within(head, outer)
            said = " ".join(line for at, line in parts(body) if not at)
            if said:
                yield f"{selector} {{ {said} }}"
            yield from rules(body, selector)


def parts(text: str) -> Iterator[tuple[str, str]]:
    """(what stands before a brace, what stands in it) of each outer block; ("", declaration) of what stands in none."""
    plain = STRING.sub(lambda found: "x" * len(found[0]), text)  # a brace in a string is none
    depth = start = opened = 0
    for at, sign in enumerate(plain):
        if sign == "{":
            opened = opened if depth else at
            depth += 1
        elif sign == "}":
            depth -= 1
        if depth or sign not in "};":
            continue
        if sign == "}":
            yield " ".join(text[start:opened].split()), text[opened + 1 : at].strip()
        elif text[start:at].strip():
            yield "", " ".join(text[start : at + 1].split())
        start = at + 1
    if text[start:].strip():  # the last declaration needs no semicolon
        yield "", " ".join(text[start:].split())


def within(head: str, outer: str) -> str:
    """Each selector of a list, inside `outer`."""
    if not outer:
        return head
    pairs = [(part.strip(), base) for base in COMMA.split(outer) for part in COMMA.split(head)]
    return ", ".join(part.replace("&", base) if "&" in part else f"{base} {part}" for part, base in pairs)
