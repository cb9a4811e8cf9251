"""How it is hosted. This file: every setting, read here and nowhere else; `hosting.PORT.read()` gives 7860.

setting.py  one environment variable
kinds.py    how its text is read
listen.py   the sockets to listen on
libraries.py what libraries read for themselves
proxies.py  proxies on the way out
pip.py      what pip is told: where packages come from here
outward.py  requests to a package index
serve.py    the server: from the first signal to the last
behind.py   what a proxy in front needs
health.py   whether the app answers; the container asks it
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import platformdirs

from . import kinds
from .setting import BadSetting, Setting

POLICIES = ("bundled", "installed", "catalogue", "any")
SWITCH = ("0", "1", "off", "on", "no", "yes", "false", "true")
GIGABYTES = "a number of gigabytes, such as 4 or 0.5"


def on_a_space() -> bool:
    """Whether this runs on a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID"))


def is_offline() -> bool:
    """Whether the Hub is never asked."""
    return (HF_HUB_OFFLINE.read() or "0") in ("1", "on", "yes", "true")


MODELS = Setting(
    "GLASSBOX_MODELS",
    kinds.one_of(*POLICIES),
    " or ".join(POLICIES),
    lambda: "installed" if on_a_space() else "catalogue",
)
FOLDER: Setting[Path | None] = Setting(
    "GLASSBOX_FOLDER", lambda text: Path(text).expanduser(), "the path of a model's folder", lambda: None
)
STORE = Setting(
    "GLASSBOX_STORE",
    lambda text: Path(text).expanduser(),
    "the path of a folder in which models that are fetched or converted are kept",
    lambda: platformdirs.user_cache_path("glassbox") / "models",
)
WITH: Setting[tuple[str, ...]] = Setting(
    "GLASSBOX_WITH", kinds.names, "names of real models, with commas or blanks between them", tuple
)
FIRST = Setting("GLASSBOX_FIRST", kinds.one_of("real", "bundled"), "real or bundled", lambda: "real")
MAX_GB: Setting[float | None] = Setting("GLASSBOX_MAX_GB", kinds.number(0), GIGABYTES, lambda: None)
CACHE_GB = Setting("GLASSBOX_CACHE_GB", kinds.number(0), GIGABYTES, lambda: 4.0)
TRACE_MB = Setting("GLASSBOX_TRACE_MB", kinds.number(0), "a number of megabytes, such as 128", lambda: 128.0)
RUNS = Setting("GLASSBOX_RUNS", kinds.whole(0), "a whole number, such as 2", lambda: 2)
RUN_STEPS = Setting("GLASSBOX_RUN_STEPS", kinds.whole(1), "a whole number from 1 on, such as 2000", lambda: 2000)
RUN_SECONDS = Setting("GLASSBOX_RUN_SECONDS", kinds.number(0), "a number of seconds, such as 180", lambda: 180.0)
HOST = Setting(
    "GLASSBOX_HOST",
    kinds.host,
    "127.0.0.1 for this machine alone, 0.0.0.0 or :: for every address that it has, or one of these",
    lambda: "0.0.0.0" if on_a_space() else "127.0.0.1",
)
PORT = Setting(
    "GLASSBOX_PORT",
    kinds.whole(0, 65535),
    "a whole number from 1 to 65535, such as 7860, or 0 for any that is free",
    lambda: 7860,
    unset=kinds.SERVICE.fullmatch,
)
ROOT_PATH = Setting(
    "GLASSBOX_ROOT_PATH", kinds.path, "the path under which a proxy serves this, such as /gb", lambda: ""
)
# libraries read these for themselves
OMP_NUM_THREADS: Setting[int | None] = Setting(
    "OMP_NUM_THREADS", kinds.threads, "a whole number from 1 on, such as 2", lambda: None
)
HF_HOME: Setting[str | None] = Setting("HF_HOME", str, "the path of a folder", lambda: None)
HF_HUB_OFFLINE: Setting[str | None] = Setting(
    "HF_HUB_OFFLINE", kinds.one_of(*SWITCH), "1, so that the Hub is never asked, or 0", lambda: None
)

OWN = (
    *(MODELS, FOLDER, STORE, WITH, FIRST, MAX_GB, CACHE_GB, TRACE_MB, RUNS, RUN_STEPS, RUN_SECONDS),
    *(HOST, PORT, ROOT_PATH),
)
OTHERS = (OMP_NUM_THREADS, HF_HOME, HF_HUB_OFFLINE)


def wrong() -> Iterator[str]:
    """A sentence for each setting that cannot be meant."""
    for setting in (*OWN, *OTHERS):
        try:
            setting.read()
        except BadSetting as bad:
            yield str(bad)


def check() -> None:
    """Ends the program where a setting cannot be meant."""
    said = [*wrong()]
    if said:
        fail("\n".join(said))


def fail(sentence: str) -> NoReturn:
    """Says on the terminal why the program cannot start, and ends it with status 2."""
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(2)
