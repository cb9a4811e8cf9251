"""A Trace as text, for a language model or a curious person: each view's title, and what can be read of it.

Tables and texts as they are, figures as the numbers they draw, components as what they were given. Long ones are cut,
and say so.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..contract import Component, Explainer, Html, Markdown, Table
from ..words import Words, words_for
from .figure import drawn
from .plain import MOST_COLUMNS, brief, is_data, table, text_in

MOST = 40_000  # bytes of the whole text


def summary(
    explainer: Explainer, trace: Any, values: Mapping[str, Any], language: str, remarks: Sequence[str] = ()
) -> str:
    """The text; its words in that language, its numbers as they are. remarks: what is to be said of the sentence."""
    words, own = words_for(explainer.name, language), words_for("tools", language)
    title, *rest = lines(explainer, trace, values, words, own)
    return cut([title, *remarks, *rest], own)


def lines(explainer: Explainer, trace: Any, values: Mapping[str, Any], words: Words, own: Words) -> Iterator[str]:
    """Title and question, the trace's own fields, then view by view."""
    yield f"# {words('title')}: {words('question')}"
    told = list(told_in(fields(trace)))
    yield from told
    for name, view in explainer.views.items():
        takes = inspect.signature(view).parameters
        made = view(trace, words, **{knob: value for knob, value in values.items() if knob in takes})
        if not isinstance(made, Html):  # which is for the eye alone
            yield f"\n## {words(f'views.{name}.title')}\n{words(f'views.{name}.caption')}\n"
            yield from (line for line in shown(made, own) if line not in told)
    if words.raw("caution"):
        yield f"\n{words('caution')}"


def told_in(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Names and values as a list."""
    return (f"- {name}: {told}" for name, told in named)


def cut(parts: Sequence[str], own: Words) -> str:
    """As many of the lines as there is room for."""
    size = 0
    kept: list[str] = []
    for part in parts:
        size += len(part.encode("utf-8", "replace")) + 1
        if size > MOST:
            return "\n".join([*kept, "", own("cut")])
        kept.append(part)
    return "\n".join(kept)


def shown(view: Any, own: Words) -> Iterator[str]:
    """The lines of one view."""
    if isinstance(view, Table):
        yield from table(view.columns, view.rows, own)
    elif isinstance(view, Markdown):
        yield view.text
    elif isinstance(view, Component):
        yield from told_in(fields(view.props))
    else:
        yield from drawn(view, own)


def fields(value: Any) -> Iterator[tuple[str, str]]:
    """(name, text) of what is short in a trace or in a component's props: numbers, texts, lists of texts, shapes."""
    named = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)} if is_data(value) else value
    for name, part in named.items():
        if isinstance(part, list) and part and all(isinstance(item, Mapping) and not text_in(item) for item in part):
            rows = ["; ".join(f"{key}: {told}" for key, told in fields(item)) for item in part[:MOST_COLUMNS]]
            yield from ((name, told) for told in rows if told)
        elif told := brief(part):
            yield name, told
