"""The accountant's half of the proof: the books of a finished build, audited."""

from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.connection import connect
from warehouse.frames import read_frame

if TYPE_CHECKING:
    from analytics.accounting.books import Audit
    from analytics.settings import PortfolioConfig

BOOKS: dict[str, str] = {
    "positions": "select * from analytics.backtest_positions",
    "daily": "select * from analytics.backtest_daily",
    "prices": (
        "select symbol, session_date, adjusted_open_usd, adjusted_close_usd, available_at "
        "from marts.fct_prices"
    ),
    "bills": "select session_date, bill_3m_pct from intermediate.int_macro_as_of",
    "leverage": "select symbol, session_date, leverage from intermediate.int_fund_leverage",
    "sessions": "select session_date, decided_at from staging.stg_exchange__sessions",
    "signals": (
        "select strategy, variant, symbol, session_date, target_weight, reason "
        "from marts.fct_signals"
    ),
    "windows": "select strategy, session_date, variant from analytics.walk_forward_windows",
    "weights": "select session_date, symbol, final_weight from analytics.target_weights",
}


def audit_build(build: Path, configuration: "PortfolioConfig") -> "Audit":
    """Recompute every daily row of a build from its fills and prices, and question the fills."""
    from analytics.accounting.audit import audit_books
    from analytics.accounting.books import AccountingRules, Books
    from analytics.accounting.decisions import PORTFOLIO

    with connect(build, read_only=True) as connection:
        books = Books(**{name: read_frame(connection, sql) for name, sql in BOOKS.items()})
    costs = configuration.costs
    rules = AccountingRules(
        fill=configuration.fill,
        # added up here and not by the engine's own property
        trading_fraction=(costs.commission_bps + costs.half_spread_bps + costs.slippage_bps)
        / 10_000.0,
        borrow_fraction=costs.borrow_fee_annual_fraction,
        capital_usd={PORTFOLIO: configuration.capital_usd},
    )
    return audit_books(books, rules)
