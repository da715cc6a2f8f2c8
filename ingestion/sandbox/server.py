"""The sandbox: the simulated market behind real HTTP on the loopback.

with SandboxServer(seed=7, now=moment) as sandbox:
    fetch(sandbox.base_urls["polygon"], sandbox.api_keys["polygon"])
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from types import TracebackType
from typing import NamedTuple, Self

from ingestion.sandbox.catalogue import DEFAULT_SYMBOLS, MARKET_START
from ingestion.sandbox.faults import FaultRule, FaultScript
from ingestion.sandbox.loopback import LOOPBACK, LoopbackServer
from ingestion.sandbox.market import market_of
from ingestion.sandbox.spoiling.outcome import Outcome, asked_symbols, spoilt
from ingestion.sandbox.view import Plan, View
from ingestion.sandbox.wire.cboe import answer_cboe
from ingestion.sandbox.wire.finnhub import answer_finnhub
from ingestion.sandbox.wire.fmp import answer_fmp
from ingestion.sandbox.wire.fred import answer_fred, answer_fred_graph
from ingestion.sandbox.wire.http import Reply, Request, not_found
from ingestion.sandbox.wire.massive import answer_massive
from ingestion.sandbox.wire.yahoo import answer_yahoo
from warehouse.sessions import LAST_DAY, NEW_YORK

KEY_PARAMETERS = ("token", "apiKey", "api_key", "apikey")


class Provider(NamedTuple):
    """Where a provider lives below the server's address, and what answers for it."""

    prefix: str
    answer: Callable[[Request], Reply]
    needs_key: bool


PROVIDERS: dict[str, Provider] = {
    "polygon": Provider("/massive", answer_massive, needs_key=True),
    "finnhub": Provider("/finnhub/api/v1", answer_finnhub, needs_key=True),
    "fmp": Provider("/fmp/stable", answer_fmp, needs_key=True),
    "fred": Provider("/fred", answer_fred, needs_key=True),
    "fred_graph": Provider("/fredgraph", answer_fred_graph, needs_key=False),
    "cboe": Provider("/cboe", answer_cboe, needs_key=False),
    "yahoo": Provider("/yahoo", answer_yahoo, needs_key=False),
}


class ServedRequest(NamedTuple):
    """One line of the request log; the query comes without its key.

    `status`: None if no answer was given. `fault`: the kind of fault that was applied, if any.
    """

    provider: str
    path: str
    query: Mapping[str, str]
    status: int | None
    fault: str | None = None


class SandboxServer:
    """Serve one seed's market as of a moment; answers only on the loopback.

    Parameters
    ----------
    seed : which market; equal seeds are equal markets on every day.
    now : the moment, with a zone, after which nothing is visible.
    symbols : the listed names; the default universe, the funds and a delisted name if None.
    first_day : nothing before it is served; it changes no value.
    null_close : (symbol, date) of bars whose close is served as null, to rehearse bad data.
    plan : `free` refuses what the providers' free plans refuse, in their own words.
    baml_years : how many years FRED keeps of its BAML series, three today; None keeps all.
    faults : what goes wrong; see `ingestion/sandbox/faults.py`.

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
        plan: Plan = "paid",
        baml_years: int | None = None,
        faults: Sequence[FaultRule] = (),
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
        withheld = frozenset(null_close)
        self.view = View(market, now.astimezone(UTC), listed, first_day, withheld, plan, baml_years)
        self.api_keys: Mapping[str, str] = {
            name: hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:32]
            for name, provider in PROVIDERS.items()
            if provider.needs_key
        }
        self.request_log: list[ServedRequest] = []
        self.faults = faults
        self._http = LoopbackServer(self.outcome)
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

    @property
    def faults(self) -> Sequence[FaultRule]:
        """The present fault script; setting one starts its counts anew."""
        return self._script.rules

    @faults.setter
    def faults(self, rules: Sequence[FaultRule]) -> None:
        self._script = FaultScript(tuple(rules))

    def outcome(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Outcome:
        """What becomes of one request, and a line of it in the log.

        Parameters
        ----------
        path : on this server, decoded.
        headers : names in lower case.
        """
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
                symbols = asked_symbols(path, query)
                rule = self._script.take(name, path, symbols)
                outcome = (
                    spoilt(rule, name, request, symbols, provider.answer)
                    if rule
                    else Outcome(provider.answer(request))
                )
                kept = {key: text for key, text in query.items() if key not in KEY_PARAMETERS}
                self.request_log.append(
                    ServedRequest(name, request.path, kept, outcome.status, outcome.fault)
                )
                return outcome
        return Outcome(not_found())

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
        self._http.closing.set()  # whoever keeps silent or drips ends now
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.hang_up()
