"""Macro series: from the FRED API or the keyless graph file; FMP stands in for the bill rate."""

from datetime import date, timedelta

from ingestion.chains import Tally, chain
from ingestion.providers import fmp_macro, fred
from ingestion.run import Feed, Held, Run
from ingestion.tables import latest_day
from warehouse.availability import RULES, SERIES_RULES

_FETCH = {"fred": fred.fetch_observations, "fred_graph": fred.fetch_graph}
BILL_SERIES = "DGS3MO"
STAND_IN_DAYS = 4 * fmp_macro.DAYS_PER_REQUEST
"""A decision reads the newest rate; older ones come from FRED when it answers again."""

_DEFAULT_RULE = "18:00 New York of the next session"


def collect_macro(run: Run) -> Tally:
    """Observations of every series; one after the other, because FRED dislikes parallel calls.

    Both feeds read the same database, so the graph is asked only where the API failed, and only
    for days after the ones already held. Where both fail for the bill rate FMP's Treasury rates
    are kept beside what FRED has said: the night stays degraded, but its cash earns interest.
    """
    tally = Tally("macro", run.wanted.series_ids)
    feeds = chain(run.settings, "macro")
    if tally.symbols and feeds:
        run.tell(f"{len(tally.symbols)} macro series: asking {feeds[0].provider}")
    for series_id in tally.symbols:
        for feed in feeds:
            if not tally.is_answered(series_id):
                through = tally.observed_through(series_id)
                first = through + timedelta(days=1) if through else run.wanted.first_day
                first = min(first, run.wanted.night)
                tally.add(feed, series_id, refresh_series(run, feed, series_id, first))
    tally.report(run, tally.is_answered, lacking="no new observations")
    if BILL_SERIES in tally.symbols and not tally.is_answered(BILL_SERIES):
        for feed in chain(run.settings, "treasury_rates"):
            tally.add(feed, BILL_SERIES, _stand_in(run, feed))
    return tally


def _stand_in(run: Run, feed: Feed) -> Held:
    """The latest Treasury rates of FMP, and a remark that they are used."""

    def ask(first: date, last: date) -> Held:
        source = run.sources[feed.provider]
        table = fmp_macro.fetch_treasury_rates(source, BILL_SERIES, first, last)
        return Held(table, latest_day(table, "observed_date"))

    last = run.wanted.night
    first = max(run.wanted.first_day, last - timedelta(days=STAND_IN_DAYS - 1))
    expected = last_expected(run, BILL_SERIES)
    held = run.refresh(feed, BILL_SERIES, ask, first=first, last=last, expected=expected)
    told = held.error or f"stands in for FRED's {BILL_SERIES} up to {held.observed_through}"
    failure = held.error.failure if held.error else "transient"
    run.journal.report(
        feed.provider, feed.dataset, BILL_SERIES, told, failure=failure, is_degrading=False
    )
    return held


def refresh_series(run: Run, feed: Feed, series_id: str, first: date) -> Held:
    """What can be held of a series tonight, from a day on."""
    fetch, source = _FETCH[feed.provider], run.sources[feed.provider]

    def ask(first: date, last: date) -> Held:
        answer = fetch(source, series_id, first, last)
        return Held(answer.table, answer.observed_through)

    last, expected = run.wanted.night, last_expected(run, series_id)
    return run.refresh(feed, series_id, ask, first=first, last=last, expected=expected)


def last_expected(run: Run, series_id: str) -> date:
    """The newest day whose observation is known at the night's decision."""
    known_at = RULES[SERIES_RULES.get(series_id, _DEFAULT_RULE)]
    day = run.wanted.night
    while known_at(run.sessions, day) > run.wanted.decided_at:
        day = run.sessions.previous_session(day)
    return day
