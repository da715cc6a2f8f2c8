"""Intraday bars: three months at first, then the tail and the revision window."""

from collections.abc import Callable
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.chains import Tally, chain
from ingestion.datasets.polygon_bars import last_day_in_plan
from ingestion.errors import NotFoundError
from ingestion.providers import finnhub_prices, polygon
from ingestion.run import Feed, Held, Run
from ingestion.source import Source
from ingestion.windows import RegularHours
from warehouse.sessions import NEW_YORK

FIRST_LOAD_DAYS = 90
"""Calendar days: what an intraday strategy can be tried on, and two pages of Polygon's minutes."""

_FETCH: dict[str, Callable[[Source, str, date, date, RegularHours], pa.Table]] = {
    "polygon": polygon.fetch_intraday_bars,
    "finnhub": finnhub_prices.fetch_intraday_bars,
}


def collect_intraday(run: Run) -> Tally:
    """5-minute bars of every intraday symbol up to the night.

    A warm night costs each symbol one request to Polygon. What is missing is remarked and degrades
    no night: no published decision reads these bars.
    """
    tally = Tally("intraday_bars", run.wanted.intraday_symbols, is_required=False)
    for feed in chain(run.settings, tally.dataset):
        pending = [symbol for symbol in tally.symbols if not _is_served(run, tally, symbol)]
        if pending:
            run.tell(f"intraday bars of {len(pending)} symbols: asking {feed.provider}")
        for symbol in pending:
            tally.add(feed, symbol, _refresh(run, feed, symbol, tally.observed_through(symbol)))
    tally.report(
        run,
        lambda symbol: _is_served(run, tally, symbol),
        lacking=f"no intraday bars of {run.wanted.night}",
    )
    return tally


def _is_served(run: Run, tally: Tally, symbol: str) -> bool:
    return tally.is_answered(symbol, through=run.wanted.night)


def _refresh(run: Run, feed: Feed, symbol: str, through: date | None) -> Held:
    last, refused = run.wanted.night, None
    if feed.provider == "polygon":
        last, refused = last_day_in_plan(run)
    first = run.wanted.night - timedelta(days=FIRST_LOAD_DAYS)
    if through:
        first = run.sessions.next_session(through)

    def ask(first: date, last: date) -> Held:
        hours = RegularHours(run.sessions, first, last)
        table = _FETCH[feed.provider](run.sources[feed.provider], symbol, first, last, hours)
        return Held(table, _last_day(table))

    held = run.refresh(feed, symbol, ask, first=min(first, last), last=last, expected=last)
    error = held.error or refused
    if error is None and (held.observed_through or date.min) < run.wanted.night:
        error = NotFoundError(f"{feed.provider} has no intraday bar of {run.wanted.night}")
    return Held(held.table, held.observed_through, error, held.validators)


def _last_day(table: pa.Table) -> date | None:
    ends = pc.max(table["bar_end_at"]).as_py()
    return None if ends is None else ends.astimezone(NEW_YORK).date()
