"""The portfolio's decisions → rows of the public tables."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.account import held_account, simulated_account, size_account
from analytics.arrays import Floats, forward_filled
from analytics.frames import Calendar
from analytics.holdings import Holdings
from analytics.limits import LIMITS
from analytics.market import SESSIONS_WITHOUT_BAR_UNTIL_CLOSED, Market
from analytics.orders import list_holdings, list_orders
from analytics.portfolio import Portfolio
from analytics.settings import PortfolioConfig
from analytics.sleeves import FEWEST_KNOWN_RETURNS, SHORT_HISTORY, Sleeve, SleevePlan
from analytics.tables import dates, joined, moments, named, texts
from analytics.targets import NO_BAR, QUARANTINED
from analytics.trades import NOT_TRADABLE

EMPTY_COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "target_weights": {
            "session_date": "datetime64[us]", "strategy": "str", "symbol": "str",
            "sleeve_weight": "float64", "sleeve_target_weight": "float64", "signal_reason": "str",
            "desired_weight": "float64", **{f"{limit}_bite": "float64" for limit in LIMITS},
            "final_weight": "float64", "override_reason": "str", "is_stale_input": "bool",
            "decided_at": "datetime64[us, UTC]", "effective_session": "datetime64[us]",
        },
        "portfolio_daily": {
            "session_date": "datetime64[us]", "gross_return": "float64", "cost_return": "float64",
            "net_return": "float64", "turnover": "float64", "gross_exposure": "float64",
            "net_exposure": "float64", "equity_usd": "float64", "scale": "float64",
            "forecast_volatility_annual": "float64", "baseline_volatility_annual": "float64",
            "realised_volatility_annual": "float64", "override_reason": "str",
            "decided_at": "datetime64[us, UTC]",
        },
        "sleeve_weights": {
            "session_date": "datetime64[us]", "strategy": "str", "method": "str",
            "weight": "float64", "equal_weight": "float64", "applied_weight": "float64",
            "volatility_annual": "float64", "variance_share": "float64", "reason": "str",
            "decided_at": "datetime64[us, UTC]", "effective_session": "datetime64[us]",
        },
        "orders": {
            "symbol": "str", "side": "str", "quantity_shares": "float64",
            "notional_usd": "float64", "expected_cost_usd": "float64",
            "current_weight": "float64", "final_weight": "float64", "planned_weight": "float64",
            "price_usd": "float64", "reason": "str",
            "decided_at": "datetime64[us, UTC]", "effective_session": "datetime64[us]",
        },
        "holdings": {
            "symbol": "str", "is_simulated": "bool", "quantity_shares": "float64",
            "price_usd": "float64", "value_usd": "float64", "current_weight": "float64",
            "final_weight": "float64", "planned_weight": "float64", "reason": "str",
            "price_date": "datetime64[us]",
            "decided_at": "datetime64[us, UTC]", "effective_session": "datetime64[us]",
        },
    }
)  # fmt: skip
"""Columns of the portfolio's tables, for a night on which none of its strategies has begun."""


def target_weight_rows(portfolio: Portfolio, calendar: Calendar) -> pd.DataFrame:
    """List what was decided each session: `analytics.target_weights`.

    Parameters
    ----------
    portfolio : the simulated portfolio.
    calendar : T sessions.

    Returns
    -------
    One row per decided session, strategy sleeve and symbol, from the sleeve's first decision on
    the symbol. `desired_weight` plus the bites is
    `final_weight`; both are weights of portfolio equity, `sleeve_target_weight` of the sleeve's own
    capital. A frozen symbol's desired weight is the holding, attributed to the sleeves as when it
    last traded. `is_stale_input`: no new decision could be made for the symbol.
    """
    desired = sleeve_parts(portfolio)
    frames = [
        _sleeve_frame(
            portfolio, sleeve, desired[:, portfolio.plan.names.index(sleeve.name)], calendar
        )
        for sleeve in portfolio.plan.sleeves
    ]
    keys = ["session_date", "strategy", "symbol"]
    return joined(frames).sort_values(keys, ignore_index=True)


