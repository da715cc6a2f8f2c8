"""Gate 2 on fills, trades, metrics and walk-forward choices: what must hold, and why.

A claim that blocks leaves the old night in place. Thresholds: `thresholds.py`.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.catalogue_shared import (
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    NOT_AFTER_NIGHT,
    built_suite,
)
from orchestration.expectations.claims import Between, Claim, OneOf
from orchestration.expectations.thresholds import IDENTITY_TOLERANCE

POSITIONS = built_suite(
    "analytics.backtest_positions",
    ("strategy", "variant", "symbol", "effective_session"),
    ("target_weight", "shares", "fill_price_usd", "decided_at", "available_at"),
    Claim("figures_are_finite", "missing_figures", OneOf((0,)), "block",
          "A fill of unknown size or price cannot be accounted for."),
    Claim("fill_prices_are_positive", "fill_price_usd", Between(0, is_open=True), "block",
          "A forced close, too, is filled at a close that was traded."),
    Claim("holdings_have_their_targets_sign", "is_on_side", OneOf((True,)), "block",
          "Shares are target times equity over a price."),
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    shown=("target_weight", "shares", "fill_price_usd", "decided_at"),
    can_be_empty=True,  # a young ledger has filled nothing
)

TRADES = built_suite(
    "analytics.backtest_trades",
    ("strategy", "variant", "symbol", "entered_date"),
    (
        *("exited_date", "entry_price_usd", "exit_price_usd", "net_return", "exit_reason"),
        "available_at",
    ),
    Claim("figures_are_finite", "missing_figures", OneOf((0,)), "block",
          "An open trade, too, has a return: it is marked at the last close."),
    Claim("trade_prices_are_positive", "lowest_price_usd", Between(0, is_open=True), "block",
          "As traded."),
    Claim("exits_follow_entries", "days_held", Between(0), "block",
          "Nothing is sold before it is bought."),
    Claim("exits_are_whole", "is_exit_told", OneOf((True,)), "block",
          "A trade that has ended has a date, a price and a reason of it, an open one has none."),
    NOT_AFTER_NIGHT,
    KNOWN_IN_TIME,
    shown=("exited_date", "entry_price_usd", "exit_price_usd", "net_return", "exit_reason"),
    can_be_empty=True,  # a young ledger has filled nothing
)

METRICS = built_suite(
    "analytics.backtest_metrics",
    ("strategy", "variant", "sample", "metric"),
    ("value", "lower", "upper"),
    Claim("values_are_not_endless", "is_endless", OneOf((False,)), "block",
          "What cannot be computed is null; infinity is a division by zero."),
    Claim("intervals_are_ordered", "interval_width", Between(0), "block",
          "Two quantiles of the same draws."),
    Claim("shares_lie_between_0_and_1", "share", Between(0, 1), "block",
          "Hit rate and the probabilities of Sharpe ratio and overfitting."),
    Claim("drawdowns_are_falls", "drawdown", Between(-1, 0), "block",
          "Below the highest equity so far, by no more than all of it."),
    Claim("deviations_are_not_negative", "deviation", Between(0), "block",
          "Volatility, standard errors, turnover and gross exposure."),
    Claim("shortfalls_lie_beyond_their_value_at_risk", "beyond_var",
          Between(-IDENTITY_TOLERANCE), "block",
          "A mean of losses that are all at least the value at risk."),
    shown=("value", "lower", "upper"),
    is_of_the_night=True,
)

WINDOWS = built_suite(
    "analytics.walk_forward_windows",
    ("strategy", "session_date"),
    (
        *("window", "variant", "is_default", "selection_reason", "train_sharpe"),
        *("default_train_sharpe", "train_sessions", "decided_at", "effective_session"),
    ),
    Claim("choices_train_no_worse_than_the_default", "train_advantage",
          Between(-IDENTITY_TOLERANCE), "block",
          "The best train Sharpe ratio is applied, and ties go to the default."),
    Claim("train_sessions_are_not_negative", "train_sessions", Between(0), "block",
          "A count."),
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    shown=("window", "variant", "selection_reason", "train_sharpe", "default_train_sharpe"),
    can_be_empty=True,  # before the first full half-year nothing is chosen
)
