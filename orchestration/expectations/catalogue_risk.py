"""Gate 2 on the tables of risk: what must hold before a night is published, and why.

A claim that blocks leaves the old night in place. Thresholds: `thresholds.py`.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.catalogue_shared import (
    KNOWN_IN_TIME,
    NOT_AFTER_NIGHT,
    built_suite,
)
from orchestration.expectations.claims import Between, Claim, OneOf
from orchestration.expectations.thresholds import IDENTITY_TOLERANCE, RETURN_IDENTITY_TOLERANCE

FORECASTS = tuple(
    f"{measure}_{level}_{kind}"
    for kind in ("historical", "parametric")
    for level in (95, 99)
    for measure in ("var", "es")
)
CONTRIBUTIONS = (
    "long_weight",
    "short_weight",
    "gross_exposure",
    "net_exposure",
    "beta_spy",
    "volatility_contribution_annual",
    "es_95_contribution",
    "stale_exposure",
)

RISK = built_suite(
    "analytics.risk_daily",
    ("session_date",),
    (*FORECASTS, "drawdown", "beta_spy", "stale_gross_share", "decided_at"),
    Claim("shortfalls_lie_beyond_their_value_at_risk", "least_beyond_var",
          Between(-RETURN_IDENTITY_TOLERANCE), "block",
          "A mean of losses that are all at least the value at risk."),
    Claim("rarer_losses_are_larger", "least_beyond_95", Between(-RETURN_IDENTITY_TOLERANCE),
          "block",
          "What is lost in one session of a hundred is no less than in five."),
    Claim("normal_forecasts_are_not_negative", "lowest_normal", Between(0), "block",
          "A multiple of a standard deviation."),
    Claim("historical_forecasts_are_not_negative", "lowest_historical", Between(0), "warn",
          "A book that earned in nearly every one of the last 500 sessions is one of prices that "
          "hardly move: possible, and worth a look."),
    Claim("drawdowns_are_falls", "drawdown", Between(-1, 0), "block",
          "Below the highest equity so far, by no more than all of it."),
    Claim("stale_shares_are_shares", "stale_gross_share", Between(0, 1 + IDENTITY_TOLERANCE),
          "block",
          "A part of the gross exposure."),
    NOT_AFTER_NIGHT,
    KNOWN_IN_TIME,
    shown=FORECASTS,
)

RISK_TESTS = built_suite(
    "analytics.risk_tests",
    ("measure", "sample", "test"),
    ("n_sessions", "exceedances", "expected_exceedances", "statistic", "p_value", "decided_at"),
    Claim("p_values_are_probabilities", "p_value", Between(0, 1), "block",
          "By definition."),
    Claim("likelihood_ratios_are_not_negative", "statistic", Between(0), "block",
          "The freer hypothesis is never the less likely one."),
    Claim("exceedances_are_among_the_sessions", "sessions_without", Between(0), "block",
          "A sample cannot hold more exceedances than sessions."),
    Claim("exceedance_counts_are_not_negative", "exceedances", Between(0), "block",
          "A count."),
    KNOWN_IN_TIME,
    shown=("n_sessions", "exceedances", "statistic", "p_value"),
    is_of_the_night=True,
)

RISK_EXPOSURES = built_suite(
    "analytics.risk_exposures",
    ("dimension", "name"),
    (*CONTRIBUTIONS, "decided_at", "effective_session"),
    Claim("parts_sum_to_the_total", "identity_error", Between(high=IDENTITY_TOLERANCE), "block",
          "Each dimension splits the same book; a part that is missing counts as wrong."),
    Claim("longs_are_not_negative", "long_of_book", Between(0), "block",
          "By definition; a strategy that hedges another may reduce it."),
    Claim("shorts_are_not_positive", "short_of_book", Between(high=0), "block",
          "As longs."),
    KNOWN_IN_TIME,
    shown=("long_weight", "short_weight", "volatility_contribution_annual", "es_95_contribution"),
    is_of_the_night=True,
)

STRESS = built_suite(
    "analytics.stress_results",
    ("kind", "scenario", "symbol"),
    ("exposure", "shock_return", "profit_return", "first_date", "last_date", "decided_at"),
    Claim("kinds_are_known", "kind", OneOf(("shock", "window")), "block",
          "An assumption of config/portfolio.yaml, or a stretch of history."),
    Claim("profits_are_exposure_times_shock", "identity_error",
          Between(high=RETURN_IDENTITY_TOLERANCE), "block",
          "Shocks are per unit of leverage, exposures count it."),
    Claim("windows_have_ended", "days_after_night", Between(high=0), "block",
          "Nobody knows how a window ends before it has."),
    KNOWN_IN_TIME,
    shown=("exposure", "shock_return", "profit_return"),
    can_be_empty=True,  # a night may hold nothing
    is_of_the_night=True,
)
