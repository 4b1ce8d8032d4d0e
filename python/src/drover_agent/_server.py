"""The agent's HTTP endpoint: checks the token, parses the body, answers with JSON."""

from __future__ import annotations

import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ._routes import Answer, Routes, answer

_BODY_LIMIT = 1024 * 1024
# A longer body is read and dropped up to here, so that its sender hears the answer.
_READ_LIMIT = 16 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """Listens from its construction on; ``serve_forever`` answers."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, token: str, routes: Routes) -> None:
        self.bearer = f"Bearer {token}".encode()
        self.routes = routes
        if ":" in host:
            self.address_family = socket.AF_INET6
        self._open = 0
        self._changed = threading.Condition()
        super().__init__((host, port), _Handler)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """One answer, from its call to its last byte."""
        with self._changed:
            self._open += 1
        try:
            yield
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def wait_answered(self, timeout: float) -> None:
        """Waits until every call is answered, at most so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0, timeout)

    def handle_error(self, *_: Any) -> None:
        """A caller that has gone needs no answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        with self.server.answering():
            self._reply(self._answer(method))

    def _answer(self, method: str) -> Answer:
        path = self.path.split("?")[0]
        body = self._read()
        handler = self.server.routes.find(method, path)
        if isinstance(handler, int):
            return answer(handler, {"error": f"no {method} {path} here"})
        given = (self.headers.get("authorization") or "").encode("latin-1", "replace")
        if path != "/healthz" and not hmac.compare_digest(given, self.server.bearer):
            return answer(401, {"error": "not the token of this agent"})
        if body is None:
            self.close_connection = True
            return answer(413, {"error": f"a body has at most {_BODY_LIMIT} bytes"})
        try:
            value = json.loads(body) if method == "POST" else None
        except ValueError:
            return answer(400, {"error": "the body is not JSON"})
        return self.server.routes.call(method, path, value)

    def _read(self) -> bytes | None:
        length = self.headers.get("content-length") or "0"
        size = int(length) if length.isdecimal() else 0
        if size <= _BODY_LIMIT:
            return self.rfile.read(size)
        left = min(size, _READ_LIMIT)
        while left > 0:
            chunk = self.rfile.read(min(left, 65_536))
            if not chunk:
                break
            left -= len(chunk)
        return None

    def _reply(self, given: Answer) -> None:
        status, data = given
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Drover logs turns; a line per call would fill the agent's own log."""
