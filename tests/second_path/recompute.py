"""From stored responses to every table of the second path, in the order of the design."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tests.second_path import law, responses
from tests.second_path.backtest import bill_rates, simulate
from tests.second_path.credit import (
    Spreads,
    credit_decisions,
    credit_view,
    oas_spreads,
    proxy_spreads,
)
from tests.second_path.decisions import Decisions
from tests.second_path.equities import equity_decisions, weight_per_position
from tests.second_path.exchange import Axis, axis_up_to
from tests.second_path.features import equity_features, sentiment_3d
from tests.second_path.prices import Market, adjusted_prices, market_of, usable_bars
from tests.second_path.reports import figures_known, fiscal_years
from tests.second_path.sentiment import provider_opinions, session_sentiment
from tests.second_path.volatility import index_levels, term_structure, volatility_decisions


@dataclass(frozen=True)
class Withheld:
    """Rows that the gate refused: not ours to judge here, only to leave out."""

    dataset: str
    symbol: str
    first_date: date
    last_date: date


@dataclass(frozen=True)
class SecondPath:
    """Everything recomputed, on one session axis."""

    axis: Axis
    prices: pd.DataFrame
    market: Market
    sentiment: pd.DataFrame
    opinions: pd.DataFrame
    sentiment_3d: np.ndarray
    features: dict[str, np.ndarray]
    spreads: tuple[Spreads, Spreads]
    levels: dict[str, np.ndarray]
    term_structure: np.ndarray
    bills: np.ndarray
    decisions: dict[tuple[str, str], Decisions]
    begins: dict[str, int]
    withheld: tuple[Withheld, ...]

    def frozen_reasons(self, decisions: Decisions) -> np.ndarray:
        """(sessions, symbols) why a row would be frozen: a refused row, else no bar."""
        reasons = np.full(decisions.target.shape, "no_bar", dtype=object)
        others = {"credit": ("HYG", "LQD"), "volatility": ("VIX", "VIX3M")}
        for column, symbol in enumerate(decisions.symbols):
            meant = {symbol, *others.get(decisions.strategy, ())}
            reasons[_refused(self.withheld, meant, self.axis), column] = "quarantined"
        return reasons

    def backtest(self, strategy: str, variant: str) -> pd.DataFrame:
        return simulate(
            self.decisions[strategy, variant],
            self.market,
            self.bills,
            self.axis,
            self.begins[strategy],
        )


def recompute(
    raw: Path, members: tuple[str, ...] = law.CORE_EQUITIES, withheld: Iterable[Withheld] = ()
) -> SecondPath:
    """The whole night from its raw folder; the night is the latest session closed at the fetch."""
    withheld = tuple(withheld)
    answers = responses.read_responses(raw)
    axis = axis_up_to(answers[-1].fetched_at)
    bars = responses.daily_bars(answers, (*members, *law.OTHER_SYMBOLS))
    bars = _without(bars, "symbol", "session_date", withheld, "daily_bars")
    prices = adjusted_prices(
        usable_bars(bars, axis), responses.splits(answers), responses.dividends(answers), axis
    )
    market = market_of(prices, axis)
    news = responses.company_news(answers)
    sentiment = session_sentiment(news, axis)
    opinions = provider_opinions(
        responses.news_readings(answers), responses.news_snapshots(answers), axis
    )
    three_day = sentiment_3d(sentiment, market.symbols, axis)
    features = equity_features(market, three_day) | figures_known(
        fiscal_years(answers), prices, responses.splits(answers), axis
    )
    observations = _without(
        responses.observations(answers), "series_id", "observed_date", withheld, "fred__"
    )
    spreads = oas_spreads(observations, axis), proxy_spreads(market, axis)
    closes = responses.index_closes(answers)
    closes = _without(closes, "index_name", "session_date", withheld, "cboe__")
    levels = index_levels(closes, axis)
    structure = term_structure(levels["VIX"] / levels["VIX3M"])
    view = credit_view(*spreads, axis)
    weights = weight_per_position(len(members), view.stress, structure)
    refused = _refused(withheld, {"VIX", "VIX3M"}, axis)
    decisions = [
        *equity_decisions(features, market, members, weights),
        *credit_decisions(view, market),
        *volatility_decisions(levels, market, axis, refused),
    ]
    return SecondPath(
        axis,
        prices,
        market,
        sentiment,
        opinions,
        three_day,
        features,
        spreads,
        levels,
        structure,
        bill_rates(observations, axis),
        {(each.strategy, each.variant): each for each in decisions},
        _begins(decisions),
        withheld,
    )


def _without(
    frame: pd.DataFrame, name: str, day: str, withheld: tuple[Withheld, ...], kind: str
) -> pd.DataFrame:
    keep = np.ones(len(frame), dtype=bool)
    for refused in withheld:
        if kind in refused.dataset:
            is_inside = (frame[day] >= refused.first_date) & (frame[day] <= refused.last_date)
            keep &= ~((frame[name] == refused.symbol) & is_inside).to_numpy()
    return frame.loc[keep].reset_index(drop=True)


def _refused(withheld: tuple[Withheld, ...], symbols: set[str], axis: Axis) -> np.ndarray:
    """(sessions,) whether a refused row of any of the symbols covers the session."""
    refused = np.zeros(axis.count, dtype=bool)
    for row in withheld:
        if row.symbol in symbols:
            refused |= [row.first_date <= day <= row.last_date for day in axis.days[:-1]]
    return refused


def _begins(decisions: list[Decisions]) -> dict[str, int]:
    """The first session on which any variant of a strategy has a row."""
    begins: dict[str, int] = {}
    for each in decisions:
        first = int(np.flatnonzero(~np.isnan(each.target).all(axis=1))[0])
        begins[each.strategy] = min(first, begins.get(each.strategy, first))
    return begins
