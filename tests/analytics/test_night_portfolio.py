"""The portfolio's tables on one small build."""

import dataclasses

import numpy as np
import pandas as pd

from analytics.limits import LIMITS
from analytics.night import run_analytics
from tests.analytics.night_inputs import DAYS, GAP, LAST_XOM, N_SESSIONS, SYMBOLS

BITES = [f"{limit}_bite" for limit in LIMITS]
TABLES = ("target_weights", "portfolio_daily", "sleeve_weights", "orders", "holdings")


def day(t):
    return pd.Timestamp(str(DAYS[t]))


def test_desired_weight_and_bites_add_up_to_the_final_weight(results):
    weights = results.target_weights
    total = weights["desired_weight"] + weights[BITES].sum(axis=1)
    np.testing.assert_allclose(total, weights["final_weight"], atol=1e-12)
    assert (weights[BITES] != 0.0).any().any()


def test_desired_weight_is_scale_times_sleeve_weight_times_target(results):
    weights = results.target_weights.merge(results.portfolio_daily[["session_date", "scale"]])
    moving = weights[~weights["is_stale_input"] & (weights["session_date"] < day(LAST_XOM))]
    np.testing.assert_allclose(
        moving["desired_weight"],
        moving["scale"] * moving["sleeve_weight"] * moving["sleeve_target_weight"],
        atol=1e-15,
    )


def test_frozen_symbol_says_so_and_is_not_traded(results):
    weights = results.target_weights
    frozen = weights[(weights["symbol"] == "AAPL") & weights["is_stale_input"]]
    assert frozen["session_date"].tolist() == [day(t) for t in range(GAP.start, GAP.stop)]
    assert set(frozen["override_reason"]) == {"no_bar"}
    filled = results.backtest_positions
    aapl = filled[(filled["symbol"] == "AAPL") & (filled["strategy"] == "portfolio")]
    assert (
        not aapl["effective_session"].isin([day(t) for t in range(GAP.start, GAP.stop + 1)]).any()
    )


def test_quarantined_symbol_keeps_its_holding_and_gets_no_order(inputs, results):
    # tonight's MSFT bar is bad: it is not there, and the signal is frozen
    tonight = day(N_SESSIONS - 1)
    bad = (inputs.prices["symbol"] == "MSFT") & (inputs.prices["session_date"] == tonight)
    signals = inputs.signals.copy()
    row = (signals["symbol"] == "MSFT") & (signals["session_date"] == tonight)
    before = (signals["symbol"] == "MSFT") & (signals["session_date"] == day(N_SESSIONS - 2))
    is_default = signals["variant"] == "hold"
    signals = signals[~(row & ~is_default)]
    signals.loc[row & is_default, "reason"] = "quarantined: close is NaN"
    signals.loc[row & is_default, "target_weight"] = signals.loc[
        before & is_default, "target_weight"
    ].to_numpy()
    poisoned = run_analytics(
        dataclasses.replace(inputs, prices=inputs.prices[~bad], signals=signals)
    )
    weights = poisoned.target_weights
    own = weights[(weights["symbol"] == "MSFT") & (weights["session_date"] == tonight)]
    assert own["override_reason"].tolist() == ["quarantined"]
    assert own["final_weight"].tolist() == own["desired_weight"].tolist()
    assert "MSFT" not in set(poisoned.orders["symbol"])
    others = [name for name in SYMBOLS if name != "MSFT"]
    for table in ("backtest_positions", "backtest_trades"):
        clean, after = getattr(results, table), getattr(poisoned, table)
        keep = ["equities", "credit", "volatility"]
        pd.testing.assert_frame_equal(
            clean[clean["symbol"].isin(others) & clean["strategy"].isin(keep)].reset_index(
                drop=True
            ),
            after[after["symbol"].isin(others) & after["strategy"].isin(keep)].reset_index(
                drop=True
            ),
        )


