"""Gate 2 on sleeves, limits, tracking, holdings and the record: what must hold, and why.

A claim that blocks leaves the old night in place. Thresholds: `thresholds.py`.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from analytics.limit_usage import BOUNDS
from orchestration.expectations.catalogue_shared import (
    COSTS_ARE_NOT_NEGATIVE,
    FILLED_NEXT_SESSION,
    GROSS_IS_NET_PLUS_COST,
    KNOWN_IN_TIME,
    NOT_AFTER_NIGHT,
    RETURNS_ARE_FINITE,
    built_suite,
)
from orchestration.expectations.claims import Between, Claim, OneOf
from orchestration.expectations.thresholds import IDENTITY_TOLERANCE, RETURN_IDENTITY_TOLERANCE

SLEEVE_WEIGHTS = built_suite(
    "analytics.sleeve_weights",
    ("strategy", "session_date"),
    ("weight", "equal_weight", "applied_weight", "reason", "decided_at", "effective_session"),
    Claim("sleeves_share_the_whole", "sum_error", Between(high=IDENTITY_TOLERANCE), "block",
          "Whatever the method, every estimation gives the whole capital to the sleeves; a missing "
          "part counts as wrong."),
    Claim("sleeves_are_not_negative", "lowest_weight", Between(-IDENTITY_TOLERANCE), "block",
          "No sleeve is sold short; an optimiser may end a hair below nothing."),
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    shown=("weight", "equal_weight", "applied_weight", "reason"),
)

LIMIT_USAGE = built_suite(
    "analytics.limit_usage",
    ("limit_name", "session_date"),
    ("subject", "wanted", "used", "bound", "is_binding", "note", "decided_at"),
    Claim("limits_are_known", "limit_name", OneOf(BOUNDS), "block",
          "The names of config/portfolio.yaml, the leverage and the drawdown stop."),
    Claim("bounds_are_not_negative", "bound", Between(0), "block",
          "The most that something may be."),
    Claim("usage_is_not_negative", "lowest_usage", Between(0), "block",
          "Exposures, losses and trades in absolute terms."),
    NOT_AFTER_NIGHT,
    KNOWN_IN_TIME,
    shown=("subject", "wanted", "used", "bound", "is_binding"),
)

TRACKING = built_suite(
    "analytics.portfolio_tracking",
    ("period", "metric"),
    ("value",),
    Claim("shares_lie_between_0_and_1", "share", Between(0, 1), "block",
          "Shares of the period's decisions."),
    Claim("deviations_are_not_negative", "deviation", Between(0), "block",
          "Counts, volatilities and their ratios."),
    shown=("value",),
    can_be_empty=True,  # in the warm-up nothing is forecast yet
    is_of_the_night=True,
)

HOLDINGS = built_suite(
    "analytics.holdings",
    ("symbol",),
    (
        *("is_simulated", "quantity_shares", "price_usd", "price_date", "value_usd"),
        "current_weight",
        *("final_weight", "planned_weight", "reason", "decided_at", "effective_session"),
    ),
    Claim("values_are_shares_times_price", "value_error", Between(high=IDENTITY_TOLERANCE),
          "block",
          "At the deciding close; a dollar is a share of the cash."),
    Claim("holding_prices_are_positive", "price_usd", Between(0, is_open=True), "block",
          "A holding that was never priced has none."),
    Claim("prices_are_of_no_later_day", "days_ahead_of_night", Between(high=0), "block",
          "Where a symbol has no bar of the night its latest close counts, never a coming one."),
    Claim("other_plans_say_why", "is_unexplained", OneOf((False,)), "block",
          "Whoever sees another weight planned than the target must see the reason."),
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    shown=("quantity_shares", "price_usd", "value_usd", "final_weight", "planned_weight"),
    can_be_empty=True,  # before a strategy has begun
    is_of_the_night=True,
)

RECORD = built_suite(
    "analytics.record_daily",
    ("session_date",),
    (
        *("net_return", "gross_return", "cost_return", "equity_usd", "backtest_net_return"),
        *("difference_return", "decision_night", "available_at"),
    ),
    RETURNS_ARE_FINITE,
    GROSS_IS_NET_PLUS_COST,
    COSTS_ARE_NOT_NEGATIVE,
    Claim("equity_follows_returns", "equity_error", Between(high=IDENTITY_TOLERANCE), "block",
          "Equity over the session before, less one, is the net return."),
    Claim("differences_are_record_less_backtest", "difference_error",
          Between(high=RETURN_IDENTITY_TOLERANCE), "block",
          "By definition; unknown where the backtest has no row."),
    Claim("decisions_precede_their_sessions", "days_after_decision", Between(1), "block",
          "What was decided after the open was not carried out at it."),
    NOT_AFTER_NIGHT,
    KNOWN_IN_TIME,
    shown=("net_return", "backtest_net_return", "equity_usd", "decision_night"),
    can_be_empty=True,  # nothing recorded has earned yet
)

RECORD_METRICS = built_suite(
    "analytics.record_metrics",
    ("metric",),
    ("value",),
    Claim("counts_are_not_negative", "count", Between(0), "block",
          "Sessions, nights, versions, and a standard error."),
    Claim("nobody_loses_more_than_everything", "growth", Between(-1), "block",
          "The account would have been closed."),
    shown=("value",),
    can_be_empty=True,  # nothing recorded has earned yet
    is_of_the_night=True,
)
