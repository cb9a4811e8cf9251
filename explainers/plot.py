"""A Plotly figure, as a notebook shows it."""

from __future__ import annotations

import sys
from typing import Any

import plotly.graph_objects as go

from explainers.views import Shown


class Figure(Shown, go.Figure):
    """A Plotly figure that shows itself in a notebook without asking anybody for anything."""

    _ipython_display_ = None  # IPython would ask it first, and it asks for a package and a network

    def show(self, *args: Any, **options: Any) -> None:
        """In a notebook the figure itself; elsewhere, or with arguments, what Plotly's own does."""
        if args or options or not ("IPython" in sys.modules and sys.modules["IPython"].get_ipython()):
            super().show(*args, **options)
        else:
            sys.modules["IPython"].display.display(self)

    def __repr__(self) -> str:
        return f"Figure({', '.join(trace.type for trace in self.data[:4])}; {len(self.data)} traces)"
