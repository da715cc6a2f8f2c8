"""A parsed `config/portfolio.yaml` in, validated settings out."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal, NoReturn, cast

from analytics.allocation import METHODS
from analytics.costs import TradingCosts
from analytics.errors import ConfigurationError
from analytics.fills import Fill
from analytics.settings import (
    PORTFOLIO_FILE,
    STRESS_WINDOWS,
    LimitSettings,
    PortfolioConfig,
    Shock,
    StressWindow,
)

WINDOW = "a list of two dates like 2015-08-17, the first before the last"


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
    root = _Section(file, "", parsed, is_strict=is_strict)
    sleeves = root.section("sleeves", "strategies", "method", "fixed_weights")
    limits = root.section("limits", *LimitSettings.__dataclass_fields__)
    costs = root.section("costs", *TradingCosts.__dataclass_fields__)
    root.refuse_others(
        "capital_usd", "fill", "target_volatility_annual", "max_leverage",
        "minimum_order_weight", "sleeves", "limits", "costs", "funds", "sectors", "shocks",
        "stress_windows",
    )  # fmt: skip
    root.require("sleeves", "limits", "costs", "funds", "sectors", "shocks", "stress_windows")
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
        funds=funds,
        sectors=_sectors(root, funds),
        shocks=shocks,
        stress_windows=_stress_windows(root),
    )


def _limits(section: "_Section", scenarios: Sequence[str]) -> LimitSettings:
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


def _strategies(sleeves: "_Section") -> tuple[str, ...]:
    sleeves.require("strategies")
    given = sleeves.symbols("strategies") if "strategies" in sleeves.names() else None
    if given == ():
        sleeves.fail("strategies", [], "at least one strategy")
    return given or PortfolioConfig.strategies


def _refuse_contradictions(
    section: "_Section", limits: LimitSettings, minimum_order: float
) -> None:
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


def _fixed_weights(section: "_Section", strategies: Sequence[str]) -> Mapping[str, float]:
    weights = section.section("fixed_weights", *strategies)
    given = {name: weights.number(name, 0.0, 0.0, 1.0) for name in weights.names()}
    if section.choice("method", "equal", METHODS) == "fixed":
        missing = [name for name in strategies if name not in given]
        if missing:
            section.fail("fixed_weights", given, f"a weight for {', '.join(missing)}")
        if abs(sum(given.values()) - 1.0) > 1e-9:
            section.fail("fixed_weights", given, "weights that sum to 1")
    return MappingProxyType(given)


def _sectors(root: "_Section", funds: frozenset[str]) -> Mapping[str, str]:
    """Turn sector → symbols into symbol → sector."""
    section = root.section("sectors")
    sector_of: dict[str, str] = {}
    for sector in section.names():
        symbols = section.symbols(sector)
        if not symbols:
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


def _shocks(root: "_Section") -> Mapping[str, Shock]:
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


def _per_unit(scenario: "_Section", symbol: str) -> float:
    """Read a return, or a return with the leverage it was observed at."""
    if not scenario.is_section(symbol):
        return scenario.number(symbol, 0.0, -1.0, 10.0)
    observed = scenario.section(symbol, "return", "leverage")
    leverage = observed.number("leverage", 1.0, -10.0, 10.0)
    if leverage == 0.0:
        observed.fail("leverage", leverage, "a number other than 0")
    return observed.number("return", 0.0, -1.0, 10.0) / leverage


def _stress_windows(root: "_Section") -> Mapping[str, StressWindow]:
    if "stress_windows" not in root.names():
        return STRESS_WINDOWS
    section = root.section("stress_windows")
    return MappingProxyType({name: section.window(name) for name in section.names()})


class _Section:
    """One mapping of the file, which knows where it stands."""

    def __init__(self, file: str, path: str, parsed: object, *, is_strict: bool) -> None:
        self._file, self._path, self._is_strict = file, path, is_strict
        if parsed is None:
            parsed = {}
        if not isinstance(parsed, Mapping):
            raise ConfigurationError(
                f"{file}: {path or 'the file'} must be a mapping, got {parsed!r}"
            )
        self._values = cast(Mapping[object, object], parsed)

    def fail(self, key: str, value: object, allowed: str) -> NoReturn:
        """Refuse a value in one sentence."""
        raise ConfigurationError(
            f"{self._file}: {self._name(key)} must be {allowed}, got {value!r}"
        )

    def names(self) -> tuple[str, ...]:
        """Return the keys, all of which must be text."""
        for key in self._values:
            if not isinstance(key, str):
                self.fail(str(key), key, "text (put the name in quotes)")
        return cast(tuple[str, ...], tuple(self._values))

    def refuse_others(self, *allowed: str) -> None:
        """Refuse keys that mean nothing here."""
        for key in self.names():
            if key not in allowed:
                raise ConfigurationError(
                    f"{self._file}: {self._name(key)} is not known; allowed: {', '.join(allowed)}"
                )

    def require(self, *keys: str, default: float | str | None = None) -> None:
        """Refuse a strict file that lacks a key."""
        for key in keys:
            if self._is_strict and key not in self._values:
                told = default if default is None or isinstance(default, str) else f"{default:g}"
                hint = "" if told is None else f"; as shipped it is {told}"
                raise ConfigurationError(f"{self._file}: {self._name(key)} is missing{hint}")

    def is_section(self, key: str) -> bool:
        """Whether the value is a mapping."""
        return isinstance(self._values.get(key), Mapping)

    def section(self, key: str, *allowed: str) -> "_Section":
        """Return the mapping under a key; an empty one when it is left out."""
        section = _Section(
            self._file, self._name(key), self._values.get(key), is_strict=self._is_strict
        )
        if allowed:
            section.refuse_others(*allowed)
        return section

    def number(
        self,
        key: str,
        default: float,
        low: float,
        high: float,
        *,
        kind: Literal["number", "whole number"] = "number",
    ) -> float:
        """Return a number within its range."""
        self.require(key, default=default)
        value = self._values.get(key, default)
        allowed = f"a {kind} from {low:g} to {high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(key, value, allowed)
        if not low <= value <= high or (kind == "whole number" and value != int(value)):
            self.fail(key, value, allowed)
        return float(value)

    def choice(self, key: str, default: str, allowed: Sequence[str]) -> str:
        """Return one of the allowed words."""
        self.require(key, default=default)
        value = self._values.get(key, default)
        if value not in allowed:
            self.fail(key, value, f"one of {', '.join(allowed) or '(none are defined)'}")
        return str(value)

    def symbols(self, key: str) -> tuple[str, ...]:
        """Return a list of distinct names."""
        value = self._values.get(key) or []
        if isinstance(value, str) or not isinstance(value, Sequence):
            self.fail(key, value, "a list of names")
        for name in value:
            # YAML reads ON, NO and Y as booleans
            if not isinstance(name, str):
                self.fail(key, name, "a list of names (put a name in quotes)")
        if len(set(value)) != len(value):
            self.fail(key, value, "a list without repetitions")
        return tuple(value)

    def window(self, key: str) -> StressWindow:
        """Return two dates, the first before the last."""
        value = self._values.get(key)
        if isinstance(value, str) or not isinstance(value, Sequence) or len(value) != 2:
            self.fail(key, value, WINDOW)
        first, last = (_day(each) for each in value)
        if first is None or last is None or first >= last:
            self.fail(key, [str(each) for each in value], WINDOW)
        return StressWindow(first, last)

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _day(value: object) -> date | None:
    """Read a date: YAML's own, or the text that the record of a night keeps of it."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return None
    return day if day.isoformat() == value else None
