"""One simulated market, and servers that show it at chosen moments."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from ingestion.sandbox.market import Market, market_of
from ingestion.sandbox.server import SandboxServer

SEED = 7
EVENING = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # Friday 17:30 in New York


class Client:
    """A plain HTTP client of one sandbox, with the right key in the right place."""

    def __init__(self, sandbox: SandboxServer, session: requests.Session) -> None:
        self.sandbox = sandbox
        self._session = session

    def get(
        self,
        provider: str,
        path: str,
        *,
        key: str | None = "right",
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> requests.Response:
        sent = dict(headers or {})
        asked = {name.replace("__", "."): value for name, value in query.items()}
        if key is not None:
            text = self.sandbox.api_keys.get(provider, "") if key == "right" else key
            if provider == "polygon":
                sent["Authorization"] = f"Bearer {text}"
            if provider == "finnhub":
                sent["X-Finnhub-Token"] = text
            if provider == "fmp":
                sent["apikey"] = text
            if provider == "fred":
                asked["api_key"] = text
        url = path if path.startswith("http") else self.sandbox.base_urls[provider] + path
        return self._session.get(url, params=asked, headers=sent, timeout=10)

    def bars(self, symbol: str, first: str, last: str, **query: Any) -> dict[str, Any]:
        """Daily bars, raw and ascending unless asked otherwise."""
        path = f"/v2/aggs/ticker/{symbol}/range/1/day/{first}/{last}"
        return self.get("polygon", path, **{"adjusted": "false", **query}).json()

    def pages(self, reply: dict[str, Any]) -> list[list[dict[str, Any]]]:
        """The results of a first page and of all that follow it."""
        found = [reply["results"]]
        while "next_url" in reply:
            assert self.sandbox.api_keys["polygon"] not in reply["next_url"]
            reply = self.get("polygon", reply["next_url"]).json()
            found.append(reply["results"])
        return found

    def observations(self, series_id: str, **query: Any) -> list[dict[str, str]]:
        path = "/series/observations"
        reply = self.get("fred", path, series_id=series_id, file_type="json", **query)
        return reply.json()["observations"]


@pytest.fixture(scope="session")
def market() -> Market:
    return market_of(SEED, 2027)


@pytest.fixture(scope="session")
def client_at() -> Iterator[Callable[..., Client]]:
    """A client of a sandbox as it stands at a moment; one server per distinct request."""
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        known: dict[tuple[Any, ...], Client] = {}

        def client(now: datetime, symbols: tuple[str, ...] | None = None, **options: Any) -> Client:
            asked = (now, symbols, *sorted(options.items()))
            if asked not in known:
                server = SandboxServer(seed=SEED, now=now, symbols=symbols, **options)
                known[asked] = Client(stack.enter_context(server), session)
            return known[asked]

        yield client


@pytest.fixture(scope="session")
def client(client_at: Callable[..., Client]) -> Client:
    return client_at(EVENING)