def sleeve_parts(portfolio: Portfolio) -> Floats:
    """Split the desired weights by sleeve.

    Parameters
    ----------
    portfolio : D decisions of K sleeves over S symbols.

    Returns
    -------
    (D, K, S), summing over sleeves to the desired weights.
    """
    plan = portfolio.plan
    parts = plan.parts[plan.first_decision :]
    total = plan.desired[plan.first_decision :, None, :]
    is_frozen = portfolio.is_frozen[:, None, :]
    is_told = (total != 0.0) & ~is_frozen
    shares = forward_filled(np.where(is_told, parts / np.where(is_told, total, 1.0), np.nan))
    shares = np.where(np.isnan(shares), _first_owner(plan)[None, :, :], shares)
    frozen: Floats = shares * portfolio.holding[:, None, :]
    return np.where(is_frozen, frozen, portfolio.scale[:, None, None] * parts)


def portfolio_rows(portfolio: Portfolio, calendar: Calendar) -> pd.DataFrame:
    """List the portfolio's sessions: `analytics.portfolio_daily`.

    Parameters
    ----------
    portfolio : the simulated portfolio.
    calendar : T sessions.

    Returns
    -------
    One row per session: what it earned, and the scale and volatilities decided at its close.
    `scale` is what the unscaled weights are multiplied by, after any override.
    """
    run = portfolio.backtest
    return pd.DataFrame(
        {
            "session_date": dates(calendar.sessions[run.sessions]),
            "gross_return": run.gross_return[:, 0],
            "cost_return": run.cost_return[:, 0],
            "net_return": run.net_return[:, 0],
            "turnover": run.turnover[:, 0],
            "gross_exposure": run.gross_exposure[:, 0],
            "net_exposure": run.net_exposure[:, 0],
            # the first decision stands before the first row
            "equity_usd": portfolio.equity_usd[1:],
            "scale": portfolio.scale[1:],
            "forecast_volatility_annual": portfolio.forecast_volatility_annual[1:],
            "baseline_volatility_annual": portfolio.baseline_volatility_annual[1:],
            "realised_volatility_annual": portfolio.realised_volatility_annual[1:],
            "override_reason": texts(portfolio.overrides[1:]),
            "decided_at": moments(calendar.decided_at[run.sessions]),
        }
    )


def order_rows(
    portfolio: Portfolio,
    calendar: Calendar,
    *,
    market: Market,
    config: PortfolioConfig,
    holdings: Holdings | None,
) -> dict[str, pd.DataFrame]:
    """List tonight's orders and what they start from: `analytics.orders`, `analytics.holdings`.

    Parameters
    ----------
    portfolio : the simulated portfolio, whose final weights are the target.
    calendar : T sessions, the last of which is the night.
    market : every symbol with prices.
    config : costs, smallest order, rules of the orders.
    holdings : what a person holds; None for the simulated portfolio's own drifted book.

    Returns
    -------
    `orders`: one row per symbol that is traded, quantities in shares as traded; none when the
    equity is not known or not positive. `holdings`: one row per symbol held or wanted, and the
    cash; `price_date` is the session of the close it is valued at, which is an earlier one than the
    night where the symbol has no bar of it, and null for the cash and where there is no close.
    """
    account = (
        simulated_account(portfolio)
        if holdings is None
        else held_account(holdings, portfolio, market, config=config)
    )
    sized = size_account(account, config)
    held = list_holdings(account, sized, costs=config.costs)
    tables = {
        "orders": list_orders(account, sized, costs=config.costs),
        "holdings": held.assign(price_date=_price_dates(market, held["symbol"])),
    }
    return {name: _with_moments(rows, calendar) for name, rows in tables.items()}


def _price_dates(market: Market, symbols: Iterable[str]) -> pd.Series:
    """Tell the session of each symbol's latest raw close, null where there is none."""
    latest = {
        symbol: market.sessions[known[-1]]
        for symbol, closes in zip(market.symbols, market.raw_close_usd.T, strict=True)
        for known in (np.flatnonzero(np.isfinite(closes)),)
        if known.shape[0]
    }
    never = np.datetime64("NaT", "D")
    return dates(np.array([latest.get(symbol, never) for symbol in symbols], "datetime64[D]"))


