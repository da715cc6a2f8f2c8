"""Daily bars of the providers that are asked symbol by symbol, taken back to what was traded."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

import pyarrow as pa

from ingestion.adjustment import (
    SPLIT_BASIS,
    Splits,
    basis_of,
    joined_to,
    splits_in,
    splits_of,
    undo_splits,
)
from ingestion.capabilities import WHOLE_ENDPOINT
from ingestion.chains import CHAINS
from ingestion.datasets.actions import known_splits, share_chart
from ingestion.errors import EntitlementError
from ingestion.providers import finnhub_prices, fmp, yahoo
from ingestion.run import Feed, Held, Opening, Run
from ingestion.tables import latest_day

FMP, FINNHUB, YAHOO = CHAINS["daily_bars"][1:]
RAW_PRICES = "unadjusted_prices"
"""The capability of an FMP plan to serve prices as traded; without it they are taken back."""


def collect_by_symbol(run: Run, feed: Feed, pending: Mapping[str, date]) -> dict[str, Held]:
    """Bars of the symbols from their pending days on, from one provider."""
    night, ask = run.wanted.night, _ASK[feed.provider]

    def work(symbol: str) -> Held:
        opening = run.open(feed, symbol, first=pending[symbol], last=night, expected=night)
        return run.extend(feed, symbol, opening, partial(ask, run, symbol, opening))

    return run.each("daily bars", pending, work)


def _ask_fmp(run: Run, symbol: str, opening: Opening, first: date, last: date) -> Held:
    """Prices as traded; where the plan has split-adjusted ones only, those, taken back."""
    source = run.sources["fmp"]
    refused = run.capabilities.refusal("fmp", RAW_PRICES, WHOLE_ENDPOINT, now=run.clock())
    if refused is None:
        try:
            table = fmp.fetch_daily_prices(source, symbol, first, last)
        except EntitlementError as error:
            if error.scope != "endpoint":
                raise
            message = run.journal.sentence(str(error))
            run.capabilities.remember(
                "fmp", RAW_PRICES, WHOLE_ENDPOINT, at=run.clock(), message=message
            )
        else:
            return Held(table, latest_day(table, "session_date"))
    splits = splits_of(known_splits(run, "fmp", symbol), "numerator", "denominator")
    table = fmp.fetch_daily_prices(source, symbol, first, last, flavour="full")
    return _as_traded(opening, table, splits)


def _ask_finnhub(run: Run, symbol: str, opening: Opening, first: date, last: date) -> Held:
    splits = splits_of(known_splits(run, "finnhub", symbol), "to_factor", "from_factor")
    table = finnhub_prices.fetch_daily_candles(run.sources["finnhub"], symbol, first, last)
    return _as_traded(opening, table, splits)


def _ask_yahoo(run: Run, symbol: str, opening: Opening, first: date, last: date) -> Held:
    """Bars with the splits of the same answer; earlier splits are those of earlier answers."""
    chart = yahoo.fetch_chart(run.sources["yahoo"], symbol, first, last, today=run.today)
    share_chart(run, symbol, chart, first)
    splits = {day: ratio for day, ratio in _held_splits(opening).items() if day < first}
    splits |= splits_of(chart.splits, "numerator", "denominator")
    return _as_traded(opening, chart.bars, splits)


def _as_traded(opening: Opening, table: pa.Table, splits: Splits) -> Held:
    """The bars as traded, remembering the splits that they were taken back with."""
    before = _held_splits(opening)
    # without a noted basis the held rows came as traded, and every split should be in place
    through = opening.held.observed_through if _has_basis(opening) else None
    # a split of the days already held that was not known then: the vendor had forgotten it
    late = [day for day in splits if day not in before and through and day <= through]
    bars = joined_to(opening.held.table, undo_splits(table, splits), late=late)
    return Held(bars, latest_day(bars, "session_date"), validators={SPLIT_BASIS: basis_of(splits)})


def _has_basis(opening: Opening) -> bool:
    return opening.entry is not None and SPLIT_BASIS in opening.entry.validators


def _held_splits(opening: Opening) -> dict[date, float]:
    validators = opening.entry.validators if opening.entry else {}
    return splits_in(validators.get(SPLIT_BASIS, ""))


_ASK: dict[str, Callable[[Run, str, Opening, date, date], Held]] = {
    "fmp": _ask_fmp,
    "finnhub": _ask_finnhub,
    "yahoo": _ask_yahoo,
}
