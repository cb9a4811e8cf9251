"""Whether the app answers: `python -m hosting.health` ends with 0 if it does. No proxy is asked."""

from __future__ import annotations

import http.client

from . import HOST, PORT
from .listen import ANY

PATIENCE = 4  # seconds


def healthy() -> bool:
    """Asks /healthz where the settings say that the app listens."""
    host = HOST.read()
    connection = http.client.HTTPConnection(ANY.get(host, host), PORT.read(), timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(0 if healthy() else 1)
