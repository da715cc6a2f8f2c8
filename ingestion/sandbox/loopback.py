"""HTTP on the loopback: outcomes turned into what really happens on a socket."""

import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from ingestion.sandbox.spoiling.outcome import Outcome
from ingestion.sandbox.wire.http import Reply

LOOPBACK = "127.0.0.1"
DRIPS = 20
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: close sends RST, not FIN

Decide = Callable[[str, Mapping[str, str], Mapping[str, str]], Outcome]


class LoopbackServer(ThreadingHTTPServer):
    """One thread per connection, all of them ended by `hang_up`.

    Parameters
    ----------
    outcome : path, query and headers (names in lower case) to what becomes of the request.

    Attributes
    ----------
    closing : set to end silences and dripping bodies at once.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, outcome: Decide) -> None:
        self.outcome = outcome
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self.closing = threading.Event()
        super().__init__((LOOPBACK, 0), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse name lookup of the base class, which may ask a resolver."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        """Remember the connection while its thread serves it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        """Forget a connection that is over."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close the connections that clients keep alive, so that their threads end."""
        with self._open_lock:
            still_open = tuple(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # the client was faster

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news; anything else is a defect and must be seen."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version, sys_version = "sandbox", ""
    server: LoopbackServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): text for name, text in self.headers.items()}
        outcome = self.server.outcome(unquote(url.path), query, headers)
        if outcome.ending == "no_answer":
            self.server.closing.wait(outcome.seconds)
            self.close_connection = True
        elif outcome.ending == "reset":
            self._reset()
        else:
            self._send(outcome.reply, outcome.seconds if outcome.ending == "drip" else 0.0)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        os.close(self.connection.detach())  # an ordinary shutdown would say goodbye first
        self.close_connection = True

    def _send(self, reply: Reply, seconds: float) -> None:
        """Send a reply; over so many seconds the body comes in equal pieces."""
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.end_headers()
        if not seconds:
            self.wfile.write(reply.body)
            return
        size = max(1, -(-len(reply.body) // DRIPS))
        for start in range(0, len(reply.body), size):
            if self.server.closing.wait(seconds / DRIPS):
                self.close_connection = True
                return
            self.wfile.write(reply.body[start : start + size])

    def log_message(self, *args: object) -> None:
        """Say nothing: requests are in the request log."""
