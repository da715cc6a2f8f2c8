"""The night's final book: `analytics.risk_exposures` and `analytics.stress_results`."""

import numpy as np
import pandas as pd

from analytics.arrays import Floats, Ints
from analytics.frames import Calendar
from analytics.market import Market
from analytics.risk.betas import trailing_betas
from analytics.risk.book import RiskBook, final_parts
from analytics.risk.contributions import (
    Marginals,
    group_rows,
    shortfall_marginals,
    volatility_marginals,
)
from analytics.risk.forecasts import WINDOW_SESSIONS, historical_forecasts, simulated_returns
from analytics.risk.stress import Stress, stresses
from analytics.settings import PortfolioConfig
from analytics.tables import dates, moments, named, texts

FUNDS = "Funds"
TOTAL, WHOLE_BOOK = "total", "portfolio"


def exposure_rows(book: RiskBook, calendar: Calendar, config: PortfolioConfig) -> pd.DataFrame:
    """Split the night's final book: `analytics.risk_exposures`.

    Parameters
    ----------
    book : the simulated portfolio's exposures, the last of which are the night's.
    calendar : T sessions.
    config : for the sectors; funds, which belong to none, form the sector `Funds`.

    Returns
    -------
    One row per dimension and name: `symbol` and `sector` those held, `strategy` those that have
    begun, `total` the whole. The rows of a dimension sum to the total. Weights count leverage;
    shorts are negative; losses are positive. See `contributions.group_rows`.
    """
    groups = [
        *_symbols(book),
        *_strategies(book),
        *_sectors(book, config),
        (TOTAL, WHOLE_BOOK, book.exposures[-1]),
    ]
    exposures = np.stack([row for *_, row in groups])
    rows = pd.DataFrame(
        {
            "dimension": texts([dimension for dimension, *_ in groups]),
            "name": texts([name for _, name, _ in groups]),
            **group_rows(exposures, night_marginals(book)),
        }
    )
    return _of_the_night(rows, calendar)


def stress_rows(book: RiskBook, calendar: Calendar, config: PortfolioConfig) -> pd.DataFrame:
    """Lose what the night's final book would: `analytics.stress_results`.

    Parameters
    ----------
    book : the simulated portfolio's exposures, the last of which are the night's.
    calendar : T sessions.
    config : shocks and windows.

    Returns
    -------
    One row per scenario, kind and symbol held. `exposure`: leverage * weight. `shock_return`: per
    unit of leverage; `profit_return`: of equity, their product; both null where the scenario says
    nothing of the symbol: what they cover is the rest of the exposure. `first_date`, `last_date`:
    of a window, null for a shock.
    """
    exposures = book.exposures[-1]
    market = book.portfolio.plan.market
    held = np.flatnonzero(exposures)
    frames = [_stress_frame(stress, market, exposures, held) for stress in stresses(market, config)]
    return _of_the_night(pd.concat(frames, ignore_index=True), calendar)


def night_marginals(book: RiskBook) -> Marginals:
    """What one more unit of exposure would add to the night's book."""
    portfolio, exposures, night = book.portfolio, book.exposures[-1], book.returns.shape[0] - 1
    simulated = simulated_returns(exposures[None, :], book.returns, first=night)
    var = float(historical_forecasts(simulated)["var_95_historical"][0])
    looked_back = book.returns[-WINDOW_SESSIONS:]
    is_seeded = bool(np.isfinite(portfolio.final_volatility_annual[-1]))
    volatility = volatility_marginals(exposures, portfolio.covariance)
    return Marginals(
        side=np.sign(exposures),
        beta=trailing_betas(book.returns, book.market_returns, first=night)[0],
        volatility_annual=volatility if is_seeded else np.full_like(exposures, np.nan),
        es_95=shortfall_marginals(simulated[0, -looked_back.shape[0] :], looked_back, var),
        is_stale=portfolio.is_frozen[-1],
    )


Group = tuple[str, str, Floats]
"""Dimension, name, and exposures (S,)."""


def _symbols(book: RiskBook) -> list[Group]:
    symbols, exposures = book.portfolio.plan.market.symbols, book.exposures[-1]
    only = np.diag(exposures)
    return [("symbol", symbols[s], only[s]) for s in np.flatnonzero(exposures)]


def _strategies(book: RiskBook) -> list[Group]:
    plan = book.portfolio.plan
    parts = final_parts(book.portfolio) * plan.market.fill_leverage[-1]
    begun = sorted(sleeve.name for sleeve in plan.sleeves)
    return [("strategy", name, parts[plan.names.index(name)]) for name in begun]


def _sectors(book: RiskBook, config: PortfolioConfig) -> list[Group]:
    exposures = book.exposures[-1]
    sectors = np.array(
        [config.sector_of(symbol) or FUNDS for symbol in book.portfolio.plan.market.symbols]
    )
    held = sorted(set(sectors[exposures != 0.0].tolist()))
    return [("sector", name, np.where(sectors == name, exposures, 0.0)) for name in held]


def _stress_frame(stress: Stress, market: Market, exposures: Floats, held: Ints) -> pd.DataFrame:
    n, window = held.shape[0], stress.window
    first, last = (None, None) if window is None else (window.first, window.last)
    return pd.DataFrame(
        {
            "scenario": texts([stress.name] * n),
            "kind": texts([stress.kind] * n),
            "symbol": named(market.symbols, held),
            "exposure": exposures[held],
            "shock_return": stress.returns[held],
            "profit_return": exposures[held] * stress.returns[held],
            "first_date": dates(np.full(n, first, dtype="datetime64[D]")),
            "last_date": dates(np.full(n, last, dtype="datetime64[D]")),
        }
    )


def _of_the_night(rows: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Add when the book was decided and is filled."""
    night = np.full(rows.shape[0], calendar.sessions.shape[0] - 1)
    return rows.assign(
        decided_at=moments(calendar.decided_at[night]),
        effective_session=dates(calendar.next_sessions[night]),
    )
