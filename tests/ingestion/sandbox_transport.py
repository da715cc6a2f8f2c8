"""The sandbox with its faults as a transport: no sockets, no sleeping, no wall clock.

::

    with SandboxBench(tmp_path, symbols=("KO", "SPY")) as bench:
        bench.collect()                                    # a clean night fills the cache
        bench.rehearse(FaultRule("status", 503, provider="polygon"))
        bench.next_session()
        collected = bench.collect()                        # tables, fetches, problems

        bench.served("polygon")      # the sandbox's log: path, query, status or None, fault
        bench.transport.sent("fmp")  # the requests as the client sent them
        bench.time.slept             # every wait of the client, in order
        bench.stored()               # all that was written, unpacked, as one text
        bench.key_traces()           # every file that shows a key in any form

A silent provider costs the client's read timeout, or less if it hangs up first; a dripping body
costs its seconds, a twentieth per piece. Both pass in virtual time, which all threads share: two
threads that wait ten seconds each move it by twenty.
"""

import base64
import gzip
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pyarrow.parquet as pq
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from ingestion.http import HttpClient
from ingestion.night import Collected, NightInputs, collect_night_inputs
from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.loopback import DRIPS
from ingestion.sandbox.server import SandboxServer, ServedRequest
from ingestion.settings import SourceSettings
from tests.ingestion.transport import VirtualTime
from warehouse.sessions import NEW_YORK, new_york_sessions

EVENING = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)  # Friday 18:30 New York
FIRST_DAY = date(2024, 3, 1)


