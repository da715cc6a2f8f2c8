"""A home directory, a market behind a replaying transport, and virtual time."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingestion.http import HttpClient
from ingestion.night import Collected, NightInputs, collect_night_inputs
from ingestion.settings import SourceSettings
from tests.ingestion.market import FIRST_DAY, Fault, Market
from tests.ingestion.transport import ReplayTransport, VirtualTime
from warehouse.sessions import NEW_YORK

BASE_URLS = {
    "polygon": "https://polygon.test",
    "finnhub": "https://finnhub.test/api/v1",
    "fmp": "https://fmp.test/stable",
    "fred": "https://fred.test/fred",
    "fred_graph": "https://graph.test/graph",
    "cboe": "https://cboe.test",
}
KEYS = {
    "polygon": "polygon-secret-0001",
    "finnhub": "finnhub-secret-0002",
    "fmp": "fmp-secret/+0003",
    "fred": "fredsecret0000000000000000000004",
}


class Bench:
    """A home directory, a market behind a replaying transport, and virtual time."""

    def __init__(self, root: Path) -> None:
        self.root, self.market, self.time = root, Market(), VirtualTime()
        self.transport = ReplayTransport(self.market.answer)
        self.settings = SourceSettings(
            base_urls=BASE_URLS,
            api_keys=KEYS,
            cache_root=root / "cache",
            raw_root=root / "raw",
            log_path=root / "logs" / "ingestion.log",
            world="sandbox:1",
            rates=dict.fromkeys(BASE_URLS, 1e6),  # limits are tested where they are the subject
        )

    def connect(self, *args: Any, **options: Any) -> HttpClient:
        return HttpClient(
            *args,
            **options,
            sleep=self.time.sleep,
            monotonic=self.time.monotonic,
            transport=self.transport,
        )

    def clock(self) -> datetime:
        return self.market.now

    def without_key(self, *providers: str) -> None:
        keys = {name: key for name, key in KEYS.items() if name not in providers}
        self.settings = replace(self.settings, api_keys=keys)

    def with_yahoo(self) -> None:
        """Switch on what is off by default."""
        urls = {**self.settings.base_urls, "yahoo": "https://yahoo.test"}
        self.settings = replace(
            self.settings, base_urls=urls, rates={**self.settings.rates, "yahoo": 1e6}
        )

    def wants(self, **changes: Any) -> NightInputs:
        sessions = self.market.sessions
        night = sessions.latest_night(self.market.now)
        wanted = NightInputs(
            night=night,
            decided_at=sessions.decided_at(night),
            bar_symbols=("ZZQ", "ZZR", "BRK.B"),
            news_symbols=("ZZQ", "ZZR"),
            series_ids=("BAMLH0A0HYM2",),
            index_names=("VIX",),
            first_day=FIRST_DAY,
        )
        return replace(wanted, **changes)

    def only(self, **changes: Any) -> NightInputs:
        """Inputs that want nothing but what is named."""
        nothing = {"bar_symbols": (), "news_symbols": (), "series_ids": (), "index_names": ()}
        return self.wants(**{**nothing, **changes})

    def collect(self, wanted: NightInputs | None = None) -> Collected:
        """One collection; `transport.requests` holds its requests afterwards."""
        self.transport.requests.clear()
        return collect_night_inputs(
            wanted or self.wants(), self.settings, clock=self.clock, connect=self.connect
        )

    def fail(self, pattern: str, answer: Any, times: int = 10**9) -> None:
        self.market.faults.append(Fault(pattern, answer, times))

    def heal(self) -> None:
        self.market.faults.clear()

    def next_session(self, count: int = 1) -> None:
        """Let the same hour of a later session come."""
        night = self.market.sessions.latest_night(self.market.now)
        for _ in range(count):
            night = self.market.sessions.next_session(night)
        local = self.market.now.astimezone(NEW_YORK)
        self.market.now = datetime.combine(night, local.time(), NEW_YORK).astimezone(UTC)

    def stored(self) -> str:
        """Everything that was written, unpacked, as one text."""
        contents = []
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                contents.append(gzip.decompress(data) if path.suffix == ".gz" else data)
        return b"\n".join(contents).decode("latin-1")
