"""Gate 2 on the marts: what must hold before a night is published, and why.

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
from orchestration.expectations.claims import Between, Claim, OneOf, Present, Suite
from orchestration.expectations.thresholds import IDENTITY_TOLERANCE

PRICES = built_suite(
    "marts.fct_prices",
    ("symbol", "session_date"),
    (
        "close_usd",
        "adjusted_open_usd",
        "adjusted_high_usd",
        "adjusted_low_usd",
        "adjusted_close_usd",
        "total_return",
        "available_at",
    ),
    Claim("adjusted_prices_are_present", "missing_adjusted", OneOf((0,)), "block",
          "Every feature and every fill rests on them."),
    Claim("adjusted_prices_are_positive", "lowest_adjusted_usd", Between(0, is_open=True), "block",
          "Adjustment multiplies by positive factors only."),
    Claim("total_returns_follow_adjusted_closes", "return_error", Between(high=IDENTITY_TOLERANCE),
          "block",
          "The return is the ratio of neighbouring adjusted closes less one, by definition."),
    KNOWN_IN_TIME,
    shown=("close_usd", "adjusted_close_usd", "total_return", "available_at"),
)

FEATURES = built_suite(
    "marts.fct_equity_features",
    ("symbol", "session_date"),
    (
        "sma_20_usd",
        "sma_50_usd",
        "rsi_14",
        "atr_14_usd",
        "volatility_20_annual",
        "momentum_12_1_return",
        "sentiment_3d",
        "available_at",
        "earnings_yield",
        "return_on_equity",
    ),
    Claim("rsi_lies_between_0_and_100", "rsi_14", Between(0, 100), "block",
          "Wilder's index is a share in percent."),
    Claim("volatilities_are_not_negative", "volatility_20_annual", Between(0), "block",
          "A standard deviation."),
    Claim("ranges_are_not_negative", "atr_14_usd", Between(0), "block",
          "A mean of distances."),
    Claim("short_averages_are_positive", "sma_20_usd", Between(0, is_open=True), "block",
          "A mean of positive prices."),
    Claim("long_averages_are_positive", "sma_50_usd", Between(0, is_open=True), "block",
          "A mean of positive prices."),
    Claim("momentum_is_above_minus_one", "momentum_12_1_return", Between(-1, is_open=True),
          "block",
          "Nothing loses more than everything."),
    Claim("summed_sentiment_is_in_range", "sentiment_3d", Between(-1, 1), "block",
          "A mean of three scores between -1 and 1."),
    KNOWN_IN_TIME,
    shown=("rsi_14", "volatility_20_annual", "atr_14_usd", "sma_20_usd", "available_at"),
)

SENTIMENT = built_suite(
    "marts.fct_sentiment",
    ("symbol", "session_date"),
    ("sentiment_score", "article_count", "sentiment_3d", "available_at"),
    Claim("scores_lie_between_minus_one_and_one", "sentiment_score", Between(-1, 1), "block",
          "VADER's compound score, and means of it."),
    Claim("article_counts_are_not_negative", "article_count", Between(0), "block",
          "A count."),
    KNOWN_IN_TIME,
    shown=("sentiment_score", "article_count", "available_at"),
    can_be_empty=True,  # no provider of news may be entitled
)

SPREADS = built_suite(
    "marts.fct_spreads",
    ("spread_source", "session_date"),
    (
        "hy_oas_pct",
        "ig_oas_pct",
        "hy_ig_spread_pct",
        "spread_zscore",
        "hy_oas_percentile",
        "credit_stress",
        "available_at",
    ),
    Claim("sources_are_known", "spread_source", OneOf(("oas", "price_proxy")), "block",
          "Two sources exist."),
    Claim("percentiles_lie_between_0_and_1", "hy_oas_percentile", Between(0, 1), "block",
          "A share of trailing rows."),
    Claim("stress_lies_between_minus_one_and_one", "credit_stress", Between(-1, 1), "block",
          "Twice the percentile less one."),
    Claim("stress_follows_the_percentile", "stress_error", Between(high=IDENTITY_TOLERANCE),
          "block",
          "Twice the percentile less one, by definition."),
    Claim("spreads_are_differences", "spread_error_pct", Between(high=IDENTITY_TOLERANCE), "block",
          "High yield less investment grade, by definition; the proxy has neither."),
    KNOWN_IN_TIME,
    shown=("hy_oas_pct", "ig_oas_pct", "hy_ig_spread_pct", "hy_oas_percentile", "available_at"),
)

TERM_STRUCTURE = built_suite(
    "marts.fct_term_structure",
    ("session_date",),
    ("vix9d", "vix", "vix3m", "vix6m", "vvix", "vix_vix3m_ratio", "term_structure", "available_at"),
    Claim("indexes_are_positive", "lowest_index", Between(0, is_open=True), "block",
          "Volatility is positive."),
    Claim("shapes_are_known", "term_structure", OneOf(("contango", "flat", "backwardation")),
          "block",
          "Three shapes exist."),
    Claim("ratios_are_quotients", "ratio_error", Between(high=IDENTITY_TOLERANCE), "block",
          "VIX over VIX3M, by definition."),
    KNOWN_IN_TIME,
    shown=("vix", "vix3m", "vix_vix3m_ratio", "term_structure", "available_at"),
)

SIGNALS = built_suite(
    "marts.fct_signals",
    ("strategy", "variant", "symbol", "session_date"),
    ("signal", "event", "target_weight", "reason", "decided_at", "effective_session"),
    Claim("signals_are_present", "signal", Present(), "block",
          "No opinion is 0, not null."),
    Claim("signals_are_minus_one_zero_or_one", "signal", OneOf((-1, 0, 1)), "block",
          "Short, flat, long."),
    Claim("events_are_known", "event", OneOf(("enter", "exit")), "block",
          "Enter, exit, or nothing."),
    Claim("reasons_are_given", "has_reason", OneOf((True,)), "block",
          "A number that cannot explain itself is not published."),
    Claim("weights_are_within_bounds", "weight_over_bound", Between(high=IDENTITY_TOLERANCE),
          "block",
          "Largest target a strategy can set: equities 1.5 / N, credit 0.5, volatility 0.5 over a"
          " leverage of a half."),
    Claim("weights_have_their_signals_sign", "is_weight_on_side", OneOf((True,)), "block",
          "A long signal never sells short, and a flat one holds nothing."),
    FILLED_NEXT_SESSION,
    KNOWN_IN_TIME,
    shown=("signal", "event", "target_weight", "reason", "decided_at", "effective_session"),
)

DISAGREEMENTS = built_suite(
    "marts.fct_provider_disagreements",
    ("dataset", "symbol", "field", "chosen_provider", "other_provider", "session_date"),
    (
        "chosen_value",
        "other_value",
        "difference",
        "difference_fraction",
        "is_beyond_tolerance",
        "choice_rule",
        "available_at",
    ),
    Claim("differences_are_other_less_chosen", "difference_error",
          Between(high=IDENTITY_TOLERANCE), "block",
          "By definition, relative to the chosen value; of nothing there is no fraction."),
    Claim("providers_agree_within_tolerance", "is_beyond_tolerance", OneOf((False,)), "warn",
          "How far apart two providers may be, field by field, is in the seed `provider_fields`:"
          " closes 0.5 %, other prices 1 %, volumes 10 %, the bill rate a hundredth. More is"
          " another day's value, another company's, or a split that one of them lacks."),
    KNOWN_IN_TIME,
    shown=("chosen_value", "other_value", "difference_fraction", "available_at"),
    can_be_empty=True,  # one provider alone may have told everything, or all of them the same
)

STRATEGY_DECISIONS = Suite(
    name="tonights_decisions",
    gate=2,
    table="marts.fct_signals",
    grain="One row per strategy.",
    subject=("strategy", "variant"),
    dated_by="night",
    shown=("decided_rows",),
    claims=(
        Claim("every_strategy_decided_tonight", "decided_rows", Between(1), "block",
              "A default variant without a row of the night is a missing decision, and a missing "
              "target must never read as a sell order."),
    ),
)

FROZEN_DECISIONS = Suite(
    name="frozen_symbols",
    gate=2,
    table="marts.fct_signals",
    grain="One row per strategy and symbol that may not decide tonight.",
    subject=("strategy", "variant", "symbol"),
    dated_by="session_date",
    shown=("previous_weight", "target_weight", "event", "reason"),
    claims=(
        Claim("frozen_targets_do_not_move", "weight_change", Between(high=IDENTITY_TOLERANCE),
              "block",
              "Without a usable bar of the night the last target stays."),
        Claim("frozen_symbols_have_no_event", "has_event", OneOf((False,)), "block",
              "Neither entry nor exit without a usable bar of the night."),
    ),
)

INTRADAY_SIGNALS = built_suite(
    "marts.fct_intraday_signals",
    ("variant", "symbol", "bar_end_at"),
    (
        *("session_date", "rsi_14", "stochastic_k", "stochastic_d", "signal", "event"),
        *("target_weight", "reason", "inputs_available_at", "decided_at", "available_at"),
        "effective_at",
    ),
    Claim("signals_are_minus_one_zero_or_one", "signal", OneOf((-1, 0, 1)), "block",
          "Short, flat, long."),
    Claim("signals_are_present", "signal", Present(), "block",
          "No opinion is 0, not null."),
    Claim("events_are_known", "event", OneOf(("enter", "exit")), "block",
          "Enter, exit, or nothing."),
    Claim("reasons_are_given", "has_reason", OneOf((True,)), "block",
          "A number that cannot explain itself is not published."),
    Claim("weights_are_within_bounds", "target_weight", Between(-1, 1), "block",
          "Each symbol has an account of its own, and no style borrows."),
    Claim("weights_have_their_signals_sign", "is_weight_on_side", OneOf((True,)), "block",
          "Long holds, short sells, flat has nothing."),
    Claim("oscillators_lie_between_0_and_100", "oscillator_excess",
          Between(high=IDENTITY_TOLERANCE), "block",
          "RSI and both stochastics are shares in percent."),
    Claim("decisions_follow_their_inputs", "seconds_of_foresight", Between(high=0), "block",
          "A bar decides when it has ended and its inputs are known, and is filled no sooner."),
    KNOWN_IN_TIME,
    shown=("bar_end_at", "signal", "event", "target_weight", "reason", "decided_at"),
    can_be_empty=True,  # no plan may include intraday bars
    day="session_date",
)

INSTRUMENTS = built_suite(
    "marts.dim_instruments",
    ("symbol",),
    ("name", "asset_class", "sector", "first_session_date", "last_session_date"),
    Claim("names_are_given", "has_name", OneOf((True,)), "block",
          "The ticker stands in where the name is unknown."),
    Claim("first_sessions_come_first", "days_listed", Between(0), "block",
          "First and newest bar; the same day for a new listing."),
    NOT_AFTER_NIGHT,
    shown=("name", "first_session_date", "last_session_date"),
    is_of_the_night=True,
)

VARIANTS = built_suite(
    "marts.dim_variants",
    ("strategy", "variant"),
    ("is_default", "parameters"),
    Claim("every_strategy_has_one_default", "default_variants", OneOf((1,)), "block",
          "Ties, short histories and the walk-forward's beginning go to it."),
    Claim("parameters_are_given", "parameters", Present(), "block",
          "The trial registry counts distinct parameter sets."),
    shown=("is_default", "parameters"),
    is_of_the_night=True,
)
