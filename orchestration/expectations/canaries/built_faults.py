"""What is planted for gate 2: one defect per claim, just beyond its threshold.

Thresholds are written out here and not read from the claims: a claim whose bound was widened must
miss its canary. Whoever moves a threshold on purpose moves its canary, too.
"""

from typing import Any

import numpy as np
import pandas as pd

from orchestration.expectations.canaries.built_night import LATE, TOMORROW, TONIGHT
from orchestration.expectations.canaries.landed_night import DAYS, gate_context
from orchestration.expectations.canaries.planting import (
    Canary,
    Fault,
    Frames,
    Key,
    drop,
    merged,
    repeat,
    spoil,
)
from orchestration.expectations.canaries.result_faults import (
    RESULT_FAULTS,
    RESULT_TWINS,
    RESULTS_THAT_CAN_BE_EMPTY,
)
from orchestration.expectations.canaries.result_night import built_tables

D5, D10, D12, D14, D16, D18, D20, D22 = (DAYS[at] for at in (5, 10, 12, 14, 16, 18, 20, 22))
AAA = {"symbol": "AAA"}
OAS = {"spread_source": "oas"}
EQUITIES = {"strategy": "equities"}

FAULTS = (
    Fault("fct_prices", "adjusted_prices_are_present", {**AAA, "session_date": D10},
     {"adjusted_open_usd": np.nan}, ("AAA", "2018-01-17")),
    Fault("fct_prices", "adjusted_prices_are_positive", {**AAA, "session_date": D12},
     {"adjusted_low_usd": 0.0}, ("AAA", "2018-01-19")),
    Fault("fct_prices", "total_returns_follow_adjusted_closes", {**AAA, "session_date": D14},
     {"total_return": 0.001 + 2e-9}, ("AAA", "2018-01-23")),
    Fault("fct_prices", "every_row_was_known_in_time", {**AAA, "session_date": D16},
     {"available_at": LATE}, ("AAA", "2018-01-25")),
    Fault("fct_equity_features", "rsi_lies_between_0_and_100", {**AAA, "session_date": D10},
     {"rsi_14": 100.1}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "volatilities_are_not_negative", {**AAA, "session_date": D10},
     {"volatility_20_annual": -0.1}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "ranges_are_not_negative", {**AAA, "session_date": D10},
     {"atr_14_usd": -0.1}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "short_averages_are_positive", {**AAA, "session_date": D10},
     {"sma_20_usd": 0.0}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "long_averages_are_positive", {**AAA, "session_date": D10},
     {"sma_50_usd": -1.0}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "momentum_is_above_minus_one", {**AAA, "session_date": D10},
     {"momentum_12_1_return": -1.0}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "summed_sentiment_is_in_range", {**AAA, "session_date": D10},
     {"sentiment_3d": 1.1}, ("AAA", "2018-01-17")),
    Fault("fct_equity_features", "every_row_was_known_in_time", {**AAA, "session_date": D10},
     {"available_at": pd.NaT}, ("AAA", "2018-01-17")),
    Fault("fct_sentiment", "scores_lie_between_minus_one_and_one", {**AAA, "session_date": D10},
     {"sentiment_score": -1.1}, ("AAA", "2018-01-17")),
    Fault("fct_sentiment", "article_counts_are_not_negative", {**AAA, "session_date": D10},
     {"article_count": -1}, ("AAA", "2018-01-17")),
    Fault("fct_sentiment", "every_row_was_known_in_time", {**AAA, "session_date": D10},
     {"available_at": LATE}, ("AAA", "2018-01-17")),
    Fault("fct_spreads", "sources_are_known", {**OAS, "session_date": D10},
     {"spread_source": "guess"}, ("guess", "2018-01-17")),
    Fault("fct_spreads", "percentiles_lie_between_0_and_1", {**OAS, "session_date": D12},
     {"hy_oas_percentile": 1.01, "credit_stress": 1.02}, ("oas", "2018-01-19")),
    Fault("fct_spreads", "stress_lies_between_minus_one_and_one", {**OAS, "session_date": D12},
     {}, ("oas", "2018-01-19")),
    Fault("fct_spreads", "stress_follows_the_percentile", {**OAS, "session_date": D14},
     {"credit_stress": -0.5 + 2e-9}, ("oas", "2018-01-23")),
    Fault("fct_spreads", "spreads_are_differences", {**OAS, "session_date": D16},
     {"hy_ig_spread_pct": 2.25 + 2e-9}, ("oas", "2018-01-25")),
    Fault("fct_spreads", "every_row_was_known_in_time", {**OAS, "session_date": D18},
     {"available_at": LATE}, ("oas", "2018-01-29")),
    Fault("fct_term_structure", "indexes_are_positive", {"session_date": D10},
     {"vvix": 0.0}, ("", "2018-01-17")),
    Fault("fct_term_structure", "shapes_are_known", {"session_date": D12},
     {"term_structure": "humped"}, ("", "2018-01-19")),
    Fault("fct_term_structure", "ratios_are_quotients", {"session_date": D14},
     {"vix_vix3m_ratio": 0.75 + 2e-9}, ("", "2018-01-23")),
    Fault("fct_term_structure", "every_row_was_known_in_time", {"session_date": D16},
     {"available_at": LATE}, ("", "2018-01-25")),
    Fault("fct_signals", "signals_are_present", {**AAA, "session_date": D10},
     {"signal": np.nan}, ("equities balanced_position AAA", "2018-01-17")),
    Fault("fct_signals", "signals_are_minus_one_zero_or_one", {**AAA, "session_date": D12},
     {"signal": 2}, ("equities balanced_position AAA", "2018-01-19")),
    Fault("fct_signals", "events_are_known", {**AAA, "session_date": D14},
     {"event": "hold"}, ("equities balanced_position AAA", "2018-01-23")),
    Fault("fct_signals", "reasons_are_given", {**AAA, "session_date": D16},
     {"reason": ""}, ("equities balanced_position AAA", "2018-01-25")),
    Fault("fct_signals", "weights_are_within_bounds", {"symbol": "HYG", "session_date": D18},
     {"target_weight": 0.5 + 2e-9}, ("credit zscore_percentile HYG", "2018-01-29")),
    Fault("fct_signals", "weights_have_their_signals_sign", {**AAA, "session_date": D20},
     {"signal": 0}, ("equities balanced_position AAA", "2018-01-31")),
    Fault("fct_signals", "decisions_fill_in_the_next_session", {**AAA, "session_date": D22},
     {"effective_session": D22}, ("equities balanced_position AAA", "2018-02-02")),
    Fault("fct_signals", "every_row_was_known_in_time", {**AAA, "session_date": D22},
     {"decided_at": LATE}, ("equities balanced_position AAA", "2018-02-02")),
    Fault("frozen_symbols", "frozen_targets_do_not_move",
     {"symbol": "BBB", "session_date": TONIGHT},
     {"target_weight": 0.05 - 2e-9}, ("equities balanced_position BBB", "2018-03-29")),
    Fault("frozen_symbols", "frozen_symbols_have_no_event",
     {"symbol": "BBB", "session_date": TONIGHT},
     {"event": "exit"}, ("equities balanced_position BBB", "2018-03-29")),
    Fault("backtest_daily", "figures_are_finite", {**EQUITIES, "session_date": D10},
     {"gross_exposure": np.inf}, ("equities balanced_position", "2018-01-17")),
    Fault("backtest_daily", "gross_is_net_plus_cost", {**EQUITIES, "session_date": D12},
     {"gross_return": 0.0011 + 2e-12}, ("equities balanced_position", "2018-01-19")),
    Fault("backtest_daily", "costs_are_not_negative", {**EQUITIES, "session_date": D14},
     {"cost_return": -0.0001, "gross_return": 0.0009},
     ("equities balanced_position", "2018-01-23")),
    Fault("backtest_daily", "turnover_is_not_negative", {**EQUITIES, "session_date": D16},
     {"turnover": -0.1}, ("equities balanced_position", "2018-01-25")),
    Fault("backtest_daily", "nobody_loses_more_than_everything", {**EQUITIES, "session_date": D18},
     {"net_return": -1.01, "gross_return": -1.0099},
     ("equities balanced_position", "2018-01-29")),
    Fault("backtest_daily", "no_row_after_the_night", {**EQUITIES, "session_date": D20},
     {"session_date": TOMORROW}, ("equities balanced_position", "2018-04-02")),
    Fault("target_weights", "weights_add_up", {**AAA, "session_date": D10},
     {"sector_bite": 2e-9}, ("equities AAA", "2018-01-17")),
    Fault("target_weights", "decisions_fill_in_the_next_session", {**AAA, "session_date": D12},
     {"effective_session": D16}, ("equities AAA", "2018-01-19")),
    Fault("target_weights", "every_row_was_known_in_time", {**AAA, "session_date": D14},
     {"decided_at": LATE}, ("equities AAA", "2018-01-23")),
    Fault("portfolio_daily", "returns_are_present", {"session_date": D10},
     {"net_return": np.nan}, ("", "2018-01-17")),
    Fault("portfolio_daily", "nobody_loses_more_than_everything", {"session_date": D12},
     {"net_return": -1.01}, ("", "2018-01-19")),
    Fault("portfolio_daily", "scales_are_not_negative", {"session_date": D14},
     {"scale": -0.1}, ("", "2018-01-23")),
    Fault("portfolio_daily", "forecasts_are_not_negative", {"session_date": D16},
     {"forecast_volatility_annual": -0.1}, ("", "2018-01-25")),
    Fault("portfolio_daily", "realised_volatilities_are_not_negative", {"session_date": D18},
     {"realised_volatility_annual": -0.1}, ("", "2018-01-29")),
    Fault("portfolio_daily", "every_row_was_known_in_time", {"session_date": D20},
     {"decided_at": LATE}, ("", "2018-01-31")),
    Fault("portfolio_daily", "no_row_after_the_night", {"session_date": D22},
     {"session_date": TOMORROW}, ("", "2018-04-02")),
    Fault("orders", "order_amounts_are_finite", {"symbol": "HYG"},
     {"notional_usd": np.nan}, ("HYG", "2018-03-29")),
    Fault("orders", "order_costs_are_not_negative", {"symbol": "LQD"},
     {"expected_cost_usd": -0.1}, ("LQD", "2018-03-29")),
    Fault("orders", "sides_are_buy_or_sell", {"symbol": "CCC"}, {"side": "short"},
     ("CCC", "2018-03-29")),
    Fault("orders", "order_quantities_are_positive",
     {"symbol": "DDD"}, {"quantity_shares": 0.0, "notional_usd": 0.0},
     ("DDD", "2018-03-29")),
    Fault("orders", "order_values_are_shares_times_price",
     {"symbol": "EEE"}, {"price_usd": 100.0 * (1 + 2e-9)},
     ("EEE", "2018-03-29")),
    Fault("orders", "orders_go_the_way_of_their_side", {"symbol": "FFF"}, {"side": "sell"},
     ("FFF", "2018-03-29")),
    Fault("orders", "orders_stop_at_the_target",
     {"symbol": "EEE"}, {"planned_weight": 0.05 + 2e-6, "reason": "whole_shares"},
     ("EEE", "2018-03-29")),
    Fault("orders", "smaller_orders_say_why", {"symbol": "GGG"}, {"reason": None},
     ("GGG", "2018-03-29")),
    Fault("orders", "no_order_for_a_frozen_symbol", AAA, {"symbol": "BBB"}, ("BBB", "2018-03-29")),
    Fault("risk_daily", "shortfalls_lie_beyond_their_value_at_risk", {"session_date": D10},
     {"es_95_parametric": 0.0109}, ("", "2018-01-17")),
    Fault("risk_daily", "rarer_losses_are_larger", {"session_date": D12},
     {"var_99_historical": 0.0099}, ("", "2018-01-19")),
    Fault("risk_daily", "normal_forecasts_are_not_negative", {"session_date": D14},
     {"var_95_parametric": -0.001}, ("", "2018-01-23")),
    Fault("risk_daily", "historical_forecasts_are_not_negative", {"session_date": D16},
     {"var_95_historical": -0.001}, ("", "2018-01-25")),
    Fault("risk_daily", "drawdowns_are_falls", {"session_date": D18},
     {"drawdown": 0.01}, ("", "2018-01-29")),
    Fault("risk_daily", "stale_shares_are_shares", {"session_date": D20},
     {"stale_gross_share": 1.1}, ("", "2018-01-31")),
    Fault("risk_daily", "every_row_was_known_in_time", {"session_date": D20},
     {"decided_at": LATE}, ("", "2018-01-31")),
    Fault("risk_daily", "no_row_after_the_night", {"session_date": D22},
     {"session_date": TOMORROW}, ("", "2018-04-02")),
    Fault("risk_tests", "p_values_are_probabilities", {"sample": "1y", "test": "kupiec"},
     {"p_value": 1.1}, ("var_95_historical 1y kupiec", "2018-03-29")),
    Fault("risk_tests", "likelihood_ratios_are_not_negative", {"sample": "1y", "test": "kupiec"},
     {"statistic": -0.1}, ("var_95_historical 1y kupiec", "2018-03-29")),
    Fault("risk_tests", "exceedances_are_among_the_sessions", {"sample": "1y", "test": "kupiec"},
     {"exceedances": 253}, ("var_95_historical 1y kupiec", "2018-03-29")),
    Fault("risk_tests", "exceedance_counts_are_not_negative", {"sample": "3y", "test": "kupiec"},
     {"exceedances": -1}, ("var_95_historical 3y kupiec", "2018-03-29")),
    Fault("risk_tests", "every_row_was_known_in_time", {"sample": "3y", "test": "kupiec"},
     {"decided_at": LATE}, ("var_95_historical 3y kupiec", "2018-03-29")),
    Fault("risk_exposures", "parts_sum_to_the_total", {"name": "Energy"},
     {"es_95_contribution": 0.015 + 2e-9}, ("sector Energy", "2018-03-29")),
    Fault("risk_exposures", "longs_are_not_negative", {"name": "HYG"},
     {"long_weight": -0.01}, ("symbol HYG", "2018-03-29")),
    Fault("risk_exposures", "shorts_are_not_positive", {"name": "AAA"},
     {"short_weight": 0.01}, ("symbol AAA", "2018-03-29")),
    Fault("risk_exposures", "every_row_was_known_in_time", {"name": "portfolio"},
     {"decided_at": LATE}, ("total portfolio", "2018-03-29")),
    Fault("stress_results", "kinds_are_known", {**AAA, "scenario": "crash"},
     {"kind": "guess"}, ("guess crash AAA", "2018-03-29")),
    Fault("stress_results", "profits_are_exposure_times_shock",
     {"symbol": "HYG", "scenario": "crash"},
     {"profit_return": 0.01 + 2e-12}, ("shock crash HYG", "2018-03-29")),
    Fault("stress_results", "windows_have_ended", {**AAA, "scenario": "brexit"},
     {"last_date": TOMORROW}, ("window brexit AAA", "2018-03-29")),
    Fault("stress_results", "every_row_was_known_in_time", {"symbol": "HYG", "scenario": "brexit"},
     {"decided_at": LATE}, ("window brexit HYG", "2018-03-29")),
    # what the faults of others break, too
    Fault("fct_signals", "weights_have_their_signals_sign", {}, {},
     ("equities balanced_position AAA", "2018-01-17")),
    Fault("orders", "orders_go_the_way_of_their_side", {}, {}, ("CCC", "2018-03-29")),
    *(
        Fault("risk_exposures", "parts_sum_to_the_total", {}, {}, (part, "2018-03-29"))
        for part in ("sector Funds", "symbol AAA", "symbol HYG")
    ),
    # the other end of a range
    Fault("fct_equity_features", "rsi_lies_between_0_and_100",
     {"symbol": "BBB", "session_date": D10},
     {"rsi_14": -0.1}, ("BBB", "2018-01-17")),
    Fault("fct_equity_features", "summed_sentiment_is_in_range",
     {"symbol": "BBB", "session_date": D10}, {"sentiment_3d": -1.01}, ("BBB", "2018-01-17")),
    Fault("fct_sentiment", "scores_lie_between_minus_one_and_one",
     {"symbol": "BBB", "session_date": D10}, {"sentiment_score": 1.01}, ("BBB", "2018-01-17")),
    Fault("fct_spreads", "percentiles_lie_between_0_and_1", {**OAS, "session_date": D20},
     {"hy_oas_percentile": -0.01, "credit_stress": -1.02}, ("oas", "2018-01-31")),
    Fault("fct_spreads", "stress_lies_between_minus_one_and_one", {**OAS, "session_date": D20},
     {}, ("oas", "2018-01-31")),
    Fault("fct_signals", "decisions_fill_in_the_next_session",
     {"symbol": "HYG", "session_date": D22},
     {"effective_session": DAYS[24]}, ("credit zscore_percentile HYG", "2018-02-02")),
    Fault("target_weights", "decisions_fill_in_the_next_session",
     {"symbol": "HYG", "session_date": D12},
     {"effective_session": D12}, ("credit HYG", "2018-01-19")),
    Fault("risk_daily", "drawdowns_are_falls", {"session_date": DAYS[24]},
     {"drawdown": -1.01}, ("", "2018-02-06")),
    Fault("risk_daily", "stale_shares_are_shares", {"session_date": DAYS[24]},
     {"stale_gross_share": -0.01}, ("", "2018-02-06")),
    Fault("risk_tests", "p_values_are_probabilities", {"sample": "3y", "test": "kupiec"},
     {"p_value": -0.01}, ("var_95_historical 3y kupiec", "2018-03-29")),
    # AAA alone at 1.57 of equity: 2.003 gross and 1.503 net
    Fault("target_weights", "", {**AAA, "session_date": DAYS[24]},
     {"desired_weight": 1.57, "final_weight": 1.57}, ("", "2018-02-06")),
    *(
        Fault("portfolio_exposure", f"{which}_exposure_{verb}_its_limit", {}, {},
         ("", "2018-02-06"))
        for which in ("gross", "net") for verb in ("respects", "is_within")
    ),
    Fault("tonights_decisions", "every_strategy_decided_tonight", {}, {},
     ("volatility contango", "2018-03-29")),
    *RESULT_FAULTS,
)  # fmt: skip
TWINS: tuple[tuple[str, str, dict[str, Any], Key], ...] = (
    ("fct_prices", "marts.fct_prices", {**AAA, "session_date": DAYS[0]}, ("AAA", "2018-01-02")),
    ("fct_equity_features", "marts.fct_equity_features", {**AAA, "session_date": D5},
     ("AAA", "2018-01-09")),
    ("fct_sentiment", "marts.fct_sentiment", {**AAA, "session_date": D5}, ("AAA", "2018-01-09")),
    ("fct_spreads", "marts.fct_spreads", {**OAS, "session_date": D5}, ("oas", "2018-01-09")),
    ("fct_term_structure", "marts.fct_term_structure", {"session_date": D5}, ("", "2018-01-09")),
    ("fct_signals", "marts.fct_signals", {**AAA, "session_date": D5},
     ("equities balanced_position AAA", "2018-01-09")),
    ("backtest_daily", "analytics.backtest_daily", {**EQUITIES, "session_date": D5},
     ("equities balanced_position", "2018-01-09")),
    ("target_weights", "analytics.target_weights", {**AAA, "session_date": D5},
     ("equities AAA", "2018-01-09")),
    ("portfolio_daily", "analytics.portfolio_daily", {"session_date": D5}, ("", "2018-01-09")),
    ("orders", "analytics.orders", {"symbol": "LQD"}, ("LQD", "2018-03-29")),
    ("risk_daily", "analytics.risk_daily", {"session_date": D5}, ("", "2018-01-09")),
    ("risk_tests", "analytics.risk_tests",
     {"sample": "1y", "test": "christoffersen_independence"},
     ("var_95_historical 1y christoffersen_independence", "2018-03-29")),
    ("risk_exposures", "analytics.risk_exposures", {"name": "Funds"},
     ("sector Funds", "2018-03-29")),
    ("stress_results", "analytics.stress_results", {"symbol": "HYG", "scenario": "crash"},
     ("shock crash HYG", "2018-03-29")),
    *RESULT_TWINS,
)  # fmt: skip
"""A second row of each table's grain: suite, table, the row to repeat, its key."""
TABLES = {suite: table for suite, table, _, _ in TWINS} | {"frozen_symbols": "marts.fct_signals"}
CAN_BE_EMPTY = ("fct_sentiment", "orders", "stress_results", *RESULTS_THAT_CAN_BE_EMPTY)
BUILT_CONTEXT = gate_context(frozen_symbols=("BBB",))
BUILT_CANARIES = merged(
    [
        *(
            Canary(suite, "columns_are_present", "a column taken away", frozenset())
            for suite, *_ in TWINS
        ),
        *(
            Canary(suite, "table_has_rows", "all rows taken away", frozenset())
            for suite, *_ in TWINS
            if suite not in CAN_BE_EMPTY
        ),
        *(fault.canary for fault in FAULTS if fault.expectation),
        *(
            Canary(suite, "one_row_per_grain", "a row twice", frozenset({key}))
            for suite, _, _, key in TWINS
        ),
    ]
)


def faulty_built_tables() -> Frames:
    """Every table of a quiet build with one fault for every claim about single rows."""
    frames = built_tables()
    for _, table, where, _ in TWINS:
        repeat(frames, table, where)
    for fault in FAULTS:
        if fault.cells:
            spoil(frames, TABLES[fault.suite], fault.where, **fault.cells)
    drop(frames, "marts.fct_signals", {"strategy": "volatility", "session_date": TONIGHT})
    return frames
