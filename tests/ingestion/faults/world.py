"""One provider in the first rank, who stands behind it, and the home of a clean night.

Time is virtual, the sandbox answers in process, and the keys hold every character that URLs and
JSON rewrite.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingestion.http import HttpClient
from ingestion.night import Collected
from ingestion.sandbox.server import SandboxServer
from ingestion.sandbox.spoiling.outcome import Outcome
from tests.ingestion.faults.incidents import AIMED
from tests.ingestion.sandbox_transport import SandboxBench

FIRST_DAY = date(2024, 5, 1)
CLEAN_EVENING = datetime(2024, 6, 11, 22, 30, tzinfo=UTC)  # Tuesday 18:30 New York
SYMBOLS = (AIMED, "SPY")
AWKWARD_KEYS = {
    "polygon": "pK+/=&?%2 0\"\\'<é>ygon#1",
    "finnhub": "fi+nn/hub==&a=b;c d%25",
    "fmp": "fmp/+==&apikey=x%2F~",
    "fred": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",  # it refuses anything but letters and digits
}
"""Nobody's key looks like this; what hides these hides every key."""


@dataclass(frozen=True)
class Scene:
    """One dataset whose first provider is the one under test.

    `wanted`: changes to inputs that want nothing. `tables`: raw table by provider. `subject`: the
    symbol, series or index whose newest row tells who served. `symbols`: what the market lists.
    """

    provider: str
    dataset: str
    configured: tuple[str, ...]
    wanted: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, str]
    subject: str
    symbols: tuple[str, ...] = SYMBOLS


_BARS = {
    "polygon": "raw.polygon__daily_bars",
    "fmp": "raw.fmp__daily_prices",
    "finnhub": "raw.finnhub__daily_candles",
    "yahoo": "raw.yahoo__daily_bars",
}
_FRED = {"fred": "raw.fred__observations", "fred_graph": "raw.fred__observations"}
HIGH_YIELD, INVESTMENT_GRADE = "BAMLH0A0HYM2", "BAMLC0A0CM"


def _bars(*configured: str) -> Scene:
    tables = {name: _BARS[name] for name in configured}
    return Scene(configured[0], "daily_bars", configured, {"bar_symbols": SYMBOLS}, tables, AIMED)


def _macro(series: str, *configured: str) -> Scene:
    return Scene(configured[0], "macro", configured, {"series_ids": (series,)}, _FRED, series)


SCENES: dict[str, Scene] = {
    "polygon": _bars("polygon", "fmp"),
    "fmp": _bars("fmp", "finnhub"),
    "finnhub": _bars("finnhub", "yahoo"),
    "yahoo": _bars("yahoo"),
    "fred": _macro(HIGH_YIELD, "fred", "fred_graph"),
    "fred_graph": _macro(INVESTMENT_GRADE, "fred_graph"),
    "cboe": Scene(
        "cboe",
        "index_closes",
        ("cboe",),
        {"index_names": ("VIX",)},
        {"cboe": "raw.cboe__index_history", "cboe quote": "raw.cboe__delayed_quotes"},
        "VIX",
    ),
}

_NEWS = {
    "finnhub": "raw.finnhub__company_news",
    "polygon": "raw.polygon__news",
    "fmp": "raw.fmp__news",
}
MANY = (AIMED, "SPY", *(f"ZZ{letter}" for letter in "ABCDEFGHIJKL"))


def _other(dataset: str, wanted: str, subject: str, tables: Mapping[str, str]) -> Scene:
    return Scene(next(iter(tables)), dataset, tuple(tables), {wanted: (subject,)}, tables, subject)


def _news(*configured: str) -> Scene:
    tables = {name: _NEWS[name] for name in configured}
    return _other("company_news", "news_symbols", AIMED, tables)


SCENES |= {
    # fourteen tails cost less as whole sessions of the market than one by one
    "whole market": replace(_bars("polygon"), wanted={"bar_symbols": MANY}, symbols=MANY),
    "finnhub news": _news("finnhub", "fmp"),
    "polygon news": _news("polygon", "fmp"),
    "fmp news": _news("fmp"),
    "intraday": _other(
        "intraday_bars",
        "intraday_symbols",
        AIMED,
        {"polygon": "raw.polygon__intraday_bars", "finnhub": "raw.finnhub__intraday_bars"},
    ),
    "figures": _other(
        "fundamentals",
        "company_symbols",
        AIMED,
        {"fmp": "raw.fmp__fundamentals", "finnhub": "raw.finnhub__fundamentals"},
    ),
    "finnhub intraday": _other(
        "intraday_bars", "intraday_symbols", AIMED, {"finnhub": "raw.finnhub__intraday_bars"}
    ),
    "finnhub figures": _other(
        "fundamentals", "company_symbols", AIMED, {"finnhub": "raw.finnhub__fundamentals"}
    ),
}
"""By their provider the first seven, by what they are about the others."""


class WatchedSandbox(SandboxServer):
    """A sandbox that accepts awkward keys and remembers which bodies it has spoilt."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.api_keys = AWKWARD_KEYS
        self.spoilt: set[str] = set()

    def outcome(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Outcome:
        outcome = super().outcome(path, query, headers)
        if outcome.fault and outcome.ending == "whole":
            self.spoilt.add(hashlib.sha256(outcome.reply.body).hexdigest())
        return outcome


class FaultBench(SandboxBench):
    """A home with only the providers of one scene; `waits`: every wait of the client, in order."""

    def __init__(self, root: Path, scene: Scene) -> None:
        self.scene, self.waits = scene, list[float]()
        super().__init__(root, symbols=scene.symbols, now=CLEAN_EVENING, first_day=FIRST_DAY)
        others = set(self.sandbox.base_urls) - set(scene.configured)
        self._without = tuple(others)
        self._know_addresses()

    def _sandbox(self) -> SandboxServer:
        return WatchedSandbox(
            now=self.now, symbols=self.symbols, faults=self._rules, **self._options
        )

    def connect(self, *args: Any, **options: Any) -> HttpClient:
        def wait(seconds: float) -> None:
            self.waits.append(round(seconds, 3))
            self.time.sleep(seconds)

        return HttpClient(
            *args,
            **options,
            sleep=wait,
            monotonic=self.time.monotonic,
            transport=self.transport,
        )

    def night(self) -> Collected:
        """Collect what the scene wants."""
        self.waits.clear()
        return self.collect(self.only(**self.scene.wanted))


@dataclass(frozen=True)
class Past:
    """A clean night: the home that it left, and what it collected."""

    root: Path
    collected: Collected
    keeper: Any


@lru_cache
def clean_night(name: str) -> Past:
    """The home of a scene after a night without faults."""
    keeper = TemporaryDirectory(prefix="mqp-faults-")
    root = Path(keeper.name)
    with FaultBench(root, SCENES[name]) as bench:
        return Past(root, bench.night(), keeper)
