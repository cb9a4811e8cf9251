"""The server, from the first signal to the last. It asks nothing of itself, so no proxy in the environment matters.

A container's process 1 ignores a signal that it does not handle, and what computes in a thread cannot be stopped: so
signals are heeded from the start on, open streams get a moment, and then the process ends whatever it is doing.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from typing import Any, NoReturn

import uvicorn

GRACE = 2  # seconds that open streams are given
SIGNALS = ("SIGTERM", "SIGINT", "SIGBREAK")  # the last is Windows'


def end(*_: Any) -> NoReturn:
    """Ends the process at once, with status 0: it was asked to."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def heed_signals() -> None:
    """From now on a signal to stop is one, also while libraries are still being imported."""
    for name in SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def serve(app: Any, sockets: list[socket.socket]) -> NoReturn:
    """Answers on these sockets until a signal comes; then ends the process."""
    config = uvicorn.Config(app, log_level="warning", workers=1, timeout_graceful_shutdown=GRACE)
    server = uvicorn.Server(config)
    logging.getLogger("uvicorn.error").addFilter(lambda record: not server.should_exit)  # streams that are cut
    server.run(sockets)
    end()
