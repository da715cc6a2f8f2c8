"""What a research command was asked for, and what that changes of a night."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from orchestration.configuration import Configuration
from orchestration.errors import UsageError
from orchestration.research.variants import AskedVariant
from warehouse.context import Member

if TYPE_CHECKING:
    from analytics.costs import TradingCosts

MODELS = (
    *("+fct_prices", "+fct_signals", "+int_macro_as_of", "+int_fund_leverage"),
    *("dim_variants", "stg_exchange__sessions"),
)
"""What the results of one variant start from, and everything above it."""
INTRADAY_MODELS = ("+fct_intraday_signals", "+int_intraday_prices_adjusted")
DEFAULT_BENCHMARK = "SPY"
USUAL_BARS_OF = "SPY"
PERIOD = re.compile(r"(\d+)(d|w|mo|y)")
UNITS = {"d": "days", "w": "weeks", "mo": "months", "y": "years"}
LISTED_SYMBOLS = 3


@dataclass(frozen=True)
class Asked:
    """What a research command was asked for.

    `members`: to evaluate instead of the night's universe, with their dates; empty for it.
    `period`: such as 6mo or 3y, back from the latest night, or `max`. `cost_bps`: all trading
    costs together, None for the night's. `split`: share of the period that trains, None for no
    comparison. `asked_by`: the command, for the registry. `bars_of`: whose intraday bars, where the
    strategy reads such.
    """

    variant: AskedVariant
    asked_by: str
    members: tuple[Member, ...] = ()
    period: str = "max"
    benchmark: str = DEFAULT_BENCHMARK
    cost_bps: float | None = None
    split: float | None = None
    bars_of: str | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """dbt's selection words for what the answer starts from."""
        return MODELS if self.bars_of is None else (*MODELS, *INTRADAY_MODELS)

    def told_apart(self, recorded: Configuration) -> "Asked":
        """The same question without what the night does anyway: it is no trial of its own."""
        members = () if set(self.members) == set(recorded.universe.members) else self.members
        usual = 10_000.0 * recorded.portfolio.costs.trading_fraction
        is_usual = self.cost_bps is not None and math.isclose(self.cost_bps, usual, rel_tol=1e-9)
        return replace(self, members=members, cost_bps=None if is_usual else self.cost_bps)

    @property
    def extras(self) -> Mapping[str, Any]:
        """What makes it a trial of its own besides the variant's parameters."""
        found = dict(self.variant.extras)
        if self.members:
            found["members"] = sorted(_member_text(member) for member in self.members)
        if self.cost_bps is not None:
            found["cost_bps"] = self.cost_bps
        if self.bars_of not in (None, USUAL_BARS_OF):
            found["symbol"] = self.bars_of
        return found

    @property
    def stem(self) -> str:
        """What its files are called: the same question, the same names, and no other question."""
        parts = [self.variant.strategy, self.variant.name]
        parts += [] if self.bars_of is None else [self.bars_of]
        symbols = sorted({member.symbol for member in self.members})
        if symbols:
            more = f"-and-{len(symbols) - LISTED_SYMBOLS}" if len(symbols) > LISTED_SYMBOLS else ""
            parts.append("-".join(symbols[:LISTED_SYMBOLS]) + more)
        parts += ["proxy"] if self.variant.variables else []
        parts += [] if self.cost_bps is None else [f"{self.cost_bps:g}bps"]
        parts += [] if self.period == "max" else [self.period]
        parts += [] if self.benchmark == DEFAULT_BENCHMARK else [f"vs-{self.benchmark}"]
        if self.extras or self.benchmark != DEFAULT_BENCHMARK:  # what a name cannot tell exactly
            told = json.dumps([self.extras, self.benchmark], sort_keys=True)
            parts.append(hashlib.sha256(told.encode()).hexdigest()[:6])
        return re.sub(r"[^A-Za-z0-9_-]", "-", "_".join(parts))


def _member_text(member: Member) -> str:
    """A member with the dates inside which it counts, if it has some."""
    dates = (member.from_date, member.to_date)
    return " ".join([member.symbol, *("" if day is None else f"{day}" for day in dates)]).rstrip()


def first_day_of(period: str, night: date) -> date | None:
    """Read a period such as 90d, 6mo or 3y, back from a night; None for `max`.

    Raises
    ------
    UsageError
        It is none.
    """
    if period == "max":
        return None
    found = PERIOD.fullmatch(period)
    if found is None or int(found[1]) == 0:
        raise UsageError(f"--period is '{period}': write 90d, 26w, 6mo, 3y or max.")
    import pandas as pd

    try:
        back: Any = {UNITS[found[2]]: int(found[1])}
        first = pd.Timestamp(night) - pd.DateOffset(**back)
    except (OverflowError, ValueError, pd.errors.OutOfBoundsDatetime):
        return None
    day: date = first.date()
    return day


def configuration_of(asked: Asked, recorded: Configuration) -> Configuration:
    """The night's configuration with the members and the costs that were asked for."""
    universe, portfolio = recorded.universe, recorded.portfolio
    if asked.members:
        universe = replace(universe, name="watchlist", members=asked.members)
    if asked.cost_bps is not None:
        portfolio = replace(portfolio, costs=_scaled(portfolio.costs, asked.cost_bps))
    return replace(recorded, universe=universe, portfolio=portfolio)


def _scaled(costs: "TradingCosts", total_bps: float) -> "TradingCosts":
    """The same costs in another size; the borrow fee stays."""
    if not 0.0 <= total_bps < 10_000.0:
        raise UsageError(f"--cost-bps is {total_bps:g}: take at least 0 and below 10000.")
    parts = (costs.commission_bps, costs.half_spread_bps, costs.slippage_bps)
    if sum(parts) == 0.0:
        return replace(costs, slippage_bps=total_bps)
    commission, half_spread, slippage = (part * total_bps / sum(parts) for part in parts)
    return replace(
        costs, commission_bps=commission, half_spread_bps=half_spread, slippage_bps=slippage
    )
