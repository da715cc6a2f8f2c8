"""Index closes: whole files, the delayed quote of the session just closed, FRED for older holes."""

from datetime import date

from ingestion.chains import CHAINS, Tally, chain
from ingestion.datasets.macro import refresh_series
from ingestion.providers import cboe
from ingestion.run import Held, Run
from ingestion.tables import latest_day

FILE, QUOTE, *FRED = CHAINS["index_closes"]
FRED_SERIES = {"VIX": "VIXCLS"}
"""The indices of which FRED has a copy: closes only, a day later."""


def collect_indices(run: Run) -> Tally:
    """Rows of every index up to the night; the file comes in the evening, the quote before it."""
    night = run.wanted.night
    tally = Tally("index_closes", run.wanted.index_names)
    if not tally.symbols or not chain(run.settings, tally.dataset):
        return tally
    run.tell(f"{len(tally.symbols)} indices: asking cboe")
    for name, held in run.each("indices", tally.symbols, lambda name: _file(run, name)).items():
        tally.add(FILE, name, held)
    late = [name for name in tally.symbols if not _reaches(tally, name, night)]
    for name, held in run.each("index quotes", late, lambda name: _quote(run, name)).items():
        tally.add(QUOTE, name, held)
    for name in FRED_SERIES.keys() & set(tally.symbols):
        if _has_hole(run, tally, name):
            _fill_from_fred(run, tally, name)
    before = run.sessions.previous_session(night)
    tally.report(
        run,
        lambda name: tally.is_answered(name, through=night) and _file_reaches(tally, name, before),
        lacking=f"closes up to {night} are incomplete",
    )
    return tally


def _has_hole(run: Run, tally: Tally, name: str) -> bool:
    """Whether the file lacks a session before the night; FRED knows the night's own too late."""
    table = tally.brought(name)[0][1].table
    rows = zip(table["session_date"].to_pylist(), table["close"].to_pylist(), strict=True)
    closed = {day for day, close in rows if close is not None}
    before = run.sessions.previous_session(run.wanted.night)
    return not closed.issuperset(run.sessions.between(run.wanted.first_day, before))


def _fill_from_fred(run: Run, tally: Tally, name: str) -> None:
    for feed in FRED:
        if run.settings.can_ask(feed.provider):
            held = refresh_series(run, feed, FRED_SERIES[name], run.wanted.first_day)
            tally.add(feed, name, held)
            if held.error is None:
                return


def _reaches(tally: Tally, name: str, day: date) -> bool:
    return (tally.observed_through(name) or date.min) >= day


def _file_reaches(tally: Tally, name: str, day: date) -> bool:
    """Whether the file leaves no hole before the quote."""
    _, held = tally.brought(name)[0]
    return (held.observed_through or date.min) >= day


def _file(run: Run, name: str) -> Held:
    night = run.wanted.night
    quote = run.cache.find(QUOTE.provider, QUOTE.dataset, name)
    is_quoted = quote is not None and quote.observed_through == night
    expected = run.sessions.previous_session(night) if is_quoted else night
    opening = run.open(FILE, name, first=run.wanted.first_day, last=night, expected=expected)
    is_forced = run.wanted.force_refresh or opening.entry is None
    quoting = {} if is_forced or opening.entry is None else opening.entry.validators

    def ask(first: date, last: date) -> Held:
        # the file comes whole whatever is asked, so all wanted days are taken from it
        answer = cboe.fetch_index_history(
            run.sources["cboe"], name, run.wanted.first_day, last, quoting=quoting
        )
        if answer.is_unchanged:
            return Held(
                opening.held.table, opening.held.observed_through, validators=answer.validators
            )
        return Held(answer.table, answer.observed_through, validators=answer.validators)

    return run.extend(FILE, name, opening, ask)


def _quote(run: Run, name: str) -> Held:
    night = run.wanted.night

    def ask(first: date, last: date) -> Held:
        table = cboe.fetch_delayed_quote(run.sources["cboe"], name, night)
        return Held(table, latest_day(table, "session_date"))

    return run.refresh(QUOTE, name, ask, first=night, last=night, expected=night)
