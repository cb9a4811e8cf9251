"""Nested rules become flat ones that say the same."""

from __future__ import annotations

import pytest

from explainers.shell.styles import flat

CASES = {
    "a { color: red }": ".x a { color: red }",
    "a, b:is(c, d) { top: 0; }": ".x a, .x b:is(c, d) { top: 0; }",
    "& { top: 0; }": ".x { top: 0; }",
    ".dark & a { top: 0; }": ".dark .x a { top: 0; }",
    "a { top: 0; b { left: 0; } right: 0; }": ".x a { top: 0; right: 0; }\n.x a b { left: 0; }",
    "a { &:hover, & b { top: 0; } }": ".x a:hover, .x a b { top: 0; }",
    "a, b { c { top: 0; } }": ".x a c, .x b c { top: 0; }",
    "@media print { a { top: 0; } }": "@media print {\n.x a { top: 0; }\n}",
    "@media (x) { @supports (y) { a { top: 0; } } }": "@media (x) {\n@supports (y) {\n.x a { top: 0; }\n}\n}",
    "@keyframes k { to { top: 0; } }": "@keyframes k { to { top: 0; } }",
    'a::before { content: "}{;"; top: 0; }': '.x a::before { content: "}{;"; top: 0; }',
    "/* a { } */ b { top: 0; /* ; */ }": ".x b { top: 0; }",
    "a { }": "",
}


@pytest.mark.parametrize("nested", CASES)
def test_flat_rules_say_the_same(nested: str) -> None:
    assert flat(nested, ".x") == CASES[nested]
