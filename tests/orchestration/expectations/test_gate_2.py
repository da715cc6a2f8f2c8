"""Gate 2: a healthy build passes, and every claim can fail."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from orchestration.expectations.built_frames import exposures
from orchestration.expectations.gates import BUILT_SUITES, run_gate_2
from orchestration.expectations.outcome import CheckResult, ExposureLimits, GateOutcome
from orchestration.expectations.risk_frames import risk_exposures
from tests.orchestration.expectations.built_night import built_tables
from tests.orchestration.expectations.faults import drop, repeat, spoil
from tests.orchestration.expectations.landed_night import DAYS, gate_context

D10, D12, D14, D16, D18, D20, D22 = (DAYS[at] for at in (10, 12, 14, 16, 18, 20, 22))
TONIGHT = DAYS[-1]
TOMORROW = pd.Timestamp("2018-04-02")
LATE = pd.Timestamp("2018-03-29 20:30:01", tz="UTC")  # a second after the decision
AAA = {"symbol": "AAA"}
OAS = {"spread_source": "oas"}
EQUITIES = {"strategy": "equities"}

# suite, claim, the rows to spoil, the values that spoil them, the key that must be named
FAULTS: list[tuple[str, str, dict[str, Any], dict[str, Any], tuple[str, str]]] = [
    ("fct_prices", "adjusted_prices_are_present", {**AAA, "session_date": D10},
     {"adjusted_open_usd": np.nan}, ("AAA", "2018-01-17")),
    ("fct_prices", "adjusted_prices_are_positive", {**AAA, "session_date": D12},
     {"adjusted_low_usd": 0.0}, ("AAA", "2018-01-19")),
    ("fct_prices", "total_returns_follow_adjusted_closes", {**AAA, "session_date": D14},
     {"total_return": 0.0010001}, ("AAA", "2018-01-23")),
    ("fct_prices", "every_row_was_known_in_time", {**AAA, "session_date": D16},
     {"available_at": LATE}, ("AAA", "2018-01-25")),
    ("fct_equity_features", "rsi_lies_between_0_and_100", {**AAA, "session_date": D10},
     {"rsi_14": 100.1}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "volatilities_are_not_negative", {**AAA, "session_date": D10},
     {"volatility_20_annual": -0.1}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "ranges_are_not_negative", {**AAA, "session_date": D10},
     {"atr_14_usd": -0.1}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "short_averages_are_positive", {**AAA, "session_date": D10},
     {"sma_20_usd": 0.0}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "long_averages_are_positive", {**AAA, "session_date": D10},
     {"sma_50_usd": -1.0}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "momentum_is_above_minus_one", {**AAA, "session_date": D10},
     {"momentum_12_1_return": -1.0}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "summed_sentiment_is_in_range", {**AAA, "session_date": D10},
     {"sentiment_3d": 1.1}, ("AAA", "2018-01-17")),
    ("fct_equity_features", "every_row_was_known_in_time", {**AAA, "session_date": D10},
     {"available_at": pd.NaT}, ("AAA", "2018-01-17")),
    ("fct_sentiment", "scores_lie_between_minus_one_and_one", {**AAA, "session_date": D10},
     {"sentiment_score": -1.1}, ("AAA", "2018-01-17")),
    ("fct_sentiment", "article_counts_are_not_negative", {**AAA, "session_date": D10},
     {"article_count": -1}, ("AAA", "2018-01-17")),
    ("fct_sentiment", "every_row_was_known_in_time", {**AAA, "session_date": D10},
     {"available_at": LATE}, ("AAA", "2018-01-17")),
    ("fct_spreads", "sources_are_known", {**OAS, "session_date": D10},
     {"spread_source": "guess"}, ("guess", "2018-01-17")),
    ("fct_spreads", "percentiles_lie_between_0_and_1", {**OAS, "session_date": D12},
     {"hy_oas_percentile": 1.1, "credit_stress": 1.2}, ("oas", "2018-01-19")),
    ("fct_spreads", "stress_lies_between_minus_one_and_one", {**OAS, "session_date": D12},
     {}, ("oas", "2018-01-19")),
    ("fct_spreads", "stress_follows_the_percentile", {**OAS, "session_date": D14},
     {"credit_stress": -0.4}, ("oas", "2018-01-23")),
    ("fct_spreads", "spreads_are_differences", {**OAS, "session_date": D16},
     {"hy_ig_spread_pct": 2.2500001}, ("oas", "2018-01-25")),
    ("fct_spreads", "every_row_was_known_in_time", {**OAS, "session_date": D18},
     {"available_at": LATE}, ("oas", "2018-01-29")),
    ("fct_term_structure", "indexes_are_positive", {"session_date": D10},
     {"vvix": 0.0}, ("", "2018-01-17")),
    ("fct_term_structure", "shapes_are_known", {"session_date": D12},
     {"term_structure": "humped"}, ("", "2018-01-19")),
    ("fct_term_structure", "ratios_are_quotients", {"session_date": D14},
     {"vix_vix3m_ratio": 0.7501}, ("", "2018-01-23")),
    ("fct_term_structure", "every_row_was_known_in_time", {"session_date": D16},
     {"available_at": LATE}, ("", "2018-01-25")),
    ("fct_signals", "signals_are_present", {**AAA, "session_date": D10},
     {"signal": np.nan}, ("equities balanced_position AAA", "2018-01-17")),
    ("fct_signals", "signals_are_minus_one_zero_or_one", {**AAA, "session_date": D12},
     {"signal": 2}, ("equities balanced_position AAA", "2018-01-19")),
    ("fct_signals", "events_are_known", {**AAA, "session_date": D14},
     {"event": "hold"}, ("equities balanced_position AAA", "2018-01-23")),
    ("fct_signals", "reasons_are_given", {**AAA, "session_date": D16},
     {"reason": ""}, ("equities balanced_position AAA", "2018-01-25")),
    ("fct_signals", "weights_are_within_bounds", {"symbol": "HYG", "session_date": D18},
     {"target_weight": 0.51}, ("credit zscore_percentile HYG", "2018-01-29")),
    ("fct_signals", "weights_have_their_signals_sign", {**AAA, "session_date": D20},
     {"signal": 0}, ("equities balanced_position AAA", "2018-01-31")),
    ("fct_signals", "decisions_fill_in_the_next_session", {**AAA, "session_date": D22},
     {"effective_session": D22}, ("equities balanced_position AAA", "2018-02-02")),
    ("fct_signals", "every_row_was_known_in_time", {**AAA, "session_date": D22},
     {"decided_at": LATE}, ("equities balanced_position AAA", "2018-02-02")),
    ("frozen_symbols", "frozen_targets_do_not_move", {"symbol": "BBB", "session_date": TONIGHT},
     {"target_weight": 0.04}, ("equities balanced_position BBB", "2018-03-29")),
    ("frozen_symbols", "frozen_symbols_have_no_event", {"symbol": "BBB", "session_date": TONIGHT},
     {"event": "exit"}, ("equities balanced_position BBB", "2018-03-29")),
    ("backtest_daily", "figures_are_finite", {**EQUITIES, "session_date": D10},
     {"gross_exposure": np.inf}, ("equities balanced_position", "2018-01-17")),
    ("backtest_daily", "gross_is_net_plus_cost", {**EQUITIES, "session_date": D12},
     {"gross_return": 0.0011 + 1e-11}, ("equities balanced_position", "2018-01-19")),
    ("backtest_daily", "costs_are_not_negative", {**EQUITIES, "session_date": D14},
     {"cost_return": -0.0001, "gross_return": 0.0009},
     ("equities balanced_position", "2018-01-23")),
    ("backtest_daily", "turnover_is_not_negative", {**EQUITIES, "session_date": D16},
     {"turnover": -0.1}, ("equities balanced_position", "2018-01-25")),
    ("backtest_daily", "nobody_loses_more_than_everything", {**EQUITIES, "session_date": D18},
     {"net_return": -1.1, "gross_return": -1.0999},
     ("equities balanced_position", "2018-01-29")),
    ("backtest_daily", "no_row_after_the_night", {**EQUITIES, "session_date": D20},
     {"session_date": TOMORROW}, ("equities balanced_position", "2018-04-02")),
    ("target_weights", "weights_add_up", {**AAA, "session_date": D10},
     {"sector_bite": 1e-8}, ("equities AAA", "2018-01-17")),
    ("target_weights", "decisions_fill_in_the_next_session", {**AAA, "session_date": D12},
     {"effective_session": D16}, ("equities AAA", "2018-01-19")),
    ("target_weights", "every_row_was_known_in_time", {**AAA, "session_date": D14},
     {"decided_at": LATE}, ("equities AAA", "2018-01-23")),
    ("portfolio_daily", "returns_are_present", {"session_date": D10},
     {"net_return": np.nan}, ("", "2018-01-17")),
    ("portfolio_daily", "nobody_loses_more_than_everything", {"session_date": D12},
     {"net_return": -1.01}, ("", "2018-01-19")),
    ("portfolio_daily", "scales_are_not_negative", {"session_date": D14},
     {"scale": -0.1}, ("", "2018-01-23")),
    ("portfolio_daily", "forecasts_are_not_negative", {"session_date": D16},
     {"forecast_volatility_annual": -0.1}, ("", "2018-01-25")),
    ("portfolio_daily", "realised_volatilities_are_not_negative", {"session_date": D18},
     {"realised_volatility_annual": -0.1}, ("", "2018-01-29")),
    ("portfolio_daily", "every_row_was_known_in_time", {"session_date": D20},
     {"decided_at": LATE}, ("", "2018-01-31")),
    ("portfolio_daily", "no_row_after_the_night", {"session_date": D22},
     {"session_date": TOMORROW}, ("", "2018-04-02")),
    ("orders", "order_amounts_are_finite", {"symbol": "HYG"},
     {"notional_usd": np.nan}, ("HYG", "2018-03-29")),
    ("orders", "order_costs_are_not_negative", {"symbol": "LQD"},
     {"expected_cost_usd": -0.1}, ("LQD", "2018-03-29")),
    ("orders", "sides_are_buy_or_sell", {"symbol": "CCC"}, {"side": "short"},
     ("CCC", "2018-03-29")),
    ("orders", "order_quantities_are_positive", {"symbol": "DDD"}, {"quantity_shares": 0.0},
     ("DDD", "2018-03-29")),
    ("orders", "order_values_are_shares_times_price", {"symbol": "EEE"}, {"price_usd": 100.01},
     ("EEE", "2018-03-29")),
    ("orders", "orders_go_the_way_of_their_side", {"symbol": "FFF"}, {"side": "sell"},
     ("FFF", "2018-03-29")),
    ("orders", "orders_stop_at_the_target", {"symbol": "EEE"}, {"planned_weight": 0.051},
     ("EEE", "2018-03-29")),
    ("orders", "orders_stop_at_the_target", {"symbol": "EEE"},
     {"planned_weight": 0.051, "reason": "limit"}, ("EEE", "2018-03-29")),
    ("orders", "smaller_orders_say_why", {"symbol": "GGG"}, {"reason": None},
     ("GGG", "2018-03-29")),
    ("orders", "no_order_for_a_frozen_symbol", AAA, {"symbol": "BBB"}, ("BBB", "2018-03-29")),
    ("risk_daily", "shortfalls_lie_beyond_their_value_at_risk", {"session_date": D10},
     {"es_95_parametric": 0.0109}, ("", "2018-01-17")),
    ("risk_daily", "rarer_losses_are_larger", {"session_date": D12},
     {"var_99_historical": 0.0099}, ("", "2018-01-19")),
    ("risk_daily", "normal_forecasts_are_not_negative", {"session_date": D14},
     {"var_95_parametric": -0.001}, ("", "2018-01-23")),
    ("risk_daily", "historical_forecasts_are_not_negative", {"session_date": D16},
     {"var_95_historical": -0.001}, ("", "2018-01-25")),
    ("risk_daily", "drawdowns_are_falls", {"session_date": D18},
     {"drawdown": 0.01}, ("", "2018-01-29")),
    ("risk_daily", "stale_shares_are_shares", {"session_date": D20},
     {"stale_gross_share": 1.1}, ("", "2018-01-31")),
    ("risk_daily", "every_row_was_known_in_time", {"session_date": D20},
     {"decided_at": LATE}, ("", "2018-01-31")),
    ("risk_daily", "no_row_after_the_night", {"session_date": D22},
     {"session_date": TOMORROW}, ("", "2018-04-02")),
    ("risk_tests", "p_values_are_probabilities", {"sample": "1y", "test": "kupiec"},
     {"p_value": 1.1}, ("var_95_historical 1y kupiec", "2018-03-29")),
    ("risk_tests", "likelihood_ratios_are_not_negative", {"sample": "1y", "test": "kupiec"},
     {"statistic": -0.1}, ("var_95_historical 1y kupiec", "2018-03-29")),
    ("risk_tests", "exceedances_are_among_the_sessions", {"sample": "1y", "test": "kupiec"},
     {"exceedances": 253}, ("var_95_historical 1y kupiec", "2018-03-29")),
    ("risk_tests", "exceedance_counts_are_not_negative", {"sample": "3y", "test": "kupiec"},
     {"exceedances": -1}, ("var_95_historical 3y kupiec", "2018-03-29")),
    ("risk_tests", "every_row_was_known_in_time", {"sample": "3y", "test": "kupiec"},
     {"decided_at": LATE}, ("var_95_historical 3y kupiec", "2018-03-29")),
    ("risk_exposures", "parts_sum_to_the_total", {"name": "Energy"},
     {"es_95_contribution": 0.015 + 1e-8}, ("sector Energy", "2018-03-29")),
    ("risk_exposures", "longs_are_not_negative", {"name": "HYG"},
     {"long_weight": -0.01}, ("symbol HYG", "2018-03-29")),
    ("risk_exposures", "shorts_are_not_positive", {"name": "AAA"},
     {"short_weight": 0.01}, ("symbol AAA", "2018-03-29")),
    ("risk_exposures", "every_row_was_known_in_time", {"name": "portfolio"},
     {"decided_at": LATE}, ("total portfolio", "2018-03-29")),
    ("stress_results", "kinds_are_known", {**AAA, "scenario": "crash"},
     {"kind": "guess"}, ("guess crash AAA", "2018-03-29")),
    ("stress_results", "profits_are_exposure_times_shock", {"symbol": "HYG", "scenario": "crash"},
     {"profit_return": 0.0100001}, ("shock crash HYG", "2018-03-29")),
    ("stress_results", "windows_have_ended", {**AAA, "scenario": "brexit"},
     {"last_date": TOMORROW}, ("window brexit AAA", "2018-03-29")),
    ("stress_results", "every_row_was_known_in_time", {"symbol": "HYG", "scenario": "brexit"},
     {"decided_at": LATE}, ("window brexit HYG", "2018-03-29")),
]  # fmt: skip
GRAINS = [
    ("fct_prices", "one_row_per_grain", {**AAA, "session_date": DAYS[5]}),
    ("fct_equity_features", "one_row_per_grain", {**AAA, "session_date": DAYS[5]}),
    ("fct_sentiment", "one_row_per_grain", {**AAA, "session_date": DAYS[5]}),
    ("fct_spreads", "one_row_per_grain", {**OAS, "session_date": DAYS[5]}),
    ("fct_term_structure", "one_row_per_grain", {"session_date": DAYS[5]}),
    ("fct_signals", "one_row_per_grain", {**AAA, "session_date": DAYS[5]}),
    ("backtest_daily", "one_row_per_grain", {**EQUITIES, "session_date": DAYS[5]}),
    ("target_weights", "one_row_per_grain", {**AAA, "session_date": DAYS[5]}),
    ("portfolio_daily", "one_row_per_grain", {"session_date": DAYS[5]}),
    ("orders", "one_row_per_grain", {"symbol": "LQD"}),
    ("risk_daily", "one_row_per_grain", {"session_date": DAYS[5]}),
    ("risk_tests", "one_row_per_grain", {"sample": "1y", "test": "christoffersen_independence"}),
    ("risk_exposures", "one_row_per_grain", {"name": "Funds"}),
    ("stress_results", "one_row_per_grain", {"symbol": "HYG", "scenario": "crash"}),
]
TABLES = {suite.name: suite.table for suite, _ in BUILT_SUITES}
FROZEN = gate_context(frozen_symbols=("BBB",))


@pytest.fixture(scope="module")
def healthy() -> GateOutcome:
    return run_gate_2(built_tables(), context=FROZEN)


@pytest.fixture(scope="module")
def poisoned() -> GateOutcome:
    """One build with one fault for every claim about single rows."""
    frames = built_tables()
    for suite, _, where in GRAINS:
        repeat(frames, TABLES[suite], where)
    for suite, _, where, values, _ in FAULTS:
        if values:
            spoil(frames, TABLES[suite], where, **values)
    drop(frames, "marts.fct_signals", {"strategy": "volatility", "session_date": TONIGHT})
    return run_gate_2(frames, context=FROZEN)


@pytest.fixture(scope="module")
def emptied() -> GateOutcome:
    frames = {table: frame.iloc[:0] for table, frame in built_tables().items()}
    return run_gate_2(frames, context=FROZEN)


@pytest.fixture(scope="module")
def overexposed() -> GateOutcome:
    """Limits below what the healthy night holds."""
    limits = ExposureLimits(gross=0.3, net=0.01)
    return run_gate_2(built_tables(), context=replace(FROZEN, limits=limits))


@pytest.fixture(scope="module")
def absent() -> GateOutcome:
    return run_gate_2({}, context=FROZEN)


def result_of(outcome: GateOutcome, suite: str, claim: str) -> CheckResult:
    found = [
        result for result in outcome.results if (result.suite, result.expectation) == (suite, claim)
    ]
    assert len(found) == 1
    return found[0]


def test_healthy_build_passes_every_claim(healthy: GateOutcome) -> None:
    assert [result for result in healthy.results if not result.success] == []
    assert not healthy.blocked


@pytest.mark.parametrize(
    ("suite", "claim", "key"), [(suite, claim, key) for suite, claim, _, _, key in FAULTS]
)
def test_claim_names_the_row_that_breaks_it(
    poisoned: GateOutcome, suite: str, claim: str, key: tuple[str, str]
) -> None:
    assert key in result_of(poisoned, suite, claim).unexpected


@pytest.mark.parametrize(("suite", "claim"), [(suite, claim) for suite, claim, _ in GRAINS])
def test_second_row_of_a_grain_is_found(poisoned: GateOutcome, suite: str, claim: str) -> None:
    assert result_of(poisoned, suite, claim).unexpected_count >= 2


def test_strategy_without_a_row_of_the_night_blocks(poisoned: GateOutcome) -> None:
    result = result_of(poisoned, "tonights_decisions", "every_strategy_decided_tonight")
    assert result.unexpected == (("volatility contango", "2018-03-29"),)
    assert poisoned.blocked


def test_gate_2_quarantines_nothing(poisoned: GateOutcome) -> None:
    assert poisoned.quarantine == ()


def test_empty_table_blocks_unless_it_may_be_empty(emptied: GateOutcome) -> None:
    empty = {result.suite for result in emptied.failures if result.expectation == "table_has_rows"}
    assert set(TABLES) - empty == {
        "fct_sentiment", "orders", "tonights_decisions", "frozen_symbols", "portfolio_exposure",
        "stress_results",
    }  # fmt: skip


def test_absent_table_blocks_and_names_its_columns(absent: GateOutcome) -> None:
    result = result_of(absent, "fct_term_structure", "columns_are_present")
    assert result.detail == (
        "missing columns: available_at, session_date, term_structure, vix, vix3m, vix6m, "
        "vix9d, vix_vix3m_ratio, vvix"
    )
    assert absent.blocked


def test_exposure_above_its_limit_blocks(overexposed: GateOutcome) -> None:
    failed = {result.expectation: result.severity for result in overexposed.failures}
    assert failed == {
        "gross_exposure_respects_its_limit": "block",
        "net_exposure_respects_its_limit": "block",
        "gross_exposure_is_within_its_limit": "warn",
        "net_exposure_is_within_its_limit": "warn",
    }


def test_exposure_counts_leverage_as_effective_at_the_fill() -> None:
    # by hand: AAA and BBB 0.05/3 each, HYG and LQD cancel in the net, SVXY half of 0.5/3 at -1
    # until it is filled on 2018-02-28, at -0.5 from then on
    found = exposures(built_tables()["analytics.target_weights"], FROZEN)
    by_day = found.set_index("session_date")
    before, after = by_day.loc["2018-02-26"], by_day.loc["2018-02-27"]
    assert before["net_exposure"] == pytest.approx(0.1 / 3 - 0.25 / 3)
    assert after["net_exposure"] == pytest.approx(0.1 / 3 - 0.125 / 3)
    assert after["gross_exposure"] == pytest.approx(0.1 / 3 + 1.0 / 3 + 0.125 / 3)


def test_session_with_a_frozen_holding_may_exceed_a_limit() -> None:
    weights = built_tables()["analytics.target_weights"]
    frozen = weights["session_date"] == D10
    weights = weights.assign(
        is_stale_input=frozen & (weights["symbol"] == "AAA"),
    )
    found = exposures(weights, FROZEN).set_index("session_date")["free_gross_of_limit"]
    assert found[found.isna()].index.tolist() == [D10]


def test_part_of_a_book_that_is_missing_or_unknown_blocks() -> None:
    frames = built_tables()
    exposures = frames["analytics.risk_exposures"]
    kept = exposures[exposures["name"] != "credit"]
    unknown = exposures.assign(
        es_95_contribution=exposures["es_95_contribution"].mask(exposures["name"] == "HYG")
    )
    for spoilt, dimensions in (
        (kept, {"strategy"}),
        (unknown, {"symbol"}),
        (exposures[exposures["dimension"] != "total"], {"sector", "strategy", "symbol"}),
    ):
        errors = risk_exposures(spoilt, FROZEN).set_index("dimension")["identity_error"]
        assert set(errors[errors > 1e-9].index) == dimensions


def test_every_claim_of_the_catalogue_has_a_failing_case(
    absent: GateOutcome, emptied: GateOutcome, overexposed: GateOutcome
) -> None:
    catalogued = {(suite.name, claim.name) for suite, _ in BUILT_SUITES for claim in suite.claims}
    failing = {(suite, claim) for suite, claim, *_ in (*FAULTS, *GRAINS)}
    failing.add(("tonights_decisions", "every_strategy_decided_tonight"))
    for outcome in (absent, emptied, overexposed):
        failing |= {(result.suite, result.expectation) for result in outcome.failures}
    assert catalogued == failing
