"""The decided books that risk is measured of."""

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Floats
from analytics.covariance import unit_returns
from analytics.market import Market
from analytics.portfolio import Portfolio
from analytics.portfolio_tables import sleeve_parts
from analytics.risk.betas import market_returns


@dataclass(frozen=True, eq=False)
class RiskBook:
    """D decisions over S symbols of T sessions.

    `exposures` (D, S): final weight * leverage as effective at the fill, fractions of equity.
    `returns` (T, S), `market_returns` (T,): per unit of leverage, NaN where there is none; row t
    uses closes up to t.
    """

    portfolio: Portfolio
    exposures: Floats
    returns: Floats
    market_returns: Floats


def risk_book(portfolio: Portfolio, market: Market) -> RiskBook:
    """Lay out what the portfolio decided to hold.

    Parameters
    ----------
    portfolio : over the symbols that its sleeves trade.
    market : the same sessions of every symbol, for the stock market's fund.
    """
    own = portfolio.plan.market
    return RiskBook(
        portfolio=portfolio,
        exposures=portfolio.final * own.fill_leverage[portfolio.plan.first_decision :],
        returns=unit_returns(own),
        market_returns=market_returns(market),
    )


def final_parts(portfolio: Portfolio) -> Floats:
    """Split the last decision's final weights by sleeve, (K, S), summing over sleeves to them."""
    parts = sleeve_parts(portfolio)[-1]
    final: Floats = parts * np.multiply.reduce(portfolio.factors[-1], axis=0)
    return final
