"""Macro series: from the FRED API, or from the keyless graph file."""

from datetime import date, timedelta

from ingestion.chains import Tally, chain
from ingestion.providers import fred
from ingestion.run import Feed, Held, Run
from warehouse.availability import RULES, SERIES_RULES

_FETCH = {"fred": fred.fetch_observations, "fred_graph": fred.fetch_graph}
_DEFAULT_RULE = "18:00 New York of the next session"


def collect_macro(run: Run) -> Tally:
    """Observations of every series; one after the other, because FRED dislikes parallel calls.

    Both feeds read the same database, so the graph is asked only where the API failed, and only
    for days after the ones already held.
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
                tally.add(feed, series_id, _refresh(run, feed, series_id, first))
    tally.report(run, tally.is_answered, lacking="no new observations")
    return tally


def _refresh(run: Run, feed: Feed, series_id: str, first: date) -> Held:
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
