"""What a view may be, besides a Plotly figure: a table, a text, a frame, one of our components. Nothing heavy here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


def brief(text: str, most: int = 60) -> str:
    """A text short enough to be printed in a line.

    >>> brief("a" * 100, 5)
    'aaaa…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


class Shown:
    """A view, which a notebook shows in a form of its own (`explainers/notebook.py`)."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        from explainers.notebook import bundle

        return bundle(self)

    def _repr_html_(self) -> str:
        return str(self._repr_mimebundle_()["text/html"])


@dataclass(frozen=True, repr=False)
class Table(Shown):
    """Rows under column heads; numbers stay numbers. The text alternative of a picture.

    data: which columns, counted from 0, hold a model's tokens, names or other things that no browser should translate;
    None: any of them may.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    data: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        return f"Table({brief(', '.join(map(str, self.columns)))}; {len(self.rows)} rows)"


@dataclass(frozen=True, repr=False)
class Markdown(Shown):
    """Text with Markdown marks, and formulas between dollar signs."""

    text: str

    def __repr__(self) -> str:
        return f"Markdown({brief(self.text)!r})"


@dataclass(frozen=True, repr=False)
class Html(Shown):
    """A page for a sandboxed frame, without the right to touch the page around it or to ask for anything.

    source: nonce -> the whole page; called once someone looks. A script without that nonce does not run.
    height: in pixels, at the page's own size of type.
    """

    source: Callable[[str], str]
    height: int = 400

    def __repr__(self) -> str:
        return f"Html(height={self.height})"


@dataclass(frozen=True, repr=False)
class Component(Shown):
    """One of the few own browser components (`assets/components/<name>.js`) and what it shows.

    props: JSON values and numpy arrays; the shell packs the arrays. knobs: how they are set, where no page sets them.
    """

    name: str
    props: Mapping[str, Any]
    knobs: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Component({self.name!r}, {brief(', '.join(self.props))})"
