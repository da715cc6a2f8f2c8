"""The night's inputs: fetch them, land what is new, and give every headline its score."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from ingestion.night import Collected, NightInputs, collect_night_inputs
from ingestion.settings import SourceSettings
from orchestration.freshness import INDEX_NAMES, SERIES
from orchestration.universe import Universe
from warehouse.connection import Connection
from warehouse.ledger import Landing, land, newest_version
from warehouse.sessions import Sessions

FIRST_DAY = date(2010, 1, 4)  # earlier history would only move the seeds of Wilder's averages

NEWS_TABLES = ("raw.finnhub__company_news", "raw.polygon__news")


@dataclass(frozen=True)
class Fetching:
    """How the night's inputs are to be fetched."""

    sources: SourceSettings
    clock: Callable[[], datetime]
    say: Callable[[str], None]
    force_refresh: bool = False
    offline: bool = False


def fetch_inputs(
    night: date, universe: Universe, sessions: Sessions, fetching: Fetching
) -> Collected:
    """Ask the providers for everything that a night of this universe needs."""
    wanted = NightInputs(
        night=night,
        decided_at=sessions.decided_at(night),
        bar_symbols=universe.bar_symbols,
        news_symbols=universe.member_symbols,
        series_ids=SERIES,
        index_names=INDEX_NAMES,
        first_day=FIRST_DAY,
        force_refresh=fetching.force_refresh,
        offline=fetching.offline,
    )
    return collect_night_inputs(
        wanted, fetching.sources, clock=fetching.clock, on_progress=fetching.say
    )


def land_inputs(
    ledger: Connection, collected: Collected, sessions: Sessions, *, run_id: str, now: datetime
) -> Landing:
    """Land the new versions, log every request, and score headlines that have no score yet."""
    landing = land(ledger, collected.tables, sessions=sessions, run_id=run_id, now=now)
    _log_fetches(ledger, collected, run_id)
    score_new_headlines(ledger)
    return landing


def score_new_headlines(ledger: Connection) -> int:
    """Score stored headlines that the current method has not scored; returns how many.

    A score is arithmetic on a headline, known as soon as the headline is; it belongs to the newest
    ledger version, so that an older night keeps the scores it had.
    """
    from ingestion.sentiment import METHOD, score_headlines

    union = " union ".join(f"select headline from {table}" for table in NEWS_TABLES)
    found = ledger.execute(
        f"select headline from ({union}) where md5(headline) not in "
        "(select headline_hash from raw.mqp__headline_scores where method = ?) order by 1",
        [METHOD],
    ).fetchall()
    if not found:
        return 0
    scores = score_headlines([row[0] for row in found])
    ledger.register("scores", scores)
    ledger.execute(
        "insert into raw.mqp__headline_scores "
        "select headline_hash, method, score, ?, md5(concat_ws('|', method, score)) from scores",
        [newest_version(ledger)],
    )
    ledger.unregister("scores")
    return int(scores.num_rows)


def _log_fetches(ledger: Connection, collected: Collected, run_id: str) -> None:
    """Append one row per request to the ledger's own log."""
    if not collected.fetches:
        return
    rows = pa.Table.from_pylist([fetch.as_row() for fetch in collected.fetches])
    ledger.register("fetch_log", rows)
    ledger.execute("insert into ops.fetches select ?, * from fetch_log", [run_id])
    ledger.unregister("fetch_log")
