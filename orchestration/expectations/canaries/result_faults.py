"""What is planted in fills, choices, limits, holdings and the record; see `built_faults.py`."""

from typing import Any

import numpy as np
import pandas as pd

from orchestration.expectations.canaries.built_night import LATE, TOMORROW, TONIGHT
from orchestration.expectations.canaries.landed_night import DAYS
from orchestration.expectations.canaries.planting import Fault, Key

D5, D10, D12, D14, D16, D18, D20, D22, D24 = (
    DAYS[at] for at in (5, 10, 12, 14, 16, 18, 20, 22, 24)
)
D15, D25 = DAYS[15], DAYS[25]
NIGHT = "2018-03-29"
AAA, EQUITIES, LEVERAGE = {"symbol": "AAA"}, {"strategy": "equities"}, {"limit_name": "leverage"}
HELD = "equities balanced_position AAA"
BAR_EARLY = pd.Timestamp("2018-02-06 15:59:59", tz="UTC")  # a second before its bar has ended
SHARPE, HIT, FALL, SWING = (
    {**EQUITIES, "metric": name}
    for name in ("sharpe", "hit_rate", "max_drawdown", "volatility_annual")
)
OTHER_HIT, OTHER_FALL, OTHER_LOSS = (
    {"strategy": "credit", "metric": name} for name in ("hit_rate", "max_drawdown", "es_95")
)
EQUITY_RUN, CREDIT_RUN = "equities balanced_position full", "credit zscore_percentile full"

TOLD = "daily_bars AAA close_usd polygon fmp"

