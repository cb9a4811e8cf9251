"""The app with the network cut: whatever reaches for another machine is refused, and written down in its output.

python -m tests.real.cut
"""

from __future__ import annotations

import errno
import sys
from typing import Any

REACHED = "reached for"
HERE = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "", None)


def refuse(event: str, given: tuple[Any, ...]) -> None:
    """An audit hook: Python tells it of every address that is asked for or connected to."""
    if event == "socket.getaddrinfo":
        host = given[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
        host = given[1][0]
    else:
        return
    name = host.decode() if isinstance(host, bytes) else host
    if name not in HERE:
        print(REACHED, name, flush=True)
        raise OSError(errno.ENETUNREACH, "the network is cut")


def main() -> None:
    sys.addaudithook(refuse)
    import app  # only now: what it imports is heard, too

    app.main()


if __name__ == "__main__":
    main()