class SandboxTransport(BaseAdapter):
    """Carries requests to a sandbox that need not be started.

    `server`: gives the sandbox, which may be replaced when time goes on. `requests`: what was sent
    so far, in order. Raises `requests.ReadTimeout` for a silence that outlasts the client's read
    timeout, and `requests.ConnectionError` for a shorter one and for a reset.
    """

    def __init__(self, server: Callable[[], SandboxServer], time: VirtualTime) -> None:
        super().__init__()
        self._server, self._time = server, time
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request, timeout: Any = None, **_: Any) -> requests.Response:
        self.requests.append(request)
        url = urlsplit(request.url)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): text for name, text in request.headers.items()}
        outcome = self._server().outcome(unquote(url.path), query, headers)
        if outcome.ending == "no_answer":
            patience = timeout[1] if isinstance(timeout, tuple) else timeout
            if patience is not None and outcome.seconds >= patience:
                self._time.sleep(patience)
                raise requests.ReadTimeout(f"{request.url}: read timed out", request=request)
            self._time.sleep(outcome.seconds)
        if outcome.ending in ("no_answer", "reset"):
            raise requests.ConnectionError(f"{request.url}: connection aborted", request=request)
        reply = outcome.reply
        drip = outcome.seconds if outcome.ending == "drip" else 0.0
        shown = {"content-type": reply.content_type, **reply.headers}
        response = requests.Response()
        response.status_code = reply.status
        response.headers = requests.structures.CaseInsensitiveDict(shown)
        response.url, response.request = request.url, request
        body = _Drip(reply.body, drip, self._time) if drip else io.BytesIO(reply.body)
        response.raw = HTTPResponse(body=body, headers=shown, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing to close."""

    def sent(self, provider: str) -> list[requests.PreparedRequest]:
        """What was sent to the sandbox's address of one provider."""
        base = self._server().base_urls[provider] + "/"
        return [request for request in self.requests if request.url.startswith(base)]


class _Drip(io.BytesIO):
    """A body whose pieces each take a part of the seconds, in virtual time."""

    def __init__(self, body: bytes, seconds: float, time: VirtualTime) -> None:
        super().__init__(body)
        self._size = max(1, -(-len(body) // DRIPS))
        self._seconds, self._time = seconds / DRIPS, time

    def read(self, size: int | None = -1) -> bytes:
        piece = super().read(self._size if size is None or size < 0 else min(size, self._size))
        if piece:
            self._time.sleep(self._seconds)
        return piece

    def read1(self, size: int | None = -1) -> bytes:
        return self.read(size)


class SandboxBench:
    """A home directory whose providers are a sandbox, and virtual time; a context manager.

    `now` is the clock of client and sandbox; `options` go to `SandboxServer` (plan, seed, …).
    Providers not named in `without` are configured with their keys, and no rate limits unless
    `settings` are replaced.
    """

    def __init__(
        self,
        root: Path,
        *,
        symbols: Sequence[str] = ("KO", "SPY"),
        now: datetime = EVENING,
        first_day: date = FIRST_DAY,
        without: Sequence[str] = (),
        seed: int = 7,
        **options: Any,
    ) -> None:
        self.root, self.now, self.first_day = root, now, first_day
        self.symbols, self.time = tuple(symbols), VirtualTime()
        self.sessions = new_york_sessions()
        self._options = {"seed": seed, **options}
        self._rules: tuple[FaultRule, ...] = ()
        self.sandbox = self._sandbox()
        self.transport = SandboxTransport(lambda: self.sandbox, self.time)
        self._without = tuple(without)
        self.settings = SourceSettings(
            base_urls={},
            api_keys=self.sandbox.api_keys,
            cache_root=root / "cache",
            raw_root=root / "raw",
            log_path=root / "logs" / "ingestion.log",
            world=f"sandbox:{seed}",
            rates=dict.fromkeys(self.sandbox.base_urls, 1e6),  # limits are tested elsewhere
        )
        self._know_addresses()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.close()

    def rehearse(self, *rules: FaultRule) -> None:
        """Let these faults happen from now on; without rules the sandbox is well again."""
        self._rules = rules
        self.sandbox.faults = rules

    def collect(self, wanted: NightInputs | None = None) -> Collected:
        """One collection; requests, log and waits of the ones before are forgotten."""
        self.transport.requests.clear()
        self.sandbox.request_log.clear()
        self.time.slept.clear()
        return collect_night_inputs(
            wanted or self.wants(), self.settings, clock=lambda: self.now, connect=self.connect
        )

    def connect(self, *args: Any, **options: Any) -> HttpClient:
        return HttpClient(
            *args,
            **options,
            sleep=self.time.sleep,
            monotonic=self.time.monotonic,
            transport=self.transport,
        )

    def wants(self, **changes: Any) -> NightInputs:
        """Bars and news of all symbols, one spread, one rate, one index of the present night."""
        night = self.sessions.latest_night(self.now)
        wanted = NightInputs(
            night=night,
            decided_at=self.sessions.decided_at(night),
            bar_symbols=self.symbols,
            news_symbols=self.symbols,
            series_ids=("BAMLH0A0HYM2", "DGS3MO"),
            index_names=("VIX",),
            first_day=self.first_day,
        )
        return replace(wanted, **changes)

    def only(self, **changes: Any) -> NightInputs:
        """Inputs that want nothing but what is named."""
        nothing = {"bar_symbols": (), "news_symbols": (), "series_ids": (), "index_names": ()}
        return self.wants(**{**nothing, **changes})

    def served(self, provider: str | None = None) -> list[ServedRequest]:
        """The sandbox's log of the last collection."""
        log = self.sandbox.request_log
        return [line for line in log if provider in (None, line.provider)]

    def next_session(self, count: int = 1) -> None:
        """Let the same hour of a later session come, with the same faults, counted anew."""
        night = self.sessions.latest_night(self.now)
        for _ in range(count):
            night = self.sessions.next_session(night)
        hour = self.now.astimezone(NEW_YORK).time()
        self.now = datetime.combine(night, hour, NEW_YORK).astimezone(UTC)
        self.sandbox.close()
        self.sandbox = self._sandbox()
        self._know_addresses()

    def stored(self) -> str:
        """All that was written, unpacked, as one text."""
        return "\n".join(text for _, text in self._files())

    def key_traces(self) -> list[str]:
        """Files that show a key: as it is, URL-encoded, or in base64 at any offset."""
        return [
            f"{path}: {provider}"
            for path, text in self._files()
            for provider, key in self.settings.api_keys.items()
            if any(form in text for form in key_forms(key))
        ]

    def _files(self) -> list[tuple[Path, str]]:
        found = []
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                found.append((path, _unpacked(path)))
        return found

    def _sandbox(self) -> SandboxServer:
        return SandboxServer(
            now=self.now, symbols=self.symbols, faults=self._rules, **self._options
        )

    def _know_addresses(self) -> None:
        urls = {
            name: url for name, url in self.sandbox.base_urls.items() if name not in self._without
        }
        self.settings = replace(self.settings, base_urls=urls)


def _unpacked(path: Path) -> str:
    """A file as text; what is compressed in it would hide a key."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist())
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("latin-1")


def key_forms(key: str) -> set[str]:
    """Spellings under which a key could leave a trace."""
    forms = {key, quote(key, safe="")}
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + key.encode()).decode()
        forms.add(encoded[4:-4])  # the middle depends on nothing but the key
    return forms
