"""From a plot to lines: who and what it is about, which optional lines are told, which wording each takes.

All that both languages share is decided here, from one source of chance, so that a document is the same in both.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from .held import held_name, held_pair
from .invented import KINDS, invented
from .lexicon import Entry, facts, group, load, plots, words

ROLE = re.compile(r"(\w+)(?:: ([^@]+?))?(?: ?@(\w+))?$")
CALL = re.compile(r"> ([\w ]+?)(?:\(([\w, ]*)\))?( \?)?( \*)?$")
OPTIONAL = 0.55
CHOICES = 6

Scope = dict[str, Entry]


@dataclass(frozen=True)
class Line:
    """One sentence to be: its place in the grammar, the wording chosen, and what its roles stand for.

    chances: numbers in [0, 1) for the choices within the wording, the first for the first choice.
    """

    plot: str
    slot: str
    wording: int
    scope: Scope
    chances: tuple[float, ...] = (0.0,) * CHOICES


@dataclass
class Telling:
    """The state of one document while it is told.

    invent: the share of its names that nobody bears. pairs: words that were chosen to stand beside each other.
    """

    chance: random.Random
    held: bool = False
    filler: int = 0
    invent: float = 0.0
    used: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    pairs: list[tuple[Entry, Entry]] = field(default_factory=list)

    def tell(self, plot: str, given: tuple[Entry, ...] = ()) -> Scope:
        """Adds the lines of a plot; `given` fills its first roles, chance the others."""
        table = plots()["plot"][plot]
        scope: Scope = {}
        for i, role in enumerate(table.get("roles", ())):
            match = ROLE.match(role)
            assert match, f"{plot}: not a role: {role}"
            name, kind, beside = match.groups()
            scope[name] = given[i] if i < len(given) else self.cast(kind, scope, scope.get(beside or ""))
        taken: dict[str, int] = {}
        for part in table["lines"]:
            if part.startswith(">"):
                self.call(plot, part, scope)
            else:
                self.slot(plot, part, scope, taken)
        return scope

    def call(self, plot: str, part: str, scope: Scope) -> None:
        """Adds the lines of a group that is called, or leaves an optional one out."""
        match = CALL.match(part)
        assert match, f"{plot}: not a call: {part}"
        names, arguments, optional, repeated = match.groups()
        if optional and self.chance.random() > OPTIONAL:
            return
        for _ in range(self.filler if repeated else 1):
            given = tuple(scope[name.strip()] for name in (arguments or "").split(",") if name.strip())
            self.tell(self.pick(names), given)

    def slot(self, plot: str, part: str, scope: Scope, taken: dict[str, int]) -> None:
        """Adds one line, or leaves an optional one out.

        taken: the wordings chosen in this plot so far, by slot; a slot that answers another takes its wording.
        """
        slot, _, mark = part.partition(" ")
        if mark == "?" and self.chance.random() > OPTIONAL:
            return
        count = len(load("en", "stories")[plot][slot])
        wording = self.chance.randrange(count)
        if mark.startswith("="):
            wording = taken[mark[1:]]
        taken[slot] = wording
        self.lines.append(Line(plot, slot, wording, scope, tuple(self.chance.random() for _ in range(CHOICES))))

    def pick(self, name: str) -> str:
        """A plot of a group, one that this document has not told where there is one."""
        names = group(name)
        fresh = [each for each in names if each not in self.used] or list(names)
        chosen = self.chance.choice(fresh)
        self.used.add(chosen)
        return chosen

    def cast(self, kind: str, scope: Scope, beside: Entry | None) -> Entry:
        """An entry for a role: unused in this document, of the right class, a pair that may be told."""
        if found := re.match(r"(\w+) ([+-]) (\w+)$", kind):
            left, sign, right = found.groups()
            first, second = (words("number").index(scope[name]) + 1 for name in (left, right))
            return words("number")[first + (second if sign == "+" else -second) - 1]
        if found := re.match(r"number (\d+) (\d+)$", kind):
            return self.chance.choice(words("number")[int(found[1]) - 1 : int(found[2])])
        if self.invent and kind in KINDS and self.chance.random() < self.invent:
            return self.keep([invented(kind, self.chance)])
        pool = list(facts(scope[kind[8:]].kind, scope[kind[8:]].key) if kind.startswith("fact of ") else words(kind))
        pool = [each for each in pool if f"{each.kind}.{each.key}" not in self.used] or pool
        chosen = self.keep(self.allowed(pool, beside))
        if beside:
            self.pairs.append((beside, chosen))
        return chosen

    def new(self, line: Line, sentence: str) -> bool:
        """Whether an English sentence says a name or a pair of words that training never shows."""
        entries = list(line.scope.values())
        said = [each for each in entries if each.form("en").split("/")[0].lower() in sentence.lower()]
        pairs = (pair for pair in self.pairs if pair[0] in said and pair[1] in said)
        return any(map(held_name, said)) or any(held_pair(*pair) for pair in pairs)

    def allowed(self, pool: list[Entry], beside: Entry | None) -> list[Entry]:
        """Those that this side of the split may say; the held-out side takes what is held out where it can."""
        out = [each for each in pool if held_name(each) or (beside and held_pair(beside, each))]
        if self.held:
            return out or pool
        rest = [each for each in pool if each not in out]
        assert rest, f"everything held out: {pool}"
        return rest

    def keep(self, pool: list[Entry]) -> Entry:
        chosen = self.chance.choice(pool)
        self.used.add(f"{chosen.kind}.{chosen.key}")
        return chosen
