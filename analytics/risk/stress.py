"""Tonight's book under assumed shocks and through stretches of history."""

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats
from analytics.covariance import unit_returns
from analytics.leverage import capped_shocks
from analytics.market import SESSIONS_WITHOUT_BAR_UNTIL_CLOSED, Market
from analytics.settings import PortfolioConfig, StressWindow

SHOCK, WINDOW = "shock", "window"


@dataclass(frozen=True, eq=False)
class Stress:
    """One scenario: `returns` (S,), per unit of leverage, NaN where a symbol has none.

    `kind`: `shock` or `window`; `window`: the stretch of history, None for a shock.
    """

    name: str
    kind: str
    returns: Floats
    window: StressWindow | None = None


def stresses(market: Market, config: PortfolioConfig) -> list[Stress]:
    """List every shock and every window that has ended, by kind and name.

    Parameters
    ----------
    market : T sessions of S symbols, the last one being the night.
    config : `shocks` and `stress_windows`.

    Returns
    -------
    Shocks first. A window that ends after the night is not known to it.
    """
    night = market.sessions[-1]
    shocks = [
        Stress(name, SHOCK, shock_returns(market, name, config)) for name in sorted(config.shocks)
    ]
    windows = [
        Stress(name, WINDOW, window_returns(market, window), window)
        for name, window in sorted(config.stress_windows.items())
        if np.datetime64(window.last, "D") <= night
    ]
    return shocks + windows


def shock_returns(market: Market, scenario: str, config: PortfolioConfig) -> Floats:
    """What one unit of today's leverage earns under a shock.

    Parameters
    ----------
    market : T sessions of S symbols, the last one being the night.
    scenario : one of the configured shocks.
    config : `shocks` and `funds`.

    Returns
    -------
    (S,), no fund losing more than itself at the leverage of tonight's fill.

    Notes
    -----
    Missing data: NaN for a fund that the scenario has no number for.
    """
    given = [config.shock_of(scenario, symbol) for symbol in market.symbols]
    shocks = np.array([np.nan if shock is None else shock for shock in given])
    return capped_shocks(shocks, market.fill_leverage[-1])


def window_returns(market: Market, window: StressWindow) -> Floats:
    r"""What one unit of today's leverage earns when it is held through a window.

    .. math:: \frac{1}{L} \left( \prod_t \max(1 + L u_t, 0) - 1 \right)

    with :math:`u_t` the returns per unit of leverage and :math:`L` the leverage at tonight's fill.

    Parameters
    ----------
    market : T sessions of S symbols, the last one being the night.
    window : from the close of its first date to the close of its last; where a date is no session,
        the latest close before it.

    Returns
    -------
    (S,). Times leverage * weight: the profit of constant shares, a fraction of equity.

    Notes
    -----
    A fund of another leverage then is taken at today's. Missing data: NaN where the symbol had no
    close by the first date, or no bar for 5 sessions in a row by the last.
    """
    first, last = (
        int(np.searchsorted(market.sessions, np.datetime64(day, "D"), side="right")) - 1
        for day in (window.first, window.last)
    )
    if first < 0:
        return np.full(len(market.symbols), np.nan)
    leverage = market.fill_leverage[-1]
    # a fund can lose everything, but not more
    growth = np.maximum(1.0 + leverage * unit_returns(market)[first + 1 : last + 1], 0.0)
    earned = (np.multiply.reduce(growth, axis=0) - 1.0) / leverage
    missing = market.missing_sessions[first : last + 1].max(axis=0)
    is_priced = np.isfinite(market.mark_usd[first]) & (missing < SESSIONS_WITHOUT_BAR_UNTIL_CLOSED)
    return np.where(is_priced, earned, np.nan)
