"""The whole of analytics on one small build."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics.errors import ConfigurationError, InputError
from analytics.night import run_analytics
from analytics.settings import Shock
from tests.analytics.accountant import recompute
from tests.analytics.night_inputs import (
    CONFIG,
    DAYS,
    GAP,
    LAST_XOM,
    LATE_ROW,
    N_SESSIONS,
    SYMBOLS,
    night_inputs,
    night_of,
)

FRAMES = ("prices", "signals", "macro", "leverage", "sessions", "members")
KEY = ["strategy", "variant"]


def day(t):
    return pd.Timestamp(str(DAYS[t]))


COLUMNS = {
    "backtest_positions": "strategy variant symbol effective_session target_weight shares "
    "fill_price_usd decided_at available_at",
    "backtest_daily": "strategy variant session_date gross_return cost_return net_return turnover "
    "gross_exposure net_exposure available_at",
    "backtest_trades": "strategy variant symbol entered_date exited_date entry_price_usd "
    "exit_price_usd net_return exit_reason available_at",
    "backtest_metrics": "strategy variant sample metric value lower upper",
    "walk_forward_windows": "strategy window session_date variant is_default selection_reason "
    "train_sharpe default_train_sharpe train_sessions decided_at effective_session",
    "target_weights": "session_date strategy symbol sleeve_weight sleeve_target_weight "
    "signal_reason desired_weight symbol_bite liquidity_bite sector_bite "
    "stress_bite gross_bite net_bite "
    "turnover_bite final_weight override_reason is_stale_input decided_at effective_session",
    "portfolio_daily": "session_date gross_return cost_return net_return turnover gross_exposure "
    "net_exposure equity_usd scale forecast_volatility_annual baseline_volatility_annual "
    "realised_volatility_annual override_reason decided_at",
    "sleeve_weights": "session_date strategy method weight equal_weight applied_weight "
    "volatility_annual variance_share reason "
    "decided_at effective_session",
    "orders": "symbol side quantity_shares notional_usd expected_cost_usd current_weight "
    "final_weight planned_weight price_usd reason decided_at effective_session",
    "holdings": "symbol is_simulated quantity_shares price_usd value_usd current_weight "
    "final_weight planned_weight reason price_date decided_at effective_session",
    "risk_daily": "session_date var_95_historical es_95_historical var_99_historical "
    "es_99_historical var_95_parametric es_95_parametric var_99_parametric es_99_parametric "
    "is_var_95_historical_exceeded is_var_99_historical_exceeded is_var_95_parametric_exceeded "
    "is_var_99_parametric_exceeded drawdown beta_spy stale_gross_share decided_at",
    "limit_usage": "session_date limit_name subject wanted used bound is_binding note decided_at",
    "portfolio_tracking": "period metric value",
    "risk_tests": "measure sample test n_sessions exceedances expected_exceedances statistic "
    "p_value decided_at",
    "risk_exposures": "dimension name long_weight short_weight gross_exposure net_exposure "
    "beta_spy volatility_contribution_annual es_95_contribution stale_exposure decided_at "
    "effective_session",
    "stress_results": "scenario kind symbol exposure shock_return profit_return first_date "
    "last_date decided_at effective_session",
    "record_daily": "session_date net_return gross_return cost_return turnover gross_exposure "
    "net_exposure equity_usd backtest_net_return difference_return is_recorded_night night_status "
    "decision_night decision_difference_weight restated_rows code_hash config_hash note "
    "available_at",
    "record_metrics": "metric value",
    "trials": "strategy parameters variant sharpe_per_session session_count",
}


def test_every_table_has_its_columns(results):
    found = {name: " ".join(frame.columns) for name, frame in vars(results).items()}
    assert found == COLUMNS


KEYS = {
    "backtest_positions": [*KEY, "symbol", "effective_session"],
    "backtest_daily": [*KEY, "session_date"],
    "backtest_trades": [*KEY, "symbol", "entered_date"],
    "backtest_metrics": [*KEY, "sample", "metric"],
    "walk_forward_windows": ["strategy", "window"],
    "target_weights": ["session_date", "strategy", "symbol"],
    "portfolio_daily": ["session_date"],
    "sleeve_weights": ["session_date", "strategy"],
    "orders": ["symbol"],
    "holdings": ["symbol"],
    "risk_daily": ["session_date"],
    "limit_usage": ["session_date", "limit_name"],
    "portfolio_tracking": ["period", "metric"],
    "risk_tests": ["measure", "sample", "test"],
    "risk_exposures": ["dimension", "name"],
    "stress_results": ["kind", "scenario", "symbol"],
}


@pytest.mark.parametrize("table", KEYS)
def test_one_row_per_key(results, table):
    frame = getattr(results, table)
    assert len(frame) > 0
    assert not frame.duplicated(KEYS[table]).any()


def test_row_order_changes_no_bit(inputs, results):
    shuffled = {name: getattr(inputs, name).sample(frac=1.0, random_state=7) for name in FRAMES}
    again = run_analytics(dataclasses.replace(inputs, **shuffled))
    for name, frame in vars(results).items():
        pd.testing.assert_frame_equal(frame, getattr(again, name), check_exact=True)


OF_THE_NIGHT = {
    "backtest_metrics", "orders", "portfolio_tracking", "holdings", "risk_tests",
    "risk_exposures", "stress_results", "trials",
    "record_daily", "record_metrics",  # test_record_tables
}  # fmt: skip


# a cut in the gap, one before the late bar is known, one after, one among the delisted sessions
@pytest.mark.parametrize("cut", [10, 20, 100, GAP.start + 1, LATE_ROW + 2, LAST_XOM + 3, 690])
def test_no_past_row_moves_when_later_nights_are_known(results, cut):
    earlier = run_analytics(night_inputs(cut))
    decided = pd.Timestamp(str(DAYS[cut]), tz="UTC") + pd.Timedelta(hours=20, minutes=30)
    for name, full in vars(results).items():
        if name in OF_THE_NIGHT:
            continue
        moment = "available_at" if "available_at" in full.columns else "decided_at"
        past = full[full[moment] <= decided].reset_index(drop=True)
        then = getattr(earlier, name)
        if name == "backtest_trades":
            then = then[then["exited_date"].notna()]  # an open trade is marked each night anew
        pd.testing.assert_frame_equal(
            past.sort_values(KEYS[name], ignore_index=True),
            then.sort_values(KEYS[name], ignore_index=True),
            check_exact=False, rtol=1e-9, atol=1e-15, obj=name,
        )  # fmt: skip


def marks(inputs):
    """Adjusted closes as the market knew them: the late bar is not among them."""
    late = (inputs.prices["symbol"] == "MSFT") & (inputs.prices["session_date"] == day(LATE_ROW))
    wide = inputs.prices[~late].pivot_table(
        index="session_date", columns="symbol", values="adjusted_close_usd"
    )
    return wide[list(SYMBOLS)].ffill().to_dict("index")


def test_daily_rows_follow_from_positions_and_prices(inputs, results):
    closes, sessions = marks(inputs), [day(t) for t in range(N_SESSIONS)]
    bill = dict(zip(inputs.macro["session_date"], inputs.macro["bill_3m_pct"], strict=True))
    fills = dict(list(results.backtest_positions.groupby(KEY)))
    seen = 0
    for key, daily in results.backtest_daily.groupby(KEY):
        first = sessions.index(daily["session_date"].iloc[0])
        nothing = results.backtest_positions.iloc[:0]
        expected = recompute(fills.get(key, nothing), closes, sessions[first - 1 :], bill)
        pd.testing.assert_frame_equal(
            daily[expected.columns].reset_index(drop=True), expected,
            check_exact=False, rtol=1e-9, atol=1e-12, obj=str(key), check_dtype=False,
        )  # fmt: skip
        seen += 1
    assert seen == 6 + 3 + 3 + 1  # variants, walk-forwards, benchmarks, the portfolio


def test_positions_are_filled_in_the_session_after_their_decision(results):
    filled = results.backtest_positions
    wait = filled["available_at"] - filled["decided_at"]
    assert wait.min() >= pd.Timedelta(days=1)
    assert wait.max() <= pd.Timedelta(days=3)


def test_rows_of_a_strategy_begin_together_with_the_session_after_its_first_decision(results):
    first = results.backtest_daily.groupby(KEY)["session_date"].min()
    assert set(first["equities"]) == {day(21)}
    assert set(first["volatility"]) == {day(91)}
    # a portfolio begins with its first sleeve
    assert first["portfolio", "default"] == day(21)


def test_gross_return_is_net_plus_cost(results):
    daily = results.backtest_daily
    np.testing.assert_array_equal(daily["gross_return"], daily["net_return"] + daily["cost_return"])


def test_bar_that_became_known_late_is_never_traded_on(results):
    filled = results.backtest_positions
    msft = filled[(filled["symbol"] == "MSFT") & (filled["strategy"] != "benchmark")]
    assert not (msft["effective_session"] == day(LATE_ROW)).any()


def test_symbol_that_stops_trading_is_closed_and_named(results):
    trades = results.backtest_trades
    gone = trades[(trades["symbol"] == "XOM") & (trades["exit_reason"] == "not_tradable")]
    assert not gone.empty
    assert (gone["exited_date"] == day(LAST_XOM + 5)).all()
    assert results.orders["symbol"].isin(SYMBOLS).all()
    assert "XOM" not in set(results.orders["symbol"])


def test_exit_reasons_are_the_machine_words_of_the_signals(results):
    trades = results.backtest_trades
    own = trades[~trades["strategy"].isin(["benchmark"])]
    words = set(own["exit_reason"].dropna())
    assert {"leave", "not_tradable"} <= words <= {"leave", "not_tradable", "variant_switched"}


def test_trades_show_raw_prices(inputs, results):
    trades = results.backtest_trades
    opened = trades.merge(
        inputs.prices, left_on=["symbol", "entered_date"], right_on=["symbol", "session_date"]
    )
    np.testing.assert_allclose(opened["entry_price_usd"], opened["open_usd"], rtol=1e-12)


def test_metrics_cover_every_variant_and_the_walk_forwards_windows(results):
    metrics = results.backtest_metrics
    full = metrics[metrics["sample"] == "full"]
    overfit = full["metric"] == "overfitting_probability"
    assert full[~overfit].groupby(KEY).size().tolist() == [22] * 13
    assert full.loc[overfit, "variant"].tolist() == ["walk_forward"] * 3
    windows = set(metrics.loc[metrics["strategy"] == "equities", "sample"])
    assert windows == {"full", "oos", "2016H2"}
    has_interval = metrics["lower"].notna()
    known = metrics[has_interval]
    assert set(known["metric"]) == {"sharpe"}
    assert (metrics["upper"].notna() == has_interval).all()
    assert ((known["lower"] <= known["value"]) & (known["value"] <= known["upper"])).all()
    assert len(known) == (metrics.loc[metrics["metric"] == "sharpe", "value"].notna()).sum()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"default_variants": {}}, "names no default variant"),
        ({"night": night_of(5).replace(day=11)}, "must be a session"),
        ({"macro": pd.DataFrame({"session_date": []})}, "macro lacks bill_3m_pct"),
    ],
    ids=["no default", "saturday", "no bill"],
)
def test_inputs_that_break_their_contract_are_refused(inputs, change, message):
    with pytest.raises(InputError, match=message):
        run_analytics(dataclasses.replace(inputs, **change))


def test_two_bars_for_one_session_are_refused(inputs):
    doubled = pd.concat([inputs.prices, inputs.prices.tail(1)], ignore_index=True)
    with pytest.raises(InputError, match="two bars"):
        run_analytics(dataclasses.replace(inputs, prices=doubled))


def test_traded_fund_without_a_shock_is_refused(inputs):
    config = dataclasses.replace(CONFIG, shocks={"february_2018": Shock(-0.066, {"HYG": 0.0})})
    with pytest.raises(ConfigurationError, match="no number for the fund LQD"):
        run_analytics(dataclasses.replace(inputs, portfolio_config=config))


def test_symbol_quarantined_for_two_weeks_is_sold_by_nobody(inputs):
    # AAPL's bars are kept out from session 500 on, 12 of them; only the default says so
    rows = [day(t) for t in range(500, 512)]
    is_price = (inputs.prices["symbol"] == "AAPL") & inputs.prices["session_date"].isin(rows)
    signals = inputs.signals.copy()
    is_out = (signals["symbol"] == "AAPL") & signals["session_date"].isin(rows)
    signals = signals[~(is_out & (signals["variant"] != "hold"))]
    is_out = is_out.loc[signals.index]
    signals.loc[is_out, "target_weight"] = np.nan
    signals.loc[is_out, "reason"] = "quarantined: close is NaN"
    # both variants hold it from session 480 on
    is_late = (signals["symbol"] == "AAPL") & (signals["session_date"] >= day(480)) & ~is_out
    signals.loc[is_late, "target_weight"] = 1 / 3
    kept = run_analytics(
        dataclasses.replace(inputs, prices=inputs.prices[~is_price], signals=signals)
    )
    filled = kept.backtest_positions
    aapl = filled[(filled["symbol"] == "AAPL") & filled["effective_session"].isin(rows)]
    # what was decided before the first of them finds no bar either
    assert aapl.empty
    trades = kept.backtest_trades
    assert "not_tradable" not in set(trades.loc[trades["symbol"] == "AAPL", "exit_reason"])
    weights = kept.target_weights
    own = weights[(weights["symbol"] == "AAPL") & weights["session_date"].isin(rows)]
    assert set(own["override_reason"]) == {"quarantined"}
    assert (own["final_weight"] > 0.0).all()
    benchmark = filled[(filled["strategy"] == "benchmark") & (filled["symbol"] == "AAPL")]
    assert (benchmark["shares"] > 0.0).all()
