"""Shocks and windows of history worked by hand."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from analytics.risk.stress import shock_returns, stresses, window_returns
from analytics.settings import PortfolioConfig, Shock, StressWindow
from tests.analytics.toy import NAN, toy_market

# sessions: Monday 2024-03-04 to Friday 2024-03-08, then 11 and 12
CLOSES = {
    "A": [100.0, 110.0, 99.0, 99.0, 108.9, 98.01, 100.0],
    "B": [NAN, 50.0, 55.0, 44.0, 44.0, 44.0, 44.0],
}
CONFIG = PortfolioConfig(
    funds=frozenset({"F", "G"}),
    shocks={
        "mild": Shock(-0.1, {"F": 0.2}),
        "february_2018": Shock(-0.066, {"F": 0.5, "G": -0.02}),
    },
    stress_windows={},
)


def window(first, last):
    return StressWindow(dt.date(2024, 3, first), dt.date(2024, 3, last))


def test_window_compounds_from_the_first_close_to_the_last():
    # A: 110 → 108.9; B: 50 → 44
    found = window_returns(toy_market(CLOSES), window(5, 8))
    np.testing.assert_allclose(found, [108.9 / 110 - 1, 44 / 50 - 1], rtol=1e-12)


def test_window_between_dates_that_are_no_sessions_uses_the_closes_before():
    # Saturday and Sunday 9 and 10 stand for Friday's close
    found = window_returns(toy_market(CLOSES), window(9, 11))
    assert found[0] == pytest.approx(98.01 / 108.9 - 1, rel=1e-12)
    found = window_returns(toy_market(CLOSES), window(6, 10))
    assert found[0] == pytest.approx(108.9 / 99 - 1, rel=1e-12)


def test_symbol_without_a_close_by_the_first_date_has_no_return():
    found = window_returns(toy_market(CLOSES), window(4, 8))
    assert np.isfinite(found[0])
    assert np.isnan(found[1])


def test_window_before_the_first_session_has_no_return():
    found = window_returns(
        toy_market(CLOSES), StressWindow(dt.date(2011, 7, 22), dt.date(2011, 8, 8))
    )
    assert np.isnan(found).all()


def test_fund_that_was_leveraged_otherwise_is_held_at_todays_leverage():
    # at -1 it lost 20 % twice: the asset rose 20 % twice; at -0.5 each session costs 10 %
    market = toy_market({"F": [100.0, 80.0, 64.0, 64.0]}, leverage={"F": [-1.0, -1.0, -1.0, -0.5]})
    found = window_returns(market, window(4, 6))
    assert found[0] == pytest.approx((0.9 * 0.9 - 1) / -0.5, rel=1e-12)
    # a weight of 0.3 loses 0.3 * 19 %
    assert 0.3 * -0.5 * found[0] == pytest.approx(-0.3 * 0.19, rel=1e-12)


def test_fund_loses_everything_at_most():
    # the asset rises 150 % in a session: a fund at -1 is gone and stays gone
    market = toy_market({"F": [100.0, 250.0, 300.0, 300.0]}, leverage={"F": [1.0, 1.0, 1.0, -1.0]})
    assert window_returns(market, window(4, 7))[0] == pytest.approx(1.0)


@pytest.mark.parametrize(("gap", "is_priced"), [(4, True), (5, False)])
def test_symbol_without_a_bar_for_five_sessions_has_no_return(gap, is_priced):
    closes = [100.0, *[NAN] * gap, *[90.0] * (8 - gap)]
    found = window_returns(toy_market({"A": closes}), window(4, 14))
    assert np.isfinite(found[0]) == is_priced
    if is_priced:
        assert found[0] == pytest.approx(-0.1)


def test_shock_of_a_fund_is_its_own_and_unknown_without_one():
    market = toy_market({"AAA": [100.0], "F": [100.0], "G": [100.0]}, leverage={"F": [-1.0]})
    np.testing.assert_array_equal(shock_returns(market, "mild", CONFIG), [-0.1, 0.2, NAN])


def test_shock_beyond_a_funds_whole_value_takes_just_that():
    # the shipped file: SVXY lost 58 % at -0.5 in March 2020, so 116 % per unit; at -1 it is gone
    config = dataclasses.replace(CONFIG, shocks={"march_2020": Shock(-0.34, {"F": -0.58 / -0.5})})
    lost = {
        leverage: leverage * shock_returns(one_fund(leverage), "march_2020", config)[0]
        for leverage in (-0.5, -1.0)
    }
    assert lost == {-0.5: pytest.approx(-0.58, rel=1e-12), -1.0: -1.0}


def test_shock_uses_the_leverage_of_tonights_fill():
    market = dataclasses.replace(one_fund(-0.5), fill_leverage=np.array([[-1.0]]))
    config = dataclasses.replace(CONFIG, shocks={"crash": Shock(-0.34, {"F": 1.16})})
    assert shock_returns(market, "crash", config)[0] == 1.0


def one_fund(leverage):
    return toy_market({"F": [100.0]}, leverage={"F": [leverage]})


def test_only_windows_that_have_ended_are_known_to_the_night():
    config = dataclasses.replace(
        CONFIG,
        stress_windows={"tonight": window(5, 12), "ahead": window(5, 13), "before": window(5, 8)},
    )
    found = [(stress.kind, stress.name) for stress in stresses(toy_market(CLOSES), config)]
    assert found == [
        ("shock", "february_2018"), ("shock", "mild"), ("window", "before"), ("window", "tonight")
    ]  # fmt: skip
