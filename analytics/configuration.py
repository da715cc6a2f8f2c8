"""A parsed `config/portfolio.yaml` in, validated settings out."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

from analytics.allocation import METHODS
from analytics.costs import TradingCosts
from analytics.covariance import FORECASTS
from analytics.fills import Fill
from analytics.sections import Section
from analytics.settings import (
    DEFAULT_VARIANTS,
    PORTFOLIO_FILE,
    STRESS_WINDOWS,
    LimitSettings,
    OrderSettings,
    PortfolioConfig,
    Shock,
    StressWindow,
)


def parse_portfolio_config(
    parsed: object, *, file: str = PORTFOLIO_FILE, is_strict: bool = False
) -> PortfolioConfig:
    """Validate the parsed file.

    Parameters
    ----------
    parsed : what the YAML parser returned.
    file : name to use in messages.
    is_strict : every key must be there, and the limits must not contradict each other; so a file
        that decides something new is read. What a night of the past recorded may lack keys that
        came later: they take their documented default.

    Returns
    -------
    The settings.

    Raises
    ------
    ConfigurationError
        One sentence naming file, key, value and what is allowed; also for a key that does not
        exist, so that a misspelt limit is never silently the default.
    """
    root = Section(file, "", parsed, is_strict=is_strict)
    sleeves = root.section("sleeves", "strategies", "method", "fixed_weights")
    limits = root.section("limits", *LimitSettings.__dataclass_fields__)
    costs = root.section("costs", *TradingCosts.__dataclass_fields__)
    orders = root.section("orders", *OrderSettings.__dataclass_fields__)
    root.refuse_others(
        "capital_usd", "fill", "target_volatility_annual", "volatility_forecast", "max_leverage",
        "minimum_order_weight", "sleeves", "limits", "costs", "orders", "funds", "sectors",
        "shocks", "stress_windows",
    )  # fmt: skip
    root.require(
        "sleeves", "limits", "costs", "orders", "funds", "sectors", "shocks", "stress_windows"
    )
    funds = frozenset(root.symbols("funds"))
    strategies = _strategies(sleeves)
    shocks = _shocks(root)
    minimum_order = root.number("minimum_order_weight", 0.0025, 0.0, 0.1)
    bounds = _limits(limits, tuple(shocks))
    if is_strict:
        _refuse_contradictions(limits, bounds, minimum_order)
    return PortfolioConfig(
        capital_usd=root.number("capital_usd", 1_000_000.0, 1.0, 1e15),
        fill=cast(Fill, root.choice("fill", "next_open", ("next_open", "next_close"))),
        target_volatility_annual=root.number("target_volatility_annual", 0.10, 0.001, 1.0),
        volatility_forecast=root.choice("volatility_forecast", "ewma", tuple(FORECASTS)),
        max_leverage=root.number("max_leverage", 2.0, 0.01, 10.0),
        minimum_order_weight=minimum_order,
        strategies=strategies,
        method=sleeves.choice("method", "equal", METHODS),
        fixed_weights=_fixed_weights(sleeves, strategies),
        costs=TradingCosts(
            commission_bps=costs.number("commission_bps", 1.0, 0.0, 1_000.0),
            half_spread_bps=costs.number("half_spread_bps", 1.0, 0.0, 1_000.0),
            slippage_bps=costs.number("slippage_bps", 3.0, 0.0, 1_000.0),
            borrow_fee_annual_fraction=costs.number("borrow_fee_annual_fraction", 0.005, 0.0, 1.0),
        ),
        limits=bounds,
        orders=_orders(orders),
        funds=funds,
        sectors=_sectors(root, funds),
        shocks=shocks,
        stress_windows=_stress_windows(root),
    )


def _limits(section: Section, scenarios: Sequence[str]) -> LimitSettings:
    return LimitSettings(
        single_stock=section.number("single_stock", 0.10, 0.0, 10.0),
        etf=section.number("etf", 0.40, 0.0, 10.0),
        liquidity=section.number("liquidity", 0.10, 0.0, 100.0),
        sector=section.number("sector", 0.30, 0.0, 10.0),
        max_stress_loss=section.number("max_stress_loss", 0.25, 0.0, 1.0),
        stress_scenario=section.choice("stress_scenario", "february_2018", scenarios),
        gross=section.number("gross", 2.0, 0.0, 20.0),
        net=section.number("net", 1.5, 0.0, 20.0),
        turnover=section.number("turnover", 1.0, 0.0, 20.0),
        drawdown_stop=section.number("drawdown_stop", 0.25, 0.01, 1.0),
        drawdown_flat_decisions=int(
            section.number("drawdown_flat_decisions", 21, 1, 252, kind="whole number")
        ),
    )


def _strategies(sleeves: Section) -> tuple[str, ...]:
    sleeves.require("strategies")
    given = sleeves.symbols("strategies") if "strategies" in sleeves.names() else None
    if not sleeves.is_strict:
        return given or PortfolioConfig.strategies  # as an earlier release took them
    if given == ():
        sleeves.fail("strategies", [], "at least one strategy")
    for name in given or ():
        if name not in DEFAULT_VARIANTS:
            sleeves.fail("strategies", name, f"among {', '.join(DEFAULT_VARIANTS)}")
    return given or PortfolioConfig.strategies


def _refuse_contradictions(section: Section, limits: LimitSettings, minimum_order: float) -> None:
    """Refuse a limit that another one makes meaningless."""
    for inner, outer in (
        ("single_stock", "sector"), ("sector", "gross"), ("etf", "gross"), ("net", "gross"),
    ):  # fmt: skip
        value, bound = getattr(limits, inner), getattr(limits, outer)
        if value > bound:
            section.fail(inner, value, f"at most limits.{outer} ({bound:g}), which it contradicts")
    if limits.turnover < minimum_order:
        section.fail(
            "turnover",
            limits.turnover,
            f"at least minimum_order_weight ({minimum_order:g}), or no order is ever sent",
        )


def _orders(section: Section) -> OrderSettings:
    settings = OrderSettings(
        shares=section.choice("shares", "fractional", ("fractional", "whole")),
        cash_buffer=section.number("cash_buffer", 0.0, 0.0, 1.0),
        minimum_trade_usd=section.number("minimum_trade_usd", 0.0, 0.0, 1e15),
        margin=section.switch("margin", default=False),
    )
    if settings.margin and settings.cash_buffer > 0.0:
        section.fail("cash_buffer", settings.cash_buffer, "0 where margin is true")
    return settings


def _fixed_weights(section: Section, strategies: Sequence[str]) -> Mapping[str, float]:
    weights = section.section("fixed_weights", *strategies)
    given = {name: weights.number(name, 0.0, 0.0, 1.0) for name in weights.names()}
    if section.choice("method", "equal", METHODS) == "fixed":
        missing = [name for name in strategies if name not in given]
        if missing:
            section.fail("fixed_weights", given, f"a weight for {', '.join(missing)}")
        if abs(sum(given.values()) - 1.0) > 1e-9:
            section.fail("fixed_weights", given, "weights that sum to 1")
    return MappingProxyType(given)


def _sectors(root: Section, funds: frozenset[str]) -> Mapping[str, str]:
    """Turn sector → symbols into symbol → sector."""
    section = root.section("sectors")
    sector_of: dict[str, str] = {}
    for sector in section.names():
        symbols = section.symbols(sector)
        if not symbols and root.is_strict:
            section.fail(sector, [], "a list of at least one symbol (or leave the sector out)")
        for symbol in symbols:
            if symbol in sector_of:
                section.fail(
                    sector, symbol, f"symbols in one sector only, not in {sector_of[symbol]}"
                )
            if symbol in funds:
                section.fail(sector, symbol, "stocks only: the file lists it under funds")
            sector_of[symbol] = sector
    return MappingProxyType(sector_of)


def _shocks(root: Section) -> Mapping[str, Shock]:
    section = root.section("shocks")
    shocks = {}
    for name in section.names():
        scenario = section.section(name)
        if "stocks" not in scenario.names():
            scenario.fail("stocks", None, "the return of every symbol that is no fund")
        per_unit = {
            symbol: _per_unit(scenario, symbol) for symbol in scenario.names() if symbol != "stocks"
        }
        shocks[name] = Shock(scenario.number("stocks", 0.0, -1.0, 10.0), MappingProxyType(per_unit))
    return MappingProxyType(shocks)


def _per_unit(scenario: Section, symbol: str) -> float:
    """Read a return, or a return with the leverage it was observed at."""
    if not scenario.is_section(symbol):
        return scenario.number(symbol, 0.0, -1.0, 10.0)
    observed = scenario.section(symbol, "return", "leverage")
    leverage = observed.number("leverage", 1.0, -10.0, 10.0)
    if leverage == 0.0:
        observed.fail("leverage", leverage, "a number other than 0")
    return observed.number("return", 0.0, -1.0, 10.0) / leverage


def _stress_windows(root: Section) -> Mapping[str, StressWindow]:
    if "stress_windows" not in root.names():
        return STRESS_WINDOWS
    section = root.section("stress_windows")
    return MappingProxyType({name: section.window(name) for name in section.names()})
