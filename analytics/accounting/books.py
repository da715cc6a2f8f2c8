"""What the accountant audits, by which rules, and what he says of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class AccountingRules:
    """The terms under which fills are checked; fractions, one unit is 1.

    `fill`: `next_open` or `next_close`. `trading_fraction`: of traded value, each way.
    `borrow_fraction`: a year of 360 days, of short value. `capital_usd` by strategy; a strategy
    that is not named has `default_capital_usd`.
    """

    fill: str
    trading_fraction: float
    borrow_fraction: float
    capital_usd: Mapping[str, float]
    default_capital_usd: float = 1_000_000.0


@dataclass(frozen=True, eq=False)
class Books:
    """What is audited, as the published tables have it; the order of rows does not matter.

    `positions`: `analytics.backtest_positions`. `daily`: `analytics.backtest_daily`. `prices`:
    `marts.fct_prices`. `bills`: `session_date, bill_3m_pct` as each decision knew them. `leverage`:
    `symbol, session_date, leverage`. `sessions`: `session_date, decided_at`. `signals`:
    `marts.fct_signals`. `windows`: `analytics.walk_forward_windows`. `weights`:
    `analytics.target_weights`.
    """

    positions: pd.DataFrame
    daily: pd.DataFrame
    prices: pd.DataFrame
    bills: pd.DataFrame
    leverage: pd.DataFrame
    sessions: pd.DataFrame
    signals: pd.DataFrame
    windows: pd.DataFrame
    weights: pd.DataFrame


@dataclass(frozen=True)
class Objection:
    """One thing the books cannot explain: in which table, of which account, and the first rows."""

    table: str
    rule: str
    strategy: str
    variant: str
    rows: int
    examples: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The objection for people."""
        return (
            f"{self.table}: {self.rule} in {self.rows:,} rows of {self.strategy} {self.variant}, "
            f"first {self.examples[0]}"
        )


@dataclass(frozen=True)
class Audit:
    """What the accountant looked at and what he objects to; `daily_rows` were recomputed."""

    accounts: int
    fills: int
    daily_rows: int
    objections: tuple[Objection, ...]
