"""What an explainer is: one idea as data, from which the shell makes a tab, an endpoint, a link and a tool.

Data flows one way: text -> ids -> arrays (`models.run`) -> Trace -> views + words -> picture. Nothing here imports
torch, plotly or gradio.

Shape letters in comments everywhere: B batch, L layers, H heads, T tokens, D width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from explainers.quoted import unquoted
from explainers.run import Budget, Change, Run, Step
from explainers.views import Component, Html, Markdown, Shown, Table, brief
from models.ids import whole_numbers
from models.refusal import Refusal

__all__ = [
    "SPECIAL_TOKENS",
    "Action",
    "Budget",
    "Change",
    "Choice",
    "Component",
    "Control",
    "Explainer",
    "Html",
    "Markdown",
    "Model",
    "Number",
    "Refusal",
    "Run",
    "Shown",
    "Step",
    "Table",
    "Toggle",
    "Tokens",
    "brief",
    "unquoted",
]


@dataclass(frozen=True)
class Control:
    """A named value that a person can change. Its label and its help stand in the words, under `controls.<name>`.

    live: a knob that its component works out in the browser, asking no server.
    inside: drawn by a component of the explainer rather than by the shell; still in the link, still in the endpoint.
    per_sentence: it speaks of places in one sentence, so another sentence or model puts it back to its default.
    during: it reaches a Run while that lasts.
    """

    name: str
    default: Any = None
    live: bool = False
    inside: bool = False
    per_sentence: bool = False
    during: bool = False

    def check(self, value: Any) -> Any:
        """Returns the value in the control's own type, or raises Refusal when it is not one that it takes."""
        return value


@dataclass(frozen=True)
class Number(Control):
    """A number between `low` and `high`; whole if `step` is.

    zero: the toggle that does what 0 would, where that is below `low`: who asks for 0 is told of it.
    """

    low: float = 0
    high: float = 1
    step: float = 1
    zero: str = ""

    @property
    def whole(self) -> bool:
        return isinstance(self.step, int)

    def check(self, value: Any) -> float | int:
        try:
            number = float(value.strip().strip("\"'") if isinstance(value, str) else value)
        except (TypeError, ValueError, OverflowError):
            raise Refusal("not_a_number", control=self.name, value=str(value)[:40]) from None
        if self.zero and 0 <= number < self.low:
            raise Refusal("not_zero", control=self.name, low=self.low, high=self.high, zero=self.zero)
        if not self.low <= number <= self.high:  # NaN fails both comparisons
            raise Refusal("out_of_range", control=self.name, value=str(value)[:40], low=self.low, high=self.high)
        if self.whole and number != int(number):
            raise Refusal("not_whole", control=self.name, value=str(value)[:40])
        return int(number) if self.whole else number


@dataclass(frozen=True)
class Choice(Control):
    """One of a few named options; each option's label stands in the words, under `controls.<name>.options`."""

    options: tuple[str, ...] = ()

    def check(self, value: Any) -> str:
        value = value if isinstance(value, str) and value in self.options else unquoted(value)
        if not isinstance(value, str) or value not in self.options:
            raise Refusal("not_an_option", control=self.name, value=str(value)[:40])
        return value


@dataclass(frozen=True)
class Toggle(Control):
    """Yes or no."""

    default: bool = False

    def check(self, value: Any) -> bool:
        """Takes "true" and "False", too, as some programs send them."""
        value = unquoted(value)
        if not isinstance(value, bool):
            raise Refusal("not_an_option", control=self.name, value=str(value)[:40])
        return value


SPECIAL_TOKENS = Toggle("special_tokens", inside=True)
"""Whether the names of special tokens in the text are read as those. It belongs to the text and to no explainer: a page
has one switch for all of them, and no trace takes it, for the text says so itself then (`models.Marked`)."""


@dataclass(frozen=True)
class Model(Control):
    """A model to run. `needs`: what it must be able to do, such as {"causal"}.

    The one called "model" follows the page's picker wherever that model can do what is needed. Any other has a picker
    of its own. None, its default, means the bundled one that fits: of the language of "model", else of the text's.
    twin: another control whose model must cut texts as this one's does; where that was left to fit and none does, a
    page takes a bundled pair.
    """

    name: str = "model"
    needs: frozenset[str] = frozenset()
    twin: str = ""

    @property
    def shared(self) -> bool:
        """Whether the page's own picker sets it, for every explainer at once."""
        return self.name == "model"

    def check(self, value: Any) -> str | None:
        if value is not None and not isinstance(value, str):
            raise Refusal("unknown_model", model=str(value)[:80])
        return value or None


@dataclass(frozen=True)
class Tokens(Control):
    """Token ids that picking has appended to the sentence; never decoded and encoded again."""

    name: str = "ids"
    default: tuple[int, ...] = ()
    inside: bool = True
    per_sentence: bool = True
    most: int = 512

    def check(self, value: Any) -> tuple[int, ...]:
        """Takes any row of whole numbers: a list, a trace's ids, a tensor; and "[12, 7]", as some programs send it."""
        try:
            ids = whole_numbers(unquoted(value))
        except (TypeError, ValueError):  # ValueError: an array of several numbers where one should be
            raise Refusal("not_tokens", control=self.name) from None
        if any(i < 0 for i in ids):
            raise Refusal("not_tokens", control=self.name)
        if len(ids) > self.most:
            raise Refusal("too_many_tokens", tokens=len(ids), limit=self.most)
        return ids


@dataclass(frozen=True)
class Action(Number):
    """A button that runs the trace once with a number, such as how many tokens to write; at rest it is its default."""

    default: int = 0
    press: int = 1
    inside: bool = True


@dataclass(frozen=True)
class Explainer:
    """One idea.

    name: one noun in snake case: file, tab, endpoint, tool, words file and link all bear it.
    chapter: the heading that it stands under.
    trace: `(text, *, <inputs>) -> Trace`, the slow half; may be a generator that yields Steps and ends with the Trace.
    views: name -> `(trace, words, **knobs)`; fast, no model. The first one leads.
    inputs: trace's controls; a change runs the model again.
    knobs: the views' controls; a change only redraws. A knob that is also a parameter of `trace` reaches it when
        something else runs it, but changing it does not.
    picks: name -> `(trace, event) -> {control: value}`, pure: what a click means.
    after: `(trace) -> {control: value}`: what a finished run leaves in the controls, such as the ids it wrote.
    during: name of a view -> `(steps, words) -> view`: what stands in its place while Steps come, drawn from those
        that have come so far.
    run: `(text, run, *, <inputs>) -> Iterator[Step | Trace]`: what a person may start here and steer while it lasts; it
        works under a Run, which holds the values of the `during` controls, and ends with a Trace of the same type.
    """

    name: str
    chapter: str
    trace: Callable[..., Any]
    views: Mapping[str, Callable[..., Any]]
    inputs: tuple[Control, ...] = ()
    knobs: tuple[Control, ...] = ()
    picks: Mapping[str, Callable[..., dict[str, Any]]] = field(default_factory=dict)
    after: Callable[[Any], dict[str, Any]] | None = None
    during: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    run: Callable[..., Iterator[Any]] | None = None

    @property
    def controls(self) -> tuple[Control, ...]:
        """Inputs, then knobs, and how the text is read."""
        return (*self.inputs, *self.knobs, SPECIAL_TOKENS)

    def control(self, name: str) -> Control:
        """The control of that name; KeyError if there is none."""
        return {control.name: control for control in self.controls}[name]
