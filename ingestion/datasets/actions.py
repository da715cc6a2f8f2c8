"""Splits and dividends: all symbols in few requests, or symbol by symbol where that fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.capabilities import WHOLE_ENDPOINT
from ingestion.chains import CHAINS, Tally, chain
from ingestion.errors import BadPayloadError, EntitlementError, IngestionError, NotFoundError
from ingestion.providers import finnhub_prices, fmp, yahoo
from ingestion.providers.polygon_actions import SYMBOLS_PER_REQUEST, fetch_actions
from ingestion.run import Feed, Held, Opening, Run
from ingestion.source import Answer

DATASETS = ("splits", "dividends")
RECENT_SESSIONS = 20
"""The whole market's actions of so many sessions fit into one answer or two."""

FEW_SYMBOLS = 3
"""So many symbols are asked for by name on Polygon's old path, which takes one name at a time."""

PRESENT_PATHS = {"splits": "splits_v1", "dividends": "dividends_v1"}
"""The names under which a plan without Polygon's present path is remembered; the old one serves."""


def collect_actions(run: Run) -> list[Tally]:
    """Splits and dividends of every symbol up to the night.

    The providers after Polygon answer one symbol at a time and have few calls, so they are asked
    only where Polygon did not answer, whichever of them served the bars.
    """
    return [_collect(run, dataset) for dataset in DATASETS]


def known_splits(run: Run, provider: str, symbol: str) -> pa.Table:
    """The splits of a symbol that a provider has applied to its prices by now.

    Raises
    ------
    IngestionError
        If they could not be asked today: prices adjusted by unknown splits are of no use.
    """
    feed = next(feed for feed in CHAINS["splits"] if feed.provider == provider)
    held = _single(run, feed, symbol)
    if isinstance(held.error, EntitlementError):  # of splits: it says nothing about the prices
        raise EntitlementError(str(held.error), scope="request")
    if held.error:
        raise held.error
    run.consulted_splits[provider, symbol] = held
    return held.table


def share_chart(run: Run, symbol: str, chart: yahoo.Chart, first: date) -> None:
    """Keep the actions that came with a symbol's bars, unless earlier ones are still wanted."""
    tables = {"splits": chart.splits, "dividends": chart.dividends}
    for dataset in DATASETS:
        feed = CHAINS[dataset][-1]
        opening = _open(run, feed, symbol, run.today)
        if opening.window and opening.window[0] >= first:
            run.keep(feed, symbol, opening, Held(tables[dataset]))


def _collect(run: Run, dataset: str) -> Tally:
    tally = Tally(dataset, run.wanted.bar_symbols)
    for feed in chain(run.settings, dataset):
        pending = [symbol for symbol in tally.symbols if not tally.is_answered(symbol)]
        if pending:
            run.tell(f"{dataset} of {len(pending)} symbols: asking {feed.provider}")
        if feed is CHAINS[dataset][0]:
            brought = _from_polygon(run, feed, pending)
        else:
            brought = _from_single(run, feed, pending)
        for symbol, held in brought.items():
            tally.add(feed, symbol, held)
    if dataset == "splits":
        _add_consulted(run, tally)
    tally.report(run, tally.is_answered, lacking=f"{dataset} up to {run.wanted.night} unknown")
    return tally


def _add_consulted(run: Run, tally: Tally) -> None:
    """Land the splits that bars were taken back with, also where another provider's count."""
    for feed in CHAINS["splits"]:
        for symbol in tally.symbols:
            held = run.consulted_splits.get((feed.provider, symbol))
            if held and feed not in [asked for asked, _ in tally.brought(symbol)]:
                tally.add(feed, symbol, held)


def _open(run: Run, feed: Feed, symbol: str, last: date) -> Opening:
    return run.open(feed, symbol, first=run.wanted.first_day, last=last, expected=None)


