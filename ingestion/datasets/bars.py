"""Daily bars of every symbol up to the night, from the first provider that has them."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from ingestion.chains import Tally, chain
from ingestion.datasets.polygon_bars import POLYGON, collect_polygon_bars
from ingestion.datasets.single_bars import collect_by_symbol
from ingestion.errors import EntitlementError, IngestionError, NotFoundError
from ingestion.providers import finnhub_prices
from ingestion.run import Feed, Held, Run

ENDED_SESSIONS = 5
"""A symbol without bars for longer, while others trade, is no reason to call a night degraded."""

MOST_QUOTES = 20
"""Bars that are missing for more symbols are an outage, which no quote explains."""


def collect_bars(run: Run) -> Tally:
    """Bars of every symbol up to the night, from the first provider that has them.

    A later provider is asked only for the sessions that the ones before it lack.
    """
    night = run.wanted.night
    tally = Tally("daily_bars", run.wanted.bar_symbols)
    for feed in chain(run.settings, "daily_bars"):
        pending = {}
        for symbol in tally.symbols:
            through = tally.observed_through(symbol)
            if through is None:
                pending[symbol] = run.wanted.first_day
            elif through < night:
                pending[symbol] = run.sessions.next_session(through)
        if pending:
            run.tell(f"daily bars of {len(pending)} symbols: asking {feed.provider}")
        if feed is POLYGON:
            brought = collect_polygon_bars(run, pending)
        else:
            brought = collect_by_symbol(run, feed, pending)
        for symbol, held in brought.items():
            tally.add(feed, symbol, _owning_up(held, feed, night))
    served = {symbol for symbol in tally.symbols if tally.is_answered(symbol, through=night)}
    ended = {symbol for symbol in tally.symbols if served and _has_ended(run, tally, symbol)}
    _remark_last_trades(run, tally, served | ended)
    tally.report(run, (served | ended).__contains__, lacking=f"no bar of {night}")
    return tally


def _owning_up(held: Held, feed: Feed, night: date) -> Held:
    """The same, with a reason where a healthy answer ends early: no fallback is silent."""
    if held.error or (held.observed_through or date.min) >= night:
        return held
    return replace(held, error=NotFoundError(f"{feed.provider} has no bar of {night}"))


def _has_ended(run: Run, tally: Tally, symbol: str) -> bool:
    """Whether healthy providers agree that a symbol has not traded for a week: it was delisted."""
    through = tally.observed_through(symbol)
    is_old = through and through < run.sessions.previous_session(run.wanted.night, ENDED_SESSIONS)
    errors = [held.error for _, held in tally.brought(symbol)]
    # what a plan does not include says nothing about the symbol
    told = [error for error in errors if not isinstance(error, EntitlementError)]
    return bool(is_old and told) and all(isinstance(error, NotFoundError) for error in told)


def _remark_last_trades(run: Run, tally: Tally, explained: Collection[str]) -> None:
    """Say when a symbol last traded whose bar healthy providers lack: the bar is late, or none is.

    The free quote tells the two apart; its price is nobody's closing price and is not kept.
    """
    lacking = [
        symbol
        for symbol in tally.symbols
        if symbol not in explained
        and any(isinstance(held.error, NotFoundError) for _, held in tally.brought(symbol))
    ]
    if not run.settings.can_ask("finnhub") or len(lacking) > MOST_QUOTES:
        return
    for symbol, day in run.each("quotes", lacking, lambda name: _quoted_day(run, name)).items():
        if day:
            what = "its bar is late" if day >= run.wanted.night else "no bar is due"
            sentence = f"the last trade was on {day}: {what}"
            run.journal.report(
                "finnhub", "quote", symbol, sentence, failure="empty", is_degrading=False
            )


def _quoted_day(run: Run, symbol: str) -> date | None:
    try:
        return finnhub_prices.fetch_quoted_day(run.sources["finnhub"], symbol)
    except IngestionError:  # a remark less; what matters is told by the bars themselves
        return None
