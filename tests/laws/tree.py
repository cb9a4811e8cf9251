"""What the laws look at: the files of the project, and what its code imports and says."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def ask_git() -> list[str] | None:
    """Tracked files and new ones that are not ignored, or None where there is no git."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        return None


def look() -> Iterator[str]:
    """The same without git: all files but those that a line of .gitignore names."""
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().split()] + [".git"]
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if not any(fnmatch(part, pattern) for part in parts for pattern in ignored):
            yield "/".join(parts)


@cache
def files() -> tuple[str, ...]:
    """All files of the project, as paths from its root with forward slashes, sorted."""
    names = ask_git()
    return tuple(sorted(name for name in (look() if names is None else names) if (ROOT / name).is_file()))


def python_files(*folders: str) -> list[str]:
    """The Python files whose path starts with one of these; all of them when none is given."""
    return [name for name in files() if name.endswith(".py") and name.startswith(folders or "")]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def parse(name: str) -> ast.Module:
    return ast.parse(read(name), name)


def imports(name: str) -> set[str]:
    """Top-level names of all modules that a file imports, wherever in the file; its own package's are left out."""
    found = set()
    for node in ast.walk(parse(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
