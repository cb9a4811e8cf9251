"""A small reverse proxy on this machine, for tests: serves an app under a prefix, and can be told to fail."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HOP = {"connection", "transfer-encoding", "keep-alive", "host"}  # of one connection alone


@dataclass
class Proxy:
    """Its own address with the prefix, and how it behaves.

    instead: the path, without the prefix, whose answer begins so -> (status, content type, body) that it gets instead.
    asked: (path, Host and X-Forwarded headers apart) of each request that it passed on.
    """

    url: str = ""
    prefix: str = ""
    strips: bool = True
    instead: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)  # paths that were asked for outside the prefix


@contextmanager
def proxied(app: str, prefix: str, strips: bool = True) -> Iterator[Proxy]:
    """A proxy in front of the app at an address; `/gb` and `/gb/…` are its own, everything else is 404."""
    proxy = Proxy(prefix=prefix, strips=strips)
    target = app.removeprefix("http://")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path, _, _ = self.path.partition("?")
            if not path.startswith(prefix + "/"):
                proxy.outside.append(path)
                return self.say(404, "text/html", "<h1>Not Found</h1>")
            inner = self.path.removeprefix(prefix)
            for start, answer in proxy.instead.items():
                if inner.startswith(start):
                    self.body()
                    return self.say(*answer)
            self.pass_on(inner if proxy.strips else self.path)

        do_POST = do_HEAD = do_GET

        def body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def pass_on(self, path: str) -> None:
            """One connection a request, as nginx' default is; the app sees the proxy's own name for it as the host."""
            connection = http.client.HTTPConnection(target, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            try:
                connection.request(self.command, path, self.body() or None, headers)
                answer = connection.getresponse()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP:
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                self.relay(answer)
            except OSError:  # the browser or the app has gone
                pass
            finally:
                self.close_connection = True
                connection.close()

        def relay(self, answer: http.client.HTTPResponse) -> None:
            """Each part as it comes; a stream only if the app asks for that, else it is held back, as nginx does."""
            streams = "event-stream" in (answer.getheader("Content-Type") or "")
            if streams and answer.getheader("X-Accel-Buffering") != "no":
                self.wfile.write(answer.read())
                return
            while part := answer.read1(65536):
                self.wfile.write(part)
                self.wfile.flush()

        def say(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy.url = f"http://127.0.0.1:{server.server_port}{prefix}"
    yield proxy
    server.shutdown()
    server.server_close()
