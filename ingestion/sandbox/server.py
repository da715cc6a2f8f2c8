"""The sandbox: the simulated market behind real HTTP on the loopback.

with SandboxServer(seed=7, now=moment) as sandbox:
    fetch(sandbox.base_urls["polygon"], sandbox.api_keys["polygon"])
"""

import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from ingestion.sandbox.catalogue import DEFAULT_SYMBOLS, MARKET_START
from ingestion.sandbox.market import market_of
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.cboe import answer_cboe
from ingestion.sandbox.wire.finnhub import answer_finnhub
from ingestion.sandbox.wire.fred import answer_fred, answer_fred_graph
from ingestion.sandbox.wire.http import Reply, Request, not_found
from ingestion.sandbox.wire.massive import answer_massive
from warehouse.sessions import LAST_DAY, NEW_YORK

LOOPBACK = "127.0.0.1"
KEY_PARAMETERS = ("token", "apiKey", "api_key")


class Provider(NamedTuple):
    """Where a provider lives below the server's address, and what answers for it."""

    prefix: str
    answer: Callable[[Request], Reply]
    needs_key: bool


PROVIDERS: dict[str, Provider] = {
    "polygon": Provider("/massive", answer_massive, needs_key=True),
    "finnhub": Provider("/finnhub/api/v1", answer_finnhub, needs_key=True),
    "fred": Provider("/fred", answer_fred, needs_key=True),
    "fred_graph": Provider("/fredgraph", answer_fred_graph, needs_key=False),
    "cboe": Provider("/cboe", answer_cboe, needs_key=False),
}


class ServedRequest(NamedTuple):
    """One line of the request log; the query comes without its key."""

    provider: str
    path: str
    query: Mapping[str, str]
    status: int


class SandboxServer:
    """Serve one seed's market as of a moment; answers only on the loopback.

    Parameters
    ----------
    seed : which market; equal seeds are equal markets on every day.
    now : the moment, with a zone, after which nothing is visible.
    symbols : the listed names; the default universe, the funds and a delisted name if None.
    first_day : nothing before it is served; it changes no value.
    null_close : (symbol, date) of bars whose close is served as null, to rehearse bad data.

    Attributes
    ----------
    base_urls : provider -> base address without trailing slash.
    api_keys : provider -> the key that it accepts, for those that need one.
    request_log : what was asked so far, in order.

    Raises
    ------
    ValueError
        If `now` has no zone, or lies outside the simulated years.
    """

    def __init__(
        self,
        *,
        seed: int,
        now: datetime,
        symbols: Sequence[str] | None = None,
        first_day: date = MARKET_START,
        null_close: Collection[tuple[str, date]] = (),
    ) -> None:
        if now.tzinfo is None:
            raise ValueError("the sandbox needs a `now` with a zone")
        year = now.astimezone(NEW_YORK).year
        if not MARKET_START.year <= year < LAST_DAY.year:
            raise ValueError(
                f"the sandbox knows {MARKET_START.year} to {LAST_DAY.year - 1}, asked for {year}"
            )
        # a year to spare: a row of December is published, or corrected, in January
        market = market_of(seed, year + 1)
        listed = tuple(symbols) if symbols is not None else DEFAULT_SYMBOLS
        self.view = View(market, now.astimezone(UTC), listed, first_day, frozenset(null_close))
        self.api_keys: Mapping[str, str] = {
            name: hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:32]
            for name, provider in PROVIDERS.items()
            if provider.needs_key
        }
        self.request_log: list[ServedRequest] = []
        self._http = _LoopbackServer(self)
        self._thread = threading.Thread(
            target=self._http.serve_forever,
            kwargs={"poll_interval": 0.05},
            name=f"sandbox-{seed}",
            daemon=True,
        )

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Provider -> base address without trailing slash."""
        root = f"http://{LOOPBACK}:{self._http.server_address[1]}"
        return {name: root + provider.prefix for name, provider in PROVIDERS.items()}

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Answer one request by its path on this server."""
        for name, provider in PROVIDERS.items():
            if path.startswith(f"{provider.prefix}/"):
                request = Request(
                    path=path.removeprefix(provider.prefix),
                    query=query,
                    headers=headers,
                    base_url=self.base_urls[name],
                    key=self.api_keys.get(name, ""),
                    view=self.view,
                )
                reply = provider.answer(request)
                kept = {key: text for key, text in query.items() if key not in KEY_PARAMETERS}
                self.request_log.append(ServedRequest(name, request.path, kept, reply.status))
                return reply
        return not_found()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering and free the port; safe to call twice."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.hang_up()


class _LoopbackServer(ThreadingHTTPServer):
    """One thread per connection, all of them ended by `hang_up`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((LOOPBACK, 0), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse name lookup of the base class, which may ask a resolver."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
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
    server: _LoopbackServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): text for name, text in self.headers.items()}
        reply = self.server.sandbox.answer(unquote(url.path), query, headers)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, text in reply.headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *args: object) -> None:
        """Say nothing: requests are in the request log."""