def _from_polygon(run: Run, feed: Feed, symbols: Sequence[str]) -> dict[str, Held]:
    openings = {symbol: _open(run, feed, symbol, run.wanted.night) for symbol in symbols}
    held = {symbol: opening.held for symbol, opening in openings.items() if not opening.window}
    recent_from = run.sessions.previous_session(run.wanted.night, RECENT_SESSIONS)
    recent: dict[str, Opening] = {}
    by_start: dict[date, dict[str, Opening]] = {}
    for symbol, opening in openings.items():
        if opening.window and opening.window[0] >= recent_from:
            recent[symbol] = opening
        elif opening.window:
            by_start.setdefault(opening.window[0], {})[symbol] = opening
    if recent:
        start = min(opening.window[0] for opening in recent.values() if opening.window)
        held |= _batch(run, feed, recent, start, is_recent=True)
    for start, group in by_start.items():
        held |= _batch(run, feed, group, start, is_recent=False)
    return held


def _batch(
    run: Run, feed: Feed, group: dict[str, Opening], start: date, *, is_recent: bool
) -> dict[str, Held]:
    """One question for all symbols whose history is known up to about the same day."""
    try:
        answer = _ask_polygon(run, feed, list(group), start, is_recent)
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


def _ask_polygon(
    run: Run, feed: Feed, symbols: Sequence[str], start: date, is_recent: bool
) -> Answer:
    """From the present path, or from the old one where that is missing or not in the plan.

    Tails of more symbols than one address names are asked for without any names, so that their cost
    does not grow with the universe.
    """

    def ask(most_names: int, is_old_path: bool) -> Answer:
        return fetch_actions(
            run.sources["polygon"],
            feed.dataset,
            symbols,
            start,
            run.today,
            is_market_wide=is_recent and len(symbols) > most_names,
            is_old_path=is_old_path,
        )

    name = PRESENT_PATHS[feed.dataset]
    if run.capabilities.refusal("polygon", name, WHOLE_ENDPOINT, now=run.clock()) is None:
        try:
            return ask(SYMBOLS_PER_REQUEST, is_old_path=False)
        except (NotFoundError, EntitlementError) as error:
            if isinstance(error, EntitlementError) and error.scope != "endpoint":
                raise
            message = run.journal.sentence(str(error))
            run.capabilities.remember(
                "polygon", name, WHOLE_ENDPOINT, at=run.clock(), message=message
            )
    return ask(FEW_SYMBOLS, is_old_path=True)


def _as_before(run: Run, feed: Feed, symbol: str, opening: Opening, error: IngestionError) -> Held:
    run.note_reuse(feed, symbol, opening.held, error)
    return replace(opening.held, error=error)


def _from_single(run: Run, feed: Feed, symbols: Sequence[str]) -> dict[str, Held]:
    return run.each(feed.dataset, symbols, lambda symbol: _single(run, feed, symbol))


def _single(run: Run, feed: Feed, symbol: str) -> Held:
    """The actions of one symbol up to today, which is as far as a vendor's prices know them."""

    def ask(first: date, last: date) -> Held:
        return Held(_SINGLE[feed.provider](run, feed.dataset, symbol, first, last))

    return run.extend(feed, symbol, _open(run, feed, symbol, run.today), ask)


def _ask_fmp(run: Run, dataset: str, symbol: str, first: date, last: date) -> pa.Table:
    fetch = {"splits": fmp.fetch_splits, "dividends": fmp.fetch_dividends}[dataset]
    # every row comes whatever is asked, so a split that was forgotten before is seen, too
    return fetch(run.sources["fmp"], symbol, run.wanted.first_day)


def _ask_finnhub(run: Run, dataset: str, symbol: str, first: date, last: date) -> pa.Table:
    fetch = {
        "splits": finnhub_prices.fetch_splits,
        "dividends": finnhub_prices.fetch_dividends,
    }[dataset]
    return fetch(run.sources["finnhub"], symbol, run.wanted.first_day, last)


def _ask_yahoo(run: Run, dataset: str, symbol: str, first: date, last: date) -> pa.Table:
    chart = yahoo.fetch_chart(run.sources["yahoo"], symbol, first, last, today=run.today)
    return chart.splits if dataset == "splits" else chart.dividends


_SINGLE: Mapping[str, Callable[[Run, str, str, date, date], pa.Table]] = {
    "fmp": _ask_fmp,
    "finnhub": _ask_finnhub,
    "yahoo": _ask_yahoo,
}
