"""Nights of a small simulated world without dbt: fetched and landed by the steps of the night."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ingestion.night import NightInputs, collect_night_inputs
from ingestion.sandbox.server import SandboxServer
from ingestion.settings import SourceSettings
from orchestration.inputs import land_inputs
from warehouse.availability import RAW_TABLES
from warehouse.connection import connect, quoted_path
from warehouse.home import Home
from warehouse.ledger import opened_ledger
from warehouse.lock import writer_lock
from warehouse.sessions import new_york_sessions

WORLD = "sandbox:7"
SYMBOLS = ("AAPL", "NVDA", "KO")  # NVDA splits in the years below
FIRST_DAY = date(2019, 1, 2)
FRIDAY = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Order:
    """What one night is to fetch and land, and from where; it travels to other processes."""

    home: Path
    base_urls: Mapping[str, str]
    api_keys: Mapping[str, str]
    now: datetime = FRIDAY
    run_id: str = "run"
    cache_root: Path | None = None

    def sources(self) -> SourceSettings:
        home = Home(self.home)
        return SourceSettings(
            base_urls=self.base_urls,
            api_keys=self.api_keys,
            cache_root=self.cache_root or home.data / "cache",
            raw_root=home.raw_responses,
            log_path=home.logs / "ingestion.log",
            world=WORLD,
        )


@contextmanager
def sandbox(now: datetime, *, without: tuple[str, ...] = (), **options: Any) -> Iterator[Any]:
    """Base addresses and keys of a served market; providers named in `without` are not known."""
    with SandboxServer(seed=7, now=now, symbols=SYMBOLS, **options) as server:
        urls = {name: url for name, url in server.base_urls.items() if name not in without}
        keys = {name: key for name, key in server.api_keys.items() if name not in without}
        yield urls, keys


def fetch_and_land(order: Order) -> int:
    """One night's inputs into the home's ledger; returns the newest ledger version."""
    home, sessions = Home(order.home), new_york_sessions()
    home.make_folders()
    night = sessions.latest_night(order.now)
    wanted = NightInputs(
        night=night,
        decided_at=sessions.decided_at(night),
        bar_symbols=SYMBOLS,
        news_symbols=SYMBOLS[:2],
        company_symbols=SYMBOLS[:1],
        series_ids=("BAMLH0A0HYM2", "DGS3MO"),
        index_names=("VIX", "VVIX"),
        first_day=FIRST_DAY,
    )
    with writer_lock(home.writer_lock):
        collected = collect_night_inputs(
            wanted, order.sources(), clock=lambda: order.now, run_id=order.run_id
        )
        with opened_ledger(home.ledger, WORLD, now=order.now) as ledger:
            landing = land_inputs(
                ledger,
                collected,
                sessions,
                run_id=order.run_id,
                now=order.now,
                raw_responses=home.raw_responses,
            )
    return landing.ledger_version


def run_nights(home: Path, *moments: datetime, without: tuple[str, ...] = ()) -> None:
    """Several nights in this process, each on the market of its moment."""
    for number, moment in enumerate(moments):
        with sandbox(moment, without=without) as (urls, keys):
            fetch_and_land(Order(home, urls, keys, moment, f"run-{number}"))


def differing_rows(one: Path, other: Path, *, ignoring: tuple[str, ...] = ()) -> dict[str, int]:
    """Raw table to the number of rows that only one of two ledgers holds; equal tables left out."""
    names = [*(table.name for table in RAW_TABLES), "raw.mqp__headline_scores", "ops.landings"]
    found = {}
    with connect(":memory:") as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{quoted_path(path)}' as {name} (read_only)")
        for table in names:
            present = {row[0] for row in connection.execute(f"describe one.{table}").fetchall()}
            left_out = ", ".join(sorted(present & set(ignoring)))
            columns = f"* exclude ({left_out})" if left_out else "*"
            rows = [f"select {columns} from {name}.{table}" for name in ("one", "other")]
            count = connection.execute(
                f"select (select count(*) from ({rows[0]} except all {rows[1]})) "
                f"+ (select count(*) from ({rows[1]} except all {rows[0]}))"
            ).fetchone()
            if count and count[0]:
                found[table] = int(count[0])
    return found
