"""What `mqp portfolio` prints, table by table."""

import numpy as np
import pandas as pd
import pytest

from orchestration.commands.portfolio import changes_of, fixed_weights_of
from orchestration.errors import UsageError
from orchestration.research.portfolio_summary import (
    holding_lines,
    limit_lines,
    loss_lines,
    order_lines,
    stress_lines,
    tracking_lines,
)
from reports import wording

NOTHING = dict.fromkeys(
    ("strategies", "target_vol", "method", "weights", "max_leverage", "forecast", "shares")
)
DAY = pd.Timestamp("2024-06-28")


def test_limit_that_binds_is_named_with_what_was_wanted():
    rows = pd.DataFrame(
        [
            (DAY - pd.Timedelta(days=1), "gross", None, 9.0, 9.0, 2.0, True, None),
            (DAY, "symbol", "SVXY", 0.5, 0.4, 0.4, True, None),
            (DAY, "liquidity", None, np.nan, np.nan, np.nan, False, "no volume known: SVXY"),
        ],
        columns=[
            "session_date", "limit_name", "subject", "wanted", "used", "bound", "is_binding",
            "note",
        ],
    )  # fmt: skip
    _, symbol, liquidity = limit_lines(rows)
    assert symbol.split() == ["symbol", "SVXY", "0.500", "0.400", "0.400", "BINDS"]
    assert liquidity.endswith("no volume known: SVXY")


def test_stress_is_told_worst_first_with_what_is_not_covered():
    rows = pd.DataFrame(
        [
            ("covid_2020", "window", "AAA", -0.10),
            ("covid_2020", "window", "BBB", np.nan),
            ("crash", "shock", "AAA", -0.30),
            ("crash", "shock", "BBB", 0.05),
            ("us_downgrade_2011", "window", "AAA", np.nan),
        ],
        columns=["scenario", "kind", "symbol", "profit_return"],
    )
    _, first, second, unknown = stress_lines(rows)
    assert first.startswith("crash")
    assert wording.percent(-0.25, 1) in first
    assert "without" not in first
    assert second.startswith("covid 2020")
    assert second.endswith("without 1 symbol")
    assert unknown.split()[-4:] == [wording.DASH, "without", "1", "symbol"]
    assert stress_lines(rows[:0]) == ["Nothing is held."]


def test_tracking_tells_year_after_year_and_then_all():
    values = {
        "realised_volatility": 0.097, "realised_over_target": 0.97, "unbound_share": 0.9,
        "untouched_share": 0.62, "unbound_volatility": 0.098, "cut_share_realised_volatility": 0.3,
        "bound_share_stress": 0.1, "bound_share_gross": 0.0, "qlike_forecast": -9.2,
        "qlike_baseline": -9.0, "bias_forecast": 1.07, "bias_baseline": 0.97,
    }  # fmt: skip
    rows = pd.DataFrame(
        [(period, name, value) for period in ("full", "2013") for name, value in values.items()],
        columns=["period", "metric", "value"],
    )
    head, year, whole, meaning, score = tracking_lines(rows)
    assert head.split()[3:5] == ["unbound", "untouched"]
    assert f"{wording.percent(0.9, 0)}  " in year
    assert f"{wording.percent(0.62, 0)}  " in year
    assert meaning.startswith("Unbound:")
    assert year.split()[0] == "2013"
    assert whole.split()[0] == "all"
    assert year.endswith(f"stress {wording.percent(0.1, 1)}")
    assert f"QLIKE {wording.number(-9.2, 3)} against {wording.number(-9.0, 3)}" in score
    assert "flat until its sixtieth session" in tracking_lines(rows[:0])[0]


@pytest.mark.parametrize(
    ("exceedances", "p_value", "independence", "word"),
    [
        (12, 0.8, 0.8, "as promised"), (40, 0.01, 0.8, "too many"), (2, 0.01, 0.8, "too few"),
        (2, np.nan, np.nan, "too short to tell"), (12, 0.8, 0.003, "not independent"),
        (12, 0.8, np.nan, "as promised"),
    ],
)  # fmt: skip
def test_exceedances_are_judged_in_words(exceedances, p_value, independence, word):
    forecasts = {
        f"{measure}_{level}_{kind}": [0.01]
        for measure in ("var", "es")
        for level in (95, 99)
        for kind in ("historical", "parametric")
    }
    daily = pd.DataFrame({**forecasts, "beta_spy": [0.5], "drawdown": [-0.1]})
    tests = pd.DataFrame(
        [
            ("var_95_historical", "full", test, 252, exceedances, 12.6, p)
            for test, p in (("kupiec", p_value), ("christoffersen_independence", independence))
        ],
        columns=[
            "measure", "sample", "test", "n_sessions", "exceedances", "expected_exceedances",
            "p_value",
        ],
    )  # fmt: skip
    assert loss_lines(daily, tests)[-1].endswith(word)


def test_book_that_holds_nothing_says_why():
    weights = pd.DataFrame(
        {
            "session_date": [DAY], "symbol": ["AAA"], "desired_weight": [0.0],
            "final_weight": [0.0], "override_reason": ["warming_up: 3 of 60 sessions"],
        }
    )  # fmt: skip
    assert holding_lines({"target_weights": weights}) == ["Nothing: warming_up: 3 of 60 sessions."]


def test_orders_sum_their_costs_and_name_the_account():
    orders = pd.DataFrame(
        {
            "symbol": ["AAA", "BBB"], "side": ["buy", "sell"], "quantity_shares": [10.0, 2.5],
            "notional_usd": [1000.0, 500.0], "expected_cost_usd": [0.5, 0.25],
            "reason": [None, "cash"],
        }
    )  # fmt: skip
    holdings = pd.DataFrame({"is_simulated": [False]})
    lines = order_lines(orders, holdings)
    assert lines[1].split()[:3] == ["buy", "10", "AAA"]
    assert lines[-1].startswith("From the holdings; expected cost 0.75")
    assert order_lines(orders[:0], holdings) == ["None: nothing to change in the holdings."]


def test_options_become_keys_of_the_file():
    asked = {**NOTHING, "strategies": "equities, credit", "target_vol": 0.08, "shares": "whole"}
    assert changes_of(**asked) == {
        "sleeves.strategies": ["equities", "credit"],
        "target_volatility_annual": 0.08,
        "orders.shares": "whole",
    }
    fixed = changes_of(**{**NOTHING, "weights": "equities=0.5,credit=0.5"})
    assert fixed["sleeves.method"] == "fixed"
    assert fixed["sleeves.fixed_weights"] == {"equities": 0.5, "credit": 0.5}
    assert changes_of(**NOTHING) == {}


@pytest.mark.parametrize("text", ["equities", "equities=", "equities=half", ""])
def test_weights_that_cannot_be_read_are_refused(text):
    with pytest.raises(UsageError, match=r"write equities=0\.5"):
        fixed_weights_of(text)
