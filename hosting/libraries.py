"""What libraries read for themselves, put right before they are imported: variables, proxies, a place for files."""

from __future__ import annotations

import os
import tempfile

from . import OTHERS, fail
from .proxies import mend_proxies

QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000"}
KEPT = {*QUIET, "GRADIO_TEMP_DIR"}  # of gradio's own: the others have no use here, and one that it cannot read stops it
DEFAULTS = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # How many compiled kernels oneDNN keeps, one a length of text; its own 1024 fill memory for hours.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
}

IN_MEMORY = "/dev/shm"


def prepare() -> None:
    """To be called before the first of them is imported: nothing is sent, nothing is counted."""
    for setting in OTHERS:
        if setting.text():
            os.environ[setting.name] = setting.text()
        else:
            os.environ.pop(setting.name, None)
    for name in [name for name in os.environ if name.startswith("GRADIO_") and name not in KEPT]:
        del os.environ[name]
    os.environ.update(QUIET)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    name_temporary_folder()
    mend_proxies()


def name_temporary_folder() -> None:
    """Where no usual place can be written memory does, which a container has though its root is read-only."""
    try:
        tempfile.gettempdir()
    except OSError:
        if not os.access(IN_MEMORY, os.W_OK):
            fail("No folder for temporary files can be written: mount one at /tmp, or let TMPDIR name one.")
        tempfile.tempdir = IN_MEMORY
