"""The server on port 3000. `/` answers 200 also when the application is down; `/healthz` is about this server alone."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from osmose_frontend.page import render
from osmose_frontend.state import Application

_PORT = 3000
# Longer than a proxy keeps its connections, so that it is never this server that closes one in use.
_KEEP_ALIVE_SECONDS = 75


class Server(ThreadingHTTPServer):
    # Idle connections must not keep a server that was told to stop.
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, application: Application) -> None:
        super().__init__(("0.0.0.0", _PORT), _Pages)
        self.application = application


class _Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _KEEP_ALIVE_SECONDS
    server: Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/":
            query = parse_qs(address.query).get("q", [""])[0].strip()
            matches = self.server.application.search(query) if query else None
            self._answer(200, "text/html; charset=utf-8", render(self.server.application.state(), query, matches))
        elif address.path == "/healthz":
            self._answer(200, "text/plain; charset=utf-8", "ok\n")
        else:
            self._answer(404, "text/plain; charset=utf-8", "there is only /\n")

    do_HEAD = do_GET

    def _answer(self, status: int, content_type: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing: the edge logs requests."""


def main() -> None:
    with ThreadPoolExecutor(max_workers=24) as executor:
        application = Application(os.environ.get("APP_URL", "http://app:8000"), executor)
        with Server(application) as server:
            # shutdown() waits for the loop that this thread is in, so another thread must ask.
            signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
            server.serve_forever()


if __name__ == "__main__":
    main()