def _with_moments(rows: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Say of tonight's rows when they were decided, and for which session."""
    night = np.full(rows.shape[0], calendar.sessions.shape[0] - 1)
    return rows.assign(
        decided_at=moments(calendar.decided_at[night]),
        effective_session=dates(calendar.next_sessions[night]),
    )


def _sleeve_frame(
    portfolio: Portfolio, sleeve: Sleeve, desired: Floats, calendar: Calendar
) -> pd.DataFrame:
    """Rows of one sleeve, sessions by symbols; `desired` (D, S) is the sleeve's part."""
    plan = portfolio.plan
    first, k = plan.first_decision, plan.names.index(sleeve.name)
    columns = [plan.market.symbols.index(symbol) for symbol in sleeve.symbols]
    n_decisions, n_symbols = desired.shape[0], len(columns)
    t = np.repeat(np.arange(first, first + n_decisions), n_symbols)
    weight = desired[:, columns]
    bites = {}
    for row, limit in enumerate(LIMITS):
        after = weight * portfolio.factors[:, row][:, columns]
        bites[f"{limit}_bite"] = (after - weight).ravel()
        weight = after
    reasons = sleeve.reasons[first:].ravel()
    rows = pd.DataFrame(
        {
            "session_date": dates(calendar.sessions[t]),
            "strategy": sleeve.name,
            "symbol": named(sleeve.symbols, np.tile(np.arange(n_symbols), n_decisions)),
            "sleeve_weight": plan.weights[t, k],
            "sleeve_target_weight": np.nan_to_num(sleeve.targets[first:], nan=0.0).ravel(),
            "signal_reason": named((*sleeve.reason_names, "unknown"), reasons),
            "desired_weight": desired[:, columns].ravel(),
            **bites,
            "final_weight": weight.ravel(),
            "override_reason": texts(_override_reasons(portfolio, sleeve, columns)),
            "is_stale_input": portfolio.is_frozen[:, columns].ravel(),
            "decided_at": moments(calendar.decided_at[t]),
            "effective_session": dates(calendar.next_sessions[t]),
        }
    )
    return rows[np.isfinite(sleeve.targets[first:]).ravel()]


def _override_reasons(
    portfolio: Portfolio, sleeve: Sleeve, columns: list[int]
) -> npt.NDArray[np.object_]:
    """Say why a weight is not scale * target: too young, frozen, closed, or the book's override."""
    plan = portfolio.plan
    first = plan.first_decision
    book = np.array(portfolio.overrides, dtype=object)
    reasons = np.repeat(book[:, None], len(columns), axis=1)
    # at scale 0 nothing is held, for the book's own reason
    is_held_back = plan.is_young[first:, columns] & (portfolio.scale != 0.0)[:, None]
    reasons[is_held_back] = f"{SHORT_HISTORY}: fewer than {FEWEST_KNOWN_RETURNS} returns known"
    is_dead = plan.market.missing_sessions[first:, columns] >= SESSIONS_WITHOUT_BAR_UNTIL_CLOSED
    reasons[is_dead] = NOT_TRADABLE
    reasons[portfolio.is_frozen[:, columns]] = NO_BAR
    reasons[sleeve.is_quarantined[first:] & portfolio.is_frozen[:, columns]] = QUARANTINED
    return reasons.ravel()


def _first_owner(plan: SleevePlan) -> Floats:
    """Attribute each symbol to the first sleeve that trades it, (K, S) of 0 and 1."""
    owner = np.zeros((len(plan.names), len(plan.market.symbols)))
    for s, symbol in enumerate(plan.market.symbols):
        names = [sleeve.name for sleeve in plan.sleeves if symbol in sleeve.symbols]
        owner[plan.names.index(names[0]), s] = 1.0
    return owner
