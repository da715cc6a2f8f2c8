"""The record beside the backtest of the same night."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics.night import run_analytics
from analytics.record import PastDecisions
from analytics.record_tables import EMPTY_COLUMNS, record_metric_rows
from tests.analytics.night_inputs import CONFIG, DAYS, LAST_XOM, N_SESSIONS, night_inputs
from tests.analytics.past import NO_NIGHTS, past_of

LAST = N_SESSIONS - 1


def day(t):
    return pd.Timestamp(str(DAYS[t]))


def days(first, last=LAST):
    return [day(t) for t in range(first, last)]


@pytest.fixture(scope="module")
def night():
    """Tables of a night, given what earlier nights decided and what is known of them."""

    def run(past, last=LAST, **changes):
        return run_analytics(dataclasses.replace(night_inputs(last), past=past, **changes))

    return run


@pytest.fixture(scope="module")
def begun(results):
    """The first session on which the portfolio holds something at the close."""
    held = results.portfolio_daily["gross_exposure"] > 0.0
    first = results.portfolio_daily.loc[held, "session_date"].iloc[0]
    return int(np.searchsorted(DAYS, np.datetime64(first, "D")))


def test_no_record_gives_empty_tables_of_the_right_types(night, results):
    full = night(past_of(results, days(600)))
    for table, columns in EMPTY_COLUMNS.items():
        empty = getattr(results, table)
        assert empty.empty
        assert empty.dtypes.astype(str).to_dict() == dict(columns)
        assert getattr(full, table).dtypes.to_dict() == empty.dtypes.to_dict()


def test_tonights_own_record_has_earned_nothing(night, results):
    assert night(past_of(results, [day(LAST)])).record_daily.empty


def test_record_from_a_night_that_held_nothing_is_the_backtest(night, results, begun):
    """Every night recorded, same data, code and configuration: equal return by return."""
    for first in (begun - 40, begun - 1):
        daily = night(past_of(results, days(first))).record_daily
        assert daily["session_date"].tolist() == [day(t) for t in range(first + 1, N_SESSIONS)]
        backtest = results.portfolio_daily[results.portfolio_daily["session_date"] > day(first)]
        for column in ("net_return", "cost_return", "turnover", "gross_exposure", "net_exposure"):
            np.testing.assert_allclose(daily[column], backtest[column], atol=1e-12, rtol=0)
        assert daily["difference_return"].abs().max() < 1e-12
        assert (daily["decision_difference_weight"] == 0.0).all()
        assert daily["turnover"].sum() > 1.0


def test_record_that_begins_later_differs_by_orders_too_small_to_be_sent(night, results, begun):
    # the first session buys the whole book; then no weight is apart by twice the smallest order
    daily = night(past_of(results, days(begun + 200))).record_daily
    first, later = daily.iloc[0], daily.iloc[1:]
    assert first["note"] == "begins with cash"
    assert first["turnover"] > 0.9 * first["gross_exposure"]
    exposure = results.portfolio_daily.set_index("session_date")["gross_exposure"]
    apart = later["gross_exposure"] - exposure.loc[later["session_date"]].to_numpy()
    n_symbols = results.target_weights["symbol"].nunique()
    assert 0.0 < apart.abs().max() < 2 * CONFIG.minimum_order_weight * n_symbols
    assert later["difference_return"].abs().max() < 1e-4


def test_record_does_not_move_when_later_nights_are_added(night, results):
    every = past_of(results, days(500))
    late = night(every).record_daily
    early = night(every, last=620).record_daily
    shared = late[late["session_date"] <= day(620)]
    pd.testing.assert_frame_equal(early, shared, check_exact=False, rtol=1e-12)


def test_rows_carry_what_is_known_of_the_decision_they_rest_on(night, results):
    nights = pd.DataFrame(
        [
            (day(600), "CLEAN", "c1", "k1", 3),
            (day(601), "DEGRADED", "c2", "k1", 0),
            (day(602), "MISSED", None, None, 0),
            (day(603), "CLEAN", "c2", "k1", 0),
        ],
        columns=NO_NIGHTS.columns,
    )
    kept = [day(600), day(601), day(605)]
    daily = night(past_of(results, kept, nights), last=606).record_daily
    assert daily["is_recorded_night"].tolist() == [True, True, False, False, False, True]
    assert daily["decision_night"].tolist() == [
        day(600), day(601), day(601), day(601), day(601), day(605)
    ]  # fmt: skip
    assert daily["code_hash"].fillna("").tolist() == ["c1", "c2", "c2", "c2", "c2", ""]
    assert daily["restated_rows"].tolist() == [3, 0, 0, 0, 0, 0]
    assert daily["night_status"].fillna("").tolist() == ["CLEAN", "DEGRADED", "MISSED", "CLEAN",
                                                        "", ""]  # fmt: skip
    said = daily["note"].fillna("").tolist()
    assert said == [
        "begins with cash",
        "",
        f"night {DAYS[602]} is not in the record (missed)",
        f"night {DAYS[603]} is not in the record (computed after the open it was for)",
        f"night {DAYS[604]} is not in the record (nobody knows why)",
        "",
    ]


def test_decision_that_would_be_another_one_tonight_says_so(night, results):
    past = past_of(results, [day(650), day(651)])
    changed = past.decisions.copy()
    at = changed.index[changed["night"] == day(651)][0]
    changed.loc[at, "final_weight"] += 0.02
    daily = night(PastDecisions(changed, NO_NIGHTS), last=653).record_daily
    np.testing.assert_allclose(daily["decision_difference_weight"], [0, 0.02, 0.02], atol=1e-12)
    assert daily["note"].fillna("").tolist()[1] == (
        "rebuilt tonight, the decision differs by 2.00 % of equity"
    )


def test_holding_that_no_decision_names_is_kept_and_named(night, results):
    past = past_of(results, days(640, 643))
    decisions = past.decisions
    held = decisions[decisions["final_weight"].abs() > 0.01]["symbol"].iloc[0]
    left = decisions[(decisions["symbol"] != held) | (decisions["night"] == day(640))]
    daily = night(PastDecisions(left, NO_NIGHTS), last=643).record_daily
    assert all(f"held without a decision: {held}" in note for note in daily["note"][1:])


def test_symbol_that_stopped_trading_is_closed_in_the_record(night, results):
    daily = night(past_of(results, days(LAST_XOM - 5, LAST_XOM + 1)), last=LAST_XOM + 8)
    assert len(daily.record_daily) == 13


def test_metrics_sum_the_record_up():
    # differences after the first: 1, 3, 2 bp; mean 2, deviation 1, over the root of 3
    daily = pd.DataFrame(
        {
            "net_return": [-0.01, 0.0101, 0.0203, 0.0002],
            "backtest_net_return": [0.0, 0.01, 0.02, 0.0],
            "difference_return": [-0.01, 0.0001, 0.0003, 0.0002],
            "is_recorded_night": [True, False, False, True],
            "night_status": ["CLEAN", "MISSED", "FAILED", "CLEAN"],
            "decision_difference_weight": [0.0, 0.0, 0.0, 0.1],
            "code_hash": ["c1", "c1", "c1", "c2"],
            "config_hash": ["k", "k", "k", "k"],
        }
    )
    found = record_metric_rows(daily).set_index("metric")["value"].to_dict()
    assert found == pytest.approx(
        {
            "sessions": 4,
            "nights_recorded": 2,
            "nights_not_recorded": 2,
            "nights_missed": 1,
            "nights_decided_otherwise": 1,
            "code_versions": 2,
            "configurations": 1,
            "cumulative_return": 0.99 * 1.0101 * 1.0203 * 1.0002 - 1,
            "backtest_cumulative_return": 1.01 * 1.02 - 1,
            "mean_difference_return": 0.0002,
            "mean_difference_return_se": 0.0001 / np.sqrt(3),
        }
    )


def test_one_session_has_no_mean_difference():
    daily = pd.DataFrame(
        {"net_return": [0.01], "backtest_net_return": [0.02], "difference_return": [-0.01],
         "is_recorded_night": [True], "night_status": ["CLEAN"],
         "decision_difference_weight": [0.0], "code_hash": ["c"], "config_hash": ["k"]}
    )  # fmt: skip
    found = record_metric_rows(daily).set_index("metric")["value"]
    assert np.isnan(found["mean_difference_return"])
    assert np.isnan(found["mean_difference_return_se"])
