"""Splits and dividends: all symbols in one request, or symbol by symbol where that fails."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.chains import Tally, chain
from ingestion.errors import BadPayloadError, IngestionError
from ingestion.providers import fmp, polygon
from ingestion.run import Feed, Held, Opening, Run
from ingestion.source import Answer, Source

_BATCHED: dict[str, Callable[[Source, Sequence[str], date], Answer]] = {
    "splits": polygon.fetch_splits,
    "dividends": polygon.fetch_dividends,
}
_SINGLE: dict[str, Callable[[Source, str, date], pa.Table]] = {
    "splits": fmp.fetch_splits,
    "dividends": fmp.fetch_dividends,
}


def collect_actions(run: Run) -> list[Tally]:
    """Splits and dividends of every symbol up to the night.

    FMP answers one symbol at a time and has few calls, so it is asked only where Polygon did not
    answer, whichever of them served the bars.
    """
    return [_collect(run, dataset) for dataset in ("splits", "dividends")]


def _collect(run: Run, dataset: str) -> Tally:
    tally = Tally(dataset, run.wanted.bar_symbols)
    for feed in chain(run.settings, dataset):
        pending = [symbol for symbol in tally.symbols if not tally.is_answered(symbol)]
        if pending:
            run.tell(f"{dataset} of {len(pending)} symbols: asking {feed.provider}")
        for symbol, held in _COLLECTORS[feed.provider](run, feed, pending).items():
            tally.add(feed, symbol, held)
    tally.report(run, tally.is_answered, lacking=f"{dataset} up to {run.wanted.night} unknown")
    return tally


def _from_polygon(run: Run, feed: Feed, symbols: Sequence[str]) -> dict[str, Held]:
    wanted = run.wanted
    openings = {
        symbol: run.open(feed, symbol, first=wanted.first_day, last=wanted.night, expected=None)
        for symbol in symbols
    }
    by_start: dict[date, dict[str, Opening]] = {}
    for symbol, opening in openings.items():
        if opening.window:
            by_start.setdefault(opening.window[0], {})[symbol] = opening
    held = {symbol: opening.held for symbol, opening in openings.items() if not opening.window}
    for start, group in by_start.items():
        held |= _batch(run, feed, group, start)
    return held


def _batch(run: Run, feed: Feed, group: dict[str, Opening], start: date) -> dict[str, Held]:
    """One request for all symbols whose history is known up to the same day."""
    try:
        answer = _BATCHED[feed.dataset](run.sources[feed.provider], list(group), start)
    except IngestionError as error:
        # a request for many symbols is refused as a whole
        run.remember_refusal(feed, next(iter(group)), error)
        return {symbol: _as_before(run, feed, symbol, group[symbol], error) for symbol in group}
    held = {}
    for symbol, opening in group.items():
        if symbol in answer.refused:
            refused = BadPayloadError(f"polygon: {answer.refused[symbol]}")
            held[symbol] = _as_before(run, feed, symbol, opening, refused)
        else:
            rows = answer.table.filter(pc.equal(answer.table["symbol"], symbol))
            held[symbol] = run.keep(feed, symbol, opening, Held(rows))
    return held


def _as_before(run: Run, feed: Feed, symbol: str, opening: Opening, error: IngestionError) -> Held:
    run.note_reuse(feed, symbol, opening.held, error)
    return replace(opening.held, error=error)


def _from_fmp(run: Run, feed: Feed, symbols: Sequence[str]) -> dict[str, Held]:
    wanted = run.wanted

    def work(symbol: str) -> Held:
        return run.refresh(
            feed,
            symbol,
            lambda first, _: Held(_SINGLE[feed.dataset](run.sources["fmp"], symbol, first)),
            first=wanted.first_day,
            last=wanted.night,
            expected=None,
        )

    return run.each(feed.dataset, symbols, work)


_COLLECTORS = {"polygon": _from_polygon, "fmp": _from_fmp}