RESULT_FAULTS = (
    Fault("fct_provider_disagreements", "providers_agree_within_tolerance", {"session_date": D14},
     {"is_beyond_tolerance": True}, (TOLD, "2018-01-23")),
    Fault("fct_provider_disagreements", "differences_are_other_less_chosen", {"session_date": D10},
     {"difference": 0.1 + 2e-7}, (TOLD, "2018-01-17")),
    Fault("fct_provider_disagreements", "every_row_was_known_in_time", {"session_date": D16},
     {"available_at": LATE}, (TOLD, "2018-01-25")),
    Fault("fct_intraday_signals", "signals_are_minus_one_zero_or_one", {"session_date": D10},
     {"signal": 2, "target_weight": 1.0}, ("rare_5m SPY", "2018-01-17")),
    Fault("fct_intraday_signals", "signals_are_present", {"session_date": D12},
     {"signal": np.nan}, ("rare_5m SPY", "2018-01-19")),
    Fault("fct_intraday_signals", "events_are_known", {"session_date": D14},
     {"event": "hold"}, ("rare_5m SPY", "2018-01-23")),
    Fault("fct_intraday_signals", "reasons_are_given", {"session_date": D16},
     {"reason": ""}, ("rare_5m SPY", "2018-01-25")),
    Fault("fct_intraday_signals", "weights_are_within_bounds", {"session_date": D18},
     {"target_weight": 1.01, "signal": 1}, ("rare_5m SPY", "2018-01-29")),
    Fault("fct_intraday_signals", "weights_are_within_bounds", {"session_date": D5},
     {"target_weight": -1.01, "signal": -1}, ("rare_5m SPY", "2018-01-09")),
    Fault("fct_intraday_signals", "weights_have_their_signals_sign", {"session_date": D20},
     {"signal": 1}, ("rare_5m SPY", "2018-01-31")),
    Fault("fct_intraday_signals", "weights_have_their_signals_sign", {}, {},
     ("rare_5m SPY", "2018-01-19")),
    Fault("fct_intraday_signals", "oscillators_lie_between_0_and_100", {"session_date": D22},
     {"stochastic_d": 100.0 + 2e-9}, ("rare_5m SPY", "2018-02-02")),
    Fault("fct_intraday_signals", "decisions_follow_their_inputs", {"session_date": D24},
     {"decided_at": BAR_EARLY}, ("rare_5m SPY", "2018-02-06")),
    Fault("fct_intraday_signals", "every_row_was_known_in_time", {"session_date": D25},
     {"available_at": LATE}, ("rare_5m SPY", "2018-02-07")),
    Fault("dim_instruments", "names_are_given", AAA, {"name": ""}, ("AAA", NIGHT)),
    Fault("dim_instruments", "first_sessions_come_first", {"symbol": "BBB"},
     {"first_session_date": TOMORROW}, ("BBB", NIGHT)),
    Fault("dim_instruments", "no_row_after_the_night", AAA,
     {"last_session_date": TOMORROW}, ("AAA", NIGHT)),
    *(
        Fault("dim_variants", "every_strategy_has_one_default", {**EQUITIES, "variant": "other"},
         {"is_default": True}, (f"equities {variant}", NIGHT))
        for variant in ("balanced_position", "other")
    ),
    Fault("dim_variants", "parameters_are_given", {"strategy": "credit", "variant": "other"},
     {"parameters": None}, ("credit other", NIGHT)),
    Fault("backtest_positions", "figures_are_finite", {**AAA, "effective_session": D12},
     {"fill_price_usd": np.inf}, (HELD, "2018-01-19")),
    Fault("backtest_positions", "fill_prices_are_positive", {**AAA, "effective_session": D14},
     {"fill_price_usd": 0.0}, (HELD, "2018-01-23")),
    Fault("backtest_positions", "holdings_have_their_targets_sign",
     {**AAA, "effective_session": D16}, {"shares": -500.0}, (HELD, "2018-01-25")),
    Fault("backtest_positions", "decisions_fill_in_the_next_session",
     {**AAA, "effective_session": D18},
     {"decided_at": pd.Timestamp("2018-01-25 21:30", tz="UTC")}, (HELD, "2018-01-29")),
    Fault("backtest_positions", "decisions_fill_in_the_next_session",
     {**AAA, "effective_session": D20},
     {"decided_at": pd.Timestamp("2018-01-31 14:30", tz="UTC")}, (HELD, "2018-01-31")),
    Fault("backtest_positions", "every_row_was_known_in_time", {**AAA, "effective_session": D22},
     {"available_at": LATE}, (HELD, "2018-02-02")),
    Fault("backtest_trades", "figures_are_finite", {**AAA, "entered_date": D10},
     {"net_return": np.nan}, (HELD, "2018-01-17")),
    Fault("backtest_trades", "trade_prices_are_positive", {**AAA, "entered_date": D12},
     {"entry_price_usd": 0.0}, (HELD, "2018-01-19")),
    Fault("backtest_trades", "exits_follow_entries", {**AAA, "entered_date": D14},
     {"exited_date": D12}, (HELD, "2018-01-23")),
    Fault("backtest_trades", "exits_are_whole", {**AAA, "entered_date": D16},
     {"exit_reason": None}, (HELD, "2018-01-25")),
    Fault("backtest_trades", "no_row_after_the_night", {**AAA, "entered_date": D18},
     {"exited_date": TOMORROW}, (HELD, "2018-01-29")),
    Fault("backtest_trades", "every_row_was_known_in_time", {**AAA, "entered_date": D20},
     {"available_at": LATE}, (HELD, "2018-01-31")),
    Fault("backtest_metrics", "values_are_not_endless", {**EQUITIES, "metric": "var_95"},
     {"value": -np.inf}, (f"{EQUITY_RUN} var_95", NIGHT)),
    Fault("backtest_metrics", "intervals_are_ordered", SHARPE,
     {"upper": 0.49}, (f"{EQUITY_RUN} sharpe", NIGHT)),
    Fault("backtest_metrics", "shares_lie_between_0_and_1", HIT,
     {"value": 1.01}, (f"{EQUITY_RUN} hit_rate", NIGHT)),
    Fault("backtest_metrics", "shares_lie_between_0_and_1", OTHER_HIT,
     {"value": -0.01}, (f"{CREDIT_RUN} hit_rate", NIGHT)),
    Fault("backtest_metrics", "drawdowns_are_falls", FALL,
     {"value": 0.01}, (f"{EQUITY_RUN} max_drawdown", NIGHT)),
    Fault("backtest_metrics", "drawdowns_are_falls", OTHER_FALL,
     {"value": -1.01}, (f"{CREDIT_RUN} max_drawdown", NIGHT)),
    Fault("backtest_metrics", "deviations_are_not_negative", SWING,
     {"value": -0.01}, (f"{EQUITY_RUN} volatility_annual", NIGHT)),
    Fault("backtest_metrics", "shortfalls_lie_beyond_their_value_at_risk",
     OTHER_LOSS, {"value": 0.01 - 2e-9}, (f"{CREDIT_RUN} es_95", NIGHT)),
    Fault("walk_forward_windows", "choices_train_no_worse_than_the_default",
     {**EQUITIES, "session_date": D10}, {"train_sharpe": 1.0 - 2e-9}, ("equities", "2018-01-17")),
    Fault("walk_forward_windows", "train_sessions_are_not_negative",
     {**EQUITIES, "session_date": D15}, {"train_sessions": -1}, ("equities", "2018-01-24")),
    Fault("walk_forward_windows", "decisions_fill_in_the_next_session",
     {**EQUITIES, "session_date": D20}, {"effective_session": D20}, ("equities", "2018-01-31")),
    Fault("walk_forward_windows", "decisions_fill_in_the_next_session",
     {"strategy": "credit", "session_date": D20},
     {"effective_session": D22}, ("credit", "2018-01-31")),
    Fault("walk_forward_windows", "every_row_was_known_in_time",
     {**EQUITIES, "session_date": D25}, {"decided_at": LATE}, ("equities", "2018-02-07")),
    Fault("sleeve_weights", "sleeves_share_the_whole", {**EQUITIES, "session_date": D10},
     {"applied_weight": 1.0 / 3.0 + 2e-9}, ("equities", "2018-01-17")),
    *(
        Fault("sleeve_weights", "sleeves_share_the_whole", {}, {}, (strategy, "2018-01-17"))
        for strategy in ("credit", "volatility")
    ),
    Fault("sleeve_weights", "sleeves_are_not_negative", {**EQUITIES, "session_date": D15},
     {"weight": -2e-9}, ("equities", "2018-01-24")),
    *(
        Fault("sleeve_weights", "sleeves_share_the_whole", {}, {}, (strategy, day))
        for strategy in ("credit", "equities", "volatility")
        for day in ("2018-01-09", "2018-01-24")
    ),
    Fault("sleeve_weights", "decisions_fill_in_the_next_session",
     {**EQUITIES, "session_date": D20}, {"effective_session": D20}, ("equities", "2018-01-31")),
    Fault("sleeve_weights", "decisions_fill_in_the_next_session",
     {"strategy": "credit", "session_date": D20},
     {"effective_session": D22}, ("credit", "2018-01-31")),
    Fault("sleeve_weights", "every_row_was_known_in_time", {**EQUITIES, "session_date": D25},
     {"decided_at": LATE}, ("equities", "2018-02-07")),
    Fault("limit_usage", "limits_are_known", {"limit_name": "net", "session_date": D10},
     {"limit_name": "guess"}, ("guess", "2018-01-17")),
    Fault("limit_usage", "bounds_are_not_negative", {**LEVERAGE, "session_date": D12},
     {"bound": -0.1}, ("leverage", "2018-01-19")),
    Fault("limit_usage", "usage_is_not_negative", {**LEVERAGE, "session_date": D14},
     {"used": -0.1}, ("leverage", "2018-01-23")),
    Fault("limit_usage", "no_row_after_the_night", {**LEVERAGE, "session_date": D16},
     {"session_date": TOMORROW}, ("leverage", "2018-04-02")),
    Fault("limit_usage", "every_row_was_known_in_time", {**LEVERAGE, "session_date": D18},
     {"decided_at": LATE}, ("leverage", "2018-01-29")),
    Fault("portfolio_tracking", "shares_lie_between_0_and_1",
     {"period": "full", "metric": "unbound_share"},
     {"value": 1.01}, ("full unbound_share", NIGHT)),
    Fault("portfolio_tracking", "shares_lie_between_0_and_1",
     {"period": "2018", "metric": "unbound_share"},
     {"value": -0.01}, ("2018 unbound_share", NIGHT)),
    Fault("portfolio_tracking", "deviations_are_not_negative",
     {"period": "full", "metric": "realised_volatility"},
     {"value": -0.01}, ("full realised_volatility", NIGHT)),
    Fault("holdings", "values_are_shares_times_price", AAA,
     {"price_usd": 100.0 * (1 + 2e-9)}, ("AAA", NIGHT)),
    Fault("holdings", "holding_prices_are_positive", {"symbol": "BBB"},
     {"price_usd": 0.0, "value_usd": np.nan}, ("BBB", NIGHT)),
    Fault("holdings", "prices_are_of_no_later_day", {"symbol": "CCC"},
     {"price_date": TOMORROW}, ("CCC", NIGHT)),
    Fault("holdings", "other_plans_say_why", {"symbol": "EEE"}, {"reason": None}, ("EEE", NIGHT)),
    Fault("holdings", "decisions_fill_in_the_next_session", {"symbol": "CCC"},
     {"effective_session": TONIGHT}, ("CCC", NIGHT)),
    Fault("holdings", "decisions_fill_in_the_next_session", {"symbol": "BBB"},
     {"effective_session": pd.Timestamp("2018-04-03")}, ("BBB", NIGHT)),
    Fault("holdings", "every_row_was_known_in_time", {"symbol": "DDD"},
     {"decided_at": LATE}, ("DDD", NIGHT)),
    Fault("record_daily", "figures_are_finite", {"session_date": D10},
     {"gross_return": np.inf}, ("", "2018-01-17")),
    Fault("record_daily", "gross_is_net_plus_cost", {"session_date": D12},
     {"gross_return": 0.0011 + 2e-12}, ("", "2018-01-19")),
    Fault("record_daily", "gross_is_net_plus_cost", {}, {}, ("", "2018-01-17")),
    Fault("record_daily", "costs_are_not_negative", {"session_date": D14},
     {"cost_return": -0.0001, "gross_return": 0.0009}, ("", "2018-01-23")),
    *(
        Fault("record_daily", "equity_follows_returns", {"session_date": D16},
         {"equity_usd": 1e6 * 1.001**16 * (1 + 2e-9)}, ("", day))
        for day in ("2018-01-25", "2018-01-26")
    ),
    Fault("record_daily", "equity_follows_returns", {}, {}, ("", "2018-01-09")),
    Fault("record_daily", "differences_are_record_less_backtest", {"session_date": D18},
     {"difference_return": 2e-12}, ("", "2018-01-29")),
    Fault("record_daily", "decisions_precede_their_sessions", {"session_date": D20},
     {"decision_night": D20}, ("", "2018-01-31")),
    Fault("record_daily", "every_row_was_known_in_time", {"session_date": D22},
     {"available_at": LATE}, ("", "2018-02-02")),
    Fault("record_daily", "no_row_after_the_night", {"session_date": TONIGHT},
     {"session_date": TOMORROW}, ("", "2018-04-02")),
    Fault("record_metrics", "counts_are_not_negative", {"metric": "nights_recorded"},
     {"value": -1.0}, ("nights_recorded", NIGHT)),
    Fault("record_metrics", "nobody_loses_more_than_everything", {"metric": "cumulative_return"},
     {"value": -1.01}, ("cumulative_return", NIGHT)),
)  # fmt: skip
RESULT_TWINS: tuple[tuple[str, str, dict[str, Any], Key], ...] = (
    ("fct_provider_disagreements", "marts.fct_provider_disagreements", {"session_date": D5},
     (TOLD, "2018-01-09")),
    ("fct_intraday_signals", "marts.fct_intraday_signals", {"session_date": DAYS[0]},
     ("rare_5m SPY", "2018-01-02")),
    ("dim_instruments", "marts.dim_instruments", {"symbol": "CCC"}, ("CCC", NIGHT)),
    ("dim_variants", "marts.dim_variants", {"strategy": "volatility", "variant": "other"},
     ("volatility other", NIGHT)),
    ("backtest_positions", "analytics.backtest_positions", {**AAA, "effective_session": D5},
     (HELD, "2018-01-09")),
    ("backtest_trades", "analytics.backtest_trades", {**AAA, "entered_date": D5},
     (HELD, "2018-01-09")),
    ("backtest_metrics", "analytics.backtest_metrics",
     {"strategy": "volatility", "metric": "sharpe"},
     ("volatility contango full sharpe", NIGHT)),
    ("walk_forward_windows", "analytics.walk_forward_windows", {**EQUITIES, "session_date": D5},
     ("equities", "2018-01-09")),
    ("sleeve_weights", "analytics.sleeve_weights", {**EQUITIES, "session_date": D5},
     ("equities", "2018-01-09")),
    ("limit_usage", "analytics.limit_usage", {**LEVERAGE, "session_date": D5},
     ("leverage", "2018-01-09")),
    ("portfolio_tracking", "analytics.portfolio_tracking", {"period": "full", "metric": "sessions"},
     ("full sessions", NIGHT)),
    ("holdings", "analytics.holdings", {"symbol": "CASH"}, ("CASH", NIGHT)),
    ("record_daily", "analytics.record_daily", {"session_date": D5}, ("", "2018-01-09")),
    ("record_metrics", "analytics.record_metrics", {"metric": "sessions"}, ("sessions", NIGHT)),
)  # fmt: skip
"""A second row of each table's grain: suite, table, the row to repeat, its key."""
RESULTS_THAT_CAN_BE_EMPTY = (
    "fct_provider_disagreements", "fct_intraday_signals", "backtest_positions", "backtest_trades",
    "walk_forward_windows", "portfolio_tracking", "holdings", "record_daily", "record_metrics",
)  # fmt: skip
