"""What pip is told: whoever set it up for this machine has thereby said where packages come from here."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

PYPI = "https://pypi.org/simple"
SECTIONS = ("global", "download", "install")  # of pip's files: what stands in a later one counts more


@dataclass(frozen=True)
class Told:
    """Where packages are looked for, and how.

    indexes: addresses of indexes, asked in this order. links: folders, or pages of links, looked at before.
    certificates: a file or folder with those to be trusted, or "". proxy: its address, or "".
    trusted: hosts whose certificate is not looked at.
    """

    indexes: tuple[str, ...] = (PYPI,)
    links: tuple[str, ...] = ()
    certificates: str = ""
    proxy: str = ""
    trusted: tuple[str, ...] = ()


def told() -> Told:
    """Asks pip what its files and the environment tell it; where there is no pip, the environment alone."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        said = done.stdout
    except (OSError, subprocess.TimeoutExpired):
        said = ""
    return read(said, os.environ)


def read(said: str, environment: Mapping[str, str]) -> Told:
    """What the lines of `pip config list` and the environment's variables say together; the latter count more."""
    values = _values(said) | {
        name.removeprefix("PIP_").lower().replace("_", "-"): value.strip()
        for name, value in environment.items()
        if name.startswith("PIP_") and value.strip()
    }

    def many(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(values.get(name, "").split()))

    own = (values.get("index-url") or PYPI, *many("extra-index-url"))
    closed = values.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return Told(
        indexes=() if closed else tuple(dict.fromkeys(own)),
        links=many("find-links"),
        certificates=values.get("cert", ""),
        proxy=values.get("proxy", ""),
        trusted=many("trusted-host"),
    )


def _values(said: str) -> dict[str, str]:
    """Option -> value: of a line such as `global.index-url='https://…'`."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in said.splitlines():
        place, equals, value = line.partition("=")
        section, dot, option = place.partition(".")
        if equals and dot and section in found:
            try:
                found[section][option] = str(ast.literal_eval(value)).strip()
            except (ValueError, SyntaxError):
                continue
    return {option: value for section in SECTIONS for option, value in found[section].items() if value}
