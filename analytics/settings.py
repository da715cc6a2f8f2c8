"""The portfolio's settings, as validated from `config/portfolio.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from analytics.costs import TradingCosts
from analytics.errors import ConfigurationError
from analytics.fills import Fill

PORTFOLIO_FILE = "config/portfolio.yaml"
DEFAULT_VARIANTS: Mapping[str, str] = MappingProxyType(
    {
        "equities": "balanced_position",
        "credit": "zscore_percentile",
        "volatility": "contango",
    }
)
"""Strategies that a portfolio may be made of, and the variant that each names as its default."""

UNCLASSIFIED = "Unclassified"
"""Sector of a stock that the file names in none: bound by the sector limit like any other."""


@dataclass(frozen=True)
class LimitSettings:
    """The risk limits of the file, fractions of equity.

    `liquidity`: share of the average daily volume that a position may be. `drawdown_stop` below
    the peak the portfolio goes flat for `drawdown_flat_decisions`.
    """

    single_stock: float = 0.10
    etf: float = 0.40
    liquidity: float = 0.10
    sector: float = 0.30
    max_stress_loss: float = 0.25
    stress_scenario: str = "february_2018"
    gross: float = 2.0
    net: float = 1.5
    turnover: float = 1.0
    drawdown_stop: float = 0.25
    drawdown_flat_decisions: int = 21


@dataclass(frozen=True)
class Shock:
    """One stress scenario: returns per unit of leverage, before what a fund can lose caps them.

    `stocks` is every symbol that is no fund; `per_unit` holds the symbols with their own number.
    """

    stocks: float
    per_unit: Mapping[str, float]


@dataclass(frozen=True)
class StressWindow:
    """A stretch of history: from the close of the first date to the close of the last."""

    first: date
    last: date


STRESS_WINDOWS: Mapping[str, StressWindow] = MappingProxyType(
    {
        "us_downgrade_2011": StressWindow(date(2011, 7, 22), date(2011, 8, 8)),
        "china_devaluation_2015": StressWindow(date(2015, 8, 17), date(2015, 8, 25)),
        "brexit_2016": StressWindow(date(2016, 6, 23), date(2016, 6, 27)),
        "volatility_2018": StressWindow(date(2018, 2, 1), date(2018, 2, 8)),
        "covid_2020": StressWindow(date(2020, 2, 19), date(2020, 3, 23)),
        "rates_2022": StressWindow(date(2022, 1, 3), date(2022, 6, 16)),
    }
)
"""Falls of the S&P 500 from a high close to a low one; what each was stands in the file."""


@dataclass(frozen=True)
class OrderSettings:
    """How a target becomes an order.

    `shares`: `fractional` or `whole`. `cash_buffer`: fraction of equity that orders leave in cash.
    `minimum_trade_usd`: smaller orders are not sent, unless they close a position. `margin`:
    whether buys may be paid on credit. Buffer and margin are about a person's holdings: the
    simulated book always buys on credit, up to the gross limit.
    """

    shares: str = "fractional"
    cash_buffer: float = 0.0
    minimum_trade_usd: float = 0.0
    margin: bool = False


@dataclass(frozen=True)
class PortfolioConfig:
    """Everything of the portfolio that a user may set."""

    capital_usd: float = 1_000_000.0
    fill: Fill = "next_open"
    target_volatility_annual: float = 0.10
    volatility_forecast: str = "ewma"
    max_leverage: float = 2.0
    minimum_order_weight: float = 0.0025
    strategies: tuple[str, ...] = tuple(DEFAULT_VARIANTS)
    method: str = "equal"
    fixed_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    costs: TradingCosts = field(default_factory=TradingCosts)
    limits: LimitSettings = field(default_factory=LimitSettings)
    orders: OrderSettings = field(default_factory=OrderSettings)
    funds: frozenset[str] = frozenset()
    sectors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    shocks: Mapping[str, Shock] = field(default_factory=lambda: MappingProxyType({}))
    stress_windows: Mapping[str, StressWindow] = field(default_factory=lambda: STRESS_WINDOWS)

    def sector_of(self, symbol: str) -> str | None:
        """Return the sector that binds a symbol; none for a fund, `Unclassified` if unlisted."""
        return None if symbol in self.funds else self.sectors.get(symbol, UNCLASSIFIED)

    def symbol_cap(self, symbol: str) -> float:
        """Return the largest |leverage * weight| of a symbol."""
        return self.limits.etf if symbol in self.funds else self.limits.single_stock

    def shock_of(self, scenario: str, symbol: str) -> float | None:
        """Return a symbol's return per unit of leverage in a scenario; none for a fund without."""
        shock = self.shocks[scenario]
        if symbol in shock.per_unit:
            return shock.per_unit[symbol]
        return None if symbol in self.funds else shock.stocks

    def stress_shock(self, symbol: str) -> float:
        """Return a symbol's return per unit of leverage under the stress that is limited.

        Raises
        ------
        ConfigurationError
            If the symbol is a fund without a number of its own.
        """
        name = self.limits.stress_scenario
        shock = self.shock_of(name, symbol)
        if shock is None:
            raise ConfigurationError(
                f"{PORTFOLIO_FILE}: shocks.{name} has no number for the fund {symbol}, which a "
                "strategy trades; add its return per unit of leverage"
            )
        return shock
