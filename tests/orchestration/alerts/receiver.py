"""A webhook on the loopback that does what it is told to, and remembers what arrived."""

import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_PATH = "/services/T00/B00/very-secret-token"

Behaviour = Callable[["Handler", bytes], None]


@dataclass(frozen=True)
class Arrived:
    """One request: `body` is None for a GET."""

    path: str
    headers: dict[str, str]
    content: bytes | None

    @property
    def body(self) -> Any:
        return json.loads(self.content or b"null")

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]


@dataclass
class Receiver:
    """Behaves as `plan` says, request by request; the last entry stays."""

    url: str = ""
    plan: list[Behaviour] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def will(self, *plan: Behaviour) -> None:
        self.plan[:] = plan

    @property
    def messages(self) -> list[str]:
        """The sentences of every alert of every digest of the generic shape, in order."""
        return [one["message"] for got in self.arrived for one in got.body["details"]["alerts"]]


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        self.take(content)

    def do_GET(self) -> None:
        self.take(None)

    def take(self, content: bytes | None) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.arrived.append(Arrived(self.path, headers, content))
        plan = self.receiver.plan
        (plan.pop(0) if len(plan) > 1 else plan[0])(self, content or b"")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def answer(status: int, body: bytes = b"ok", **headers: str) -> Behaviour:
    def behave(handler: Handler, _: bytes) -> None:
        handler.send_response_only(status)  # no date of its own
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def echo(status: int) -> Behaviour:
    return lambda handler, content: answer(status, content)(handler, content)


def hang(handler: Handler, _: bytes) -> None:
    """Take the message and never answer."""
    handler.receiver.released.wait(10)
    handler.close_connection = True


def hang_up(handler: Handler, _: bytes) -> None:
    """Take the message and close the connection without an answer."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def drip(handler: Handler, _: bytes) -> None:
    """Send an answer byte by byte, each before the socket's own time-out."""
    for _ in range(100):
        if handler.receiver.released.wait(0.02):
            break
        handler.wfile.write(b"H")
    handler.close_connection = True


OK = answer(200)


def serving(receiver: Receiver) -> ThreadingHTTPServer:
    """A started server whose `receiver` knows its URL."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Bound", (Handler,), {"receiver": receiver})
    )
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}{SECRET_PATH}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server