def test_orders_bring_the_portfolio_to_tonights_final_weights(inputs, results):
    tonight = results.target_weights[
        results.target_weights["session_date"] == day(N_SESSIONS - 1)
    ].groupby("symbol")["final_weight"].sum()  # fmt: skip
    orders = results.orders.set_index("symbol")
    np.testing.assert_allclose(orders["final_weight"], tonight[orders.index], atol=1e-12)
    equity = results.portfolio_daily["equity_usd"].iloc[-1]
    signed = np.where(orders["side"] == "buy", 1.0, -1.0) * orders["notional_usd"] / equity
    np.testing.assert_allclose(
        orders["current_weight"] + signed, orders["final_weight"], atol=1e-12
    )
    # half the adjusted price after the split: raw shares and raw closes
    raw = inputs.prices[inputs.prices["session_date"] == day(N_SESSIONS - 1)].set_index("symbol")
    np.testing.assert_allclose(
        orders["quantity_shares"] * raw.loc[orders.index, "close_usd"], orders["notional_usd"]
    )


def test_portfolio_rows_are_the_daily_rows_of_the_portfolio(results):
    daily = results.backtest_daily
    own = daily[daily["strategy"] == "portfolio"].reset_index(drop=True)
    for column in ("net_return", "cost_return", "turnover", "gross_exposure", "net_exposure"):
        np.testing.assert_array_equal(own[column], results.portfolio_daily[column])


def test_sleeve_weights_stand_beside_one_over_n(results):
    rows = results.sleeve_weights
    assert (rows["equal_weight"] == 1 / 3).all()
    assert rows["session_date"].iloc[0] == day(20)
    firsts = pd.Series(rows["session_date"].unique()[1:])
    assert (firsts.dt.to_period("M").diff().dropna() == pd.offsets.MonthEnd(1)).all()


def test_portfolio_of_strategies_that_have_not_begun_has_empty_tables(inputs, results):
    other = inputs.signals[inputs.signals["strategy"] == "equities"].assign(strategy="mine")
    alone = run_analytics(
        dataclasses.replace(inputs, signals=other, default_variants={"mine": "hold"})
    )
    for table in TABLES:
        empty, full = getattr(alone, table), getattr(results, table)
        assert empty.empty
        assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_symbol_with_a_short_history_is_not_wanted_and_says_so(inputs):
    # SVXY's first bar is that of session 300, its 60th return that of session 360
    is_early = (inputs.prices["symbol"] == "SVXY") & (inputs.prices["session_date"] < day(300))
    young = run_analytics(dataclasses.replace(inputs, prices=inputs.prices[~is_early]))
    weights = young.target_weights
    own = weights[weights["symbol"] == "SVXY"].set_index("session_date")
    held_back = own[own["override_reason"].fillna("").str.startswith("short_history")]
    assert held_back.index.max() == day(359)
    assert (held_back["sleeve_target_weight"] != 0.0).any()
    assert (own.loc[: day(359), ["desired_weight", "final_weight"]] == 0.0).all(axis=None)
    others = weights[weights["symbol"] != "SVXY"]
    assert not others["override_reason"].fillna("").str.startswith("short_history").any()


def test_other_methods_stand_beside_one_over_n(inputs, results):
    config = dataclasses.replace(inputs.portfolio_config, method="risk_parity")
    other = run_analytics(dataclasses.replace(inputs, portfolio_config=config))
    daily = other.backtest_daily
    beside = daily[(daily["strategy"] == "benchmark") & (daily["variant"] == "equal_sleeves")]
    np.testing.assert_array_equal(beside["net_return"], results.portfolio_daily["net_return"])
    assert (other.portfolio_daily["net_return"] != results.portfolio_daily["net_return"]).any()
    named = other.backtest_metrics.set_index(["strategy", "variant"]).index
    assert ("benchmark", "equal_sleeves") in named
    assert not (results.backtest_daily["variant"] == "equal_sleeves").any()
