"""What takes its time: the Steps that a trace yields on its way, and a Run, the one handle on what lasts.

Shared by the shell, which gives a Run to whoever sits before the page, and by notebooks, which drive it by hand:

>>> run = Run({"rate": 0.5}, Budget(steps=3))
>>> [run["rate"] for _ in run.steps()]
[0.5, 0.5, 0.5]
>>> run.end
'steps'
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Change = tuple[int, str, Any]  # before which step, counted from 0; which control; its new value


class Step:
    """What a trace yields on its way: a small frozen value. The one thing it yields that is no Step is its Trace."""

    __slots__ = ()


@dataclass(frozen=True)
class Budget:
    """The most that a run may take. A run that is paused uses up its seconds, too: it holds a place on the host."""

    steps: int = 1000
    seconds: float = 120.0


class Run:
    """Something that lasts, such as a training: it can be paused, steered and stopped from another thread.

    The work asks it for each step, and reads in that step what the `during` controls are set to:

        for _ in run.steps():
            weights -= run["rate"] * gradient(weights)
            yield Point(loss(weights))
        yield Trace(weights, tuple(run.record))

    id: unguessable; who has it may steer. owner: whose it is. budget: the most it may take.
    step: how many steps are done. end: why there are no more, or None while there are:
        "stopped" by a person, out of "steps" or "seconds", or "finished" by the work itself.
    record: every change that reached it. The same work under `Run(values, Budget(run.step), record=run.record)`
        does the same again.
    """

    def __init__(
        self, values: Mapping[str, Any], budget: Budget | None = None, owner: str = "", record: Sequence[Change] = ()
    ):
        self.id = secrets.token_urlsafe(18)
        self.owner = owner
        self.budget = budget or Budget()
        self.step = 0
        self.end: str | None = None
        self.record: list[Change] = []
        self.paused = False
        self._values = dict(values)
        self._script = list(record)
        self._wanted: dict[str, Any] = {}
        self._stopped = False
        self._ends_at = float("inf")
        self._turn = threading.Condition()

    def __getitem__(self, control: str) -> Any:
        """The value of a control in this step; within a step it does not change."""
        return self._values[control]

    def steps(self) -> Iterator[int]:
        """The number of each step, for as long as the run may go on; waits while it is paused."""
        self._ends_at = time.monotonic() + self.budget.seconds
        try:
            while self._may_go_on():
                yield self.step
                self.step += 1
        finally:
            self.end = self.end or "finished"

    def _may_go_on(self) -> bool:
        with self._turn:
            while self.paused and not self._stopped and self.left > 0:
                self._turn.wait(min(self.left, 1.0))
            if self._stopped:
                self.end = "stopped"
            elif self.left <= 0:
                self.end = "seconds"
            elif self.step >= self.budget.steps:
                self.end = "steps"
            else:
                self._take_changes()
            return self.end is None

    def _take_changes(self) -> None:
        given = {name: value for step, name, value in self._script if step == self.step}
        changes = {**given, **self._wanted}
        self._wanted = {}
        self._values.update(changes)
        self.record += [(self.step, name, value) for name, value in changes.items()]

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return self._ends_at - time.monotonic()

    def change(self, control: str, value: Any) -> None:
        """Sets a control from the next step on; KeyError for one that this run does not have."""
        with self._turn:
            if control not in self._values:
                raise KeyError(control)
            self._wanted[control] = value

    def pause(self, on: bool = True) -> None:
        """Lets no next step begin; with False, lets them begin again."""
        with self._turn:
            self.paused = on
            self._turn.notify_all()

    def stop(self) -> None:
        """Lets no further step begin."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
