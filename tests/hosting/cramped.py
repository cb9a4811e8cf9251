"""Runs app.py as where nothing may be written and there is no folder for temporary files: `python cramped.py`.

It also ignores SIGTERM to begin with, as process 1 of a container does.
"""

from __future__ import annotations

import errno
import os
import runpy
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
MAKES = {"os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link", "os.truncate"}


def forbid(event: str, given: tuple[Any, ...]) -> None:
    """Python tells its hooks of everything that is opened or made."""
    opens = event == "open" and isinstance(given[2], int) and given[2] & WRITES
    if (event in MAKES or opens) and not str(given[0]).startswith(("/dev/", "/proc/")):
        print("kept from writing", given[0], file=sys.stderr)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), given[0])


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tempfile._candidate_tempdir_list = lambda: ["/nowhere"]  # type: ignore[attr-defined]
    sys.dont_write_bytecode = True
    sys.addaudithook(forbid)
    app = str(Path(__file__).resolve().parents[2] / "app.py")
    sys.argv = [app]
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(app).parent]
    runpy.run_path(app, run_name="__main__")
