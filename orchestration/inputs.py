"""The night's inputs: fetch them, land what is new, and give every story its score."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from ingestion.night import Collected, NightInputs, collect_night_inputs
from ingestion.settings import SourceSettings
from orchestration.freshness import INDEX_NAMES, SERIES
from orchestration.scores import score_landed_stories
from orchestration.universe import Universe
from warehouse.connection import Connection
from warehouse.landing_log import append_to_log
from warehouse.ledger import Landing, land
from warehouse.sessions import Sessions

FIRST_DAY = date(2010, 1, 4)  # earlier history would only move the seeds of Wilder's averages


@dataclass(frozen=True)
class Fetching:
    """How the night's inputs are to be fetched."""

    sources: SourceSettings
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    force_refresh: bool = False
    offline: bool = False
    run_id: str = ""


def night_inputs(
    night: date, universe: Universe, sessions: Sessions, fetching: Fetching
) -> NightInputs:
    """Everything that a night of this universe needs."""
    return NightInputs(
        night=night,
        decided_at=sessions.decided_at(night),
        bar_symbols=universe.bar_symbols,
        news_symbols=universe.member_symbols,
        series_ids=SERIES,
        index_names=INDEX_NAMES,
        first_day=FIRST_DAY,
        company_symbols=universe.member_symbols,
        intraday_symbols=universe.intraday_symbols,
        force_refresh=fetching.force_refresh,
        offline=fetching.offline,
    )


def fetch_inputs(wanted: NightInputs, fetching: Fetching) -> Collected:
    """Ask the providers for what a night wants."""
    return collect_night_inputs(
        wanted,
        fetching.sources,
        clock=fetching.clock,
        on_progress=fetching.say,
        run_id=fetching.run_id,
    )


def land_inputs(
    ledger: Connection,
    collected: Collected,
    sessions: Sessions,
    *,
    run_id: str,
    now: datetime,
    raw_responses: Path,
) -> Landing:
    """Land the new versions, log every request, and score stories that have no score yet.

    Parameters
    ----------
    raw_responses : folder of the stored responses, where the landing log lies too.
    """
    # the requests come first: their order tells which of two answers of one moment was the later
    _log_fetches(ledger, collected, run_id)
    landing = land(ledger, collected.tables, sessions=sessions, run_id=run_id, now=now)
    version = score_landed_stories(ledger, run_id=run_id, now=now)
    append_to_log(ledger, raw_responses)
    return replace(landing, ledger_version=version)


def _log_fetches(ledger: Connection, collected: Collected, run_id: str) -> None:
    """Append one row per request to the ledger's own log.

    Stored rows that were young enough are no request and no news: only a reuse that has a reason
    is written, so that a night on an unchanged market adds nothing.
    """
    told = [fetch for fetch in collected.fetches if fetch.served_from != "cache" or fetch.detail]
    if not told:
        return
    rows = pa.Table.from_pylist([fetch.as_row() for fetch in told])
    ledger.register("fetch_log", rows)
    ledger.execute("insert into ops.fetches select ?, * from fetch_log", [run_id])
    ledger.unregister("fetch_log")
