"""Gate 2 on backtests, weights and orders: what must hold before a night is published, and why.

A claim that blocks leaves the old night in place. Thresholds: `thresholds.py`.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.catalogue_shared import (
    COSTS_ARE_NOT_NEGATIVE,
    FILLED_NEXT_SESSION,
    GROSS_IS_NET_PLUS_COST,
    KNOWN_IN_TIME,
    NOT_AFTER_NIGHT,
    RETURNS_ARE_FINITE,
    built_suite,
)
from orchestration.expectations.claims import Between, Claim, OneOf, Present, Suite
from orchestration.expectations.thresholds import (
    IDENTITY_TOLERANCE,
    PLANNED_TOLERANCE,
)

BACKTESTS = built_suite(
    "analytics.backtest_daily",
    ("strategy", "variant", "session_date"),
    ("gross_return", "cost_return", "net_return", "turnover", "gross_exposure", "net_exposure"),
    RETURNS_ARE_FINITE,
    GROSS_IS_NET_PLUS_COST,
    COSTS_ARE_NOT_NEGATIVE,
    Claim("turnover_is_not_negative", "turnover", Between(0), "block",
          "A sum of absolute trades."),
    Claim("nobody_loses_more_than_everything", "net_return", Between(-1), "block",
          "The simulated account would have been closed."),
    NOT_AFTER_NIGHT,
    shown=("gross_return", "cost_return", "net_return", "turnover"),
)

TARGET_WEIGHTS = built_suite(
    "analytics.target_weights",
    ("strategy", "symbol", "session_date"),
    (
        "desired_weight",
        "final_weight",
        "override_reason",
        "is_stale_input",
        "decided_at",
        "effective_session",
    ),
    Claim("weights_add_up", "identity_error", Between(high=IDENTITY_TOLERANCE), "block",
          "Desired weight and every limit's bite make the final weight exactly; a missing part "
          "counts as wrong."),
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    shown=("desired_weight", "bites", "final_weight", "override_reason", "effective_session"),
)

EXPOSURES = Suite(
    name="portfolio_exposure",
    gate=2,
    table="analytics.target_weights",
    grain="One row per decided session.",
    subject=(),
    dated_by="session_date",
    shown=("gross_exposure", "net_exposure"),
    claims=(
        Claim("gross_exposure_respects_its_limit", "free_gross_of_limit",
              Between(high=1 + IDENTITY_TOLERANCE), "block",
              "Leverage x weight against config/portfolio.yaml, in sessions in which the whole "
              "book could trade."),
        Claim("net_exposure_respects_its_limit", "free_net_of_limit",
              Between(high=1 + IDENTITY_TOLERANCE), "block",
              "As gross exposure."),
        Claim("gross_exposure_is_within_its_limit", "gross_of_limit",
              Between(high=1 + IDENTITY_TOLERANCE), "warn",
              "Frozen holdings drift above it and nobody can trade them."),
        Claim("net_exposure_is_within_its_limit", "net_of_limit",
              Between(high=1 + IDENTITY_TOLERANCE), "warn",
              "As gross exposure."),
    ),
)

PORTFOLIO = built_suite(
    "analytics.portfolio_daily",
    ("session_date",),
    (
        "net_return",
        "scale",
        "forecast_volatility_annual",
        "realised_volatility_annual",
        "decided_at",
    ),
    Claim("returns_are_present", "net_return", Present(), "block",
          "One missing return poisons the whole equity curve."),
    Claim("nobody_loses_more_than_everything", "net_return", Between(-1), "block",
          "The account would have been closed."),
    Claim("scales_are_not_negative", "scale", Between(0), "block",
          "Target over forecast volatility, capped; a portfolio is never turned around."),
    Claim("forecasts_are_not_negative", "forecast_volatility_annual", Between(0), "block",
          "A standard deviation."),
    Claim("realised_volatilities_are_not_negative", "realised_volatility_annual", Between(0),
          "block",
          "A standard deviation."),
    NOT_AFTER_NIGHT,
    KNOWN_IN_TIME,
    shown=("net_return", "scale", "forecast_volatility_annual"),
)

ORDERS = built_suite(
    "analytics.orders",
    ("symbol",),
    (
        *("side", "quantity_shares", "notional_usd", "expected_cost_usd", "current_weight"),
        *("final_weight", "planned_weight", "price_usd", "reason"),
    ),
    Claim("order_amounts_are_finite", "missing_amounts", OneOf((0,)), "block",
          "An order of unknown size cannot be sent."),
    Claim("order_costs_are_not_negative", "expected_cost_usd", Between(0), "block",
          "Trading never pays."),
    Claim("sides_are_buy_or_sell", "side", OneOf(("buy", "sell")), "block",
          "A broker knows no other."),
    Claim("order_quantities_are_positive", "quantity_shares", Between(0, is_open=True), "block",
          "An order over nothing is none, and the side says the direction."),
    Claim("order_values_are_shares_times_price", "value_error",
          Between(high=IDENTITY_TOLERANCE), "block",
          "The price is the deciding close that the shares were counted with."),
    Claim("orders_go_the_way_of_their_side", "is_wrong_way", OneOf((False,)), "block",
          "A buy raises the weight, a sale lowers it."),
    Claim("orders_stop_at_the_target", "overshoot", Between(high=PLANNED_TOLERANCE), "block",
          "What holds an order back makes it smaller, never larger."),
    Claim("smaller_orders_say_why", "is_unexplained", OneOf((False,)), "block",
          "Whoever sees less than the target asks must see the reason."),
    Claim("no_order_for_a_frozen_symbol", "is_frozen", OneOf((False,)), "block",
          "Without a usable bar of the night its holding stays as it is."),
    shown=("side", "quantity_shares", "notional_usd", "expected_cost_usd"),
    can_be_empty=True,  # a night may have nothing to trade
    is_of_the_night=True,
)
