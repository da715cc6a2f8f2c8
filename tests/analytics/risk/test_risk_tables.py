"""The tables of risk on one small build."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analytics.inputs import lay_out
from analytics.night import run_analytics
from analytics.risk.coverage import Transitions, coverage_tests, independence_statistic
from analytics.risk.daily import PROMISED, drawdowns, exceeded
from analytics.risk.tables import EMPTY_COLUMNS, coverage_rows
from analytics.settings import STRESS_WINDOWS, Shock
from tests.analytics.night_inputs import CONFIG, DAYS, GAP, N_SESSIONS, night_inputs

FIGURES = [
    "long_weight", "short_weight", "gross_exposure", "net_exposure", "beta_spy",
    "volatility_contribution_annual", "es_95_contribution", "stale_exposure",
]  # fmt: skip
FORECASTS = [
    f"{measure}_{level}_{kind}"
    for kind in ("historical", "parametric")
    for level in (95, 99)
    for measure in ("var", "es")
]
FULL_BOOK = GAP.start + 1  # all three sleeves hold something, AAPL without a bar


@pytest.fixture(scope="module")
def frozen_night():
    """A night on which AAPL is held and has no bar."""
    return run_analytics(night_inputs(FULL_BOOK))


def leverages(t):
    """SVXY's leverage as effective in the session after t; 1 of everything else."""
    return lambda symbol: (-1.0 if t + 1 < 450 else -0.5) if symbol == "SVXY" else 1.0


def final_exposures(results, t):
    """Leverage * final weight from `target_weights`, by strategy and symbol."""
    weights = results.target_weights
    own = weights[weights["session_date"] == pd.Timestamp(str(DAYS[t]))].set_index(
        ["strategy", "symbol"]
    )
    units = own.index.get_level_values("symbol").map(leverages(t))
    return own["final_weight"] * units


def test_risk_has_the_sessions_and_moments_of_the_portfolio(results):
    keys = ["session_date", "decided_at"]
    pd.testing.assert_frame_equal(results.risk_daily[keys], results.portfolio_daily[keys])


@pytest.mark.parametrize("t", [250, 449, 450, 640])
def test_historical_forecast_follows_from_final_weights_and_prices(inputs, results, t):
    closes = inputs.prices.pivot_table(
        index="session_date", columns="symbol", values="adjusted_close_usd"
    )
    late = closes.index[400]
    closes.loc[late, "MSFT"] = np.nan  # became known a week later: for the portfolio no bar
    returns = closes.ffill().pct_change(fill_method=None)
    # a return belongs to the leverage of its session
    returns["SVXY"] /= np.where(np.arange(N_SESSIONS) < 450, -1.0, -0.5)
    exposure = final_exposures(results, t).groupby("symbol").sum()
    held = exposure[exposure != 0.0]
    earned = (returns[held.index].iloc[max(t - 499, 1) : t + 1] * held).sum(axis=1)
    assert len(held) > 0
    row = results.risk_daily.set_index("session_date").loc[closes.index[t]]
    assert row["var_95_historical"] == pytest.approx(-earned.quantile(0.05), rel=1e-9)
    tail = earned[earned <= earned.quantile(0.05) + 1e-15]
    assert row["es_95_historical"] == pytest.approx(-tail.mean(), rel=1e-9)


def test_normal_forecast_is_at_the_target_where_the_portfolio_is(results):
    # decided at a scale that brings the forecast of unlimited weights to 10 % a year
    daily = results.risk_daily.merge(results.portfolio_daily, on="session_date")
    at_target = daily["scale"].between(0.01, 1.99) & daily["override_reason"].isna()
    var = daily.loc[at_target, "var_95_parametric"]
    most = 1.6448536269514722 * 0.10 / np.sqrt(252)
    assert (var <= most * (1 + 1e-9)).all()
    assert np.isclose(var, most, rtol=1e-9).any()


def test_exceedance_compares_a_return_with_the_forecast_of_the_close_before(results):
    daily, returns = results.risk_daily, results.portfolio_daily["net_return"]
    for name in PROMISED:
        told = daily[f"is_{name}_exceeded"]
        before = daily[name].shift(1)
        known = told.notna()
        assert known.sum() > 300
        assert (told[known].astype(bool) == (returns < -before)[known]).all()
        assert told[known].any()
        assert not known[1:][before[1:].isna()].any()


def test_exceedance_is_null_without_a_forecast_and_where_nothing_was_to_be_held():
    forecast = np.array([0.02, 0.02, 0.02, np.nan, 0.0])
    returns = np.array([-0.021, -0.02, 0.05, -0.5, -0.01])
    found = exceeded(returns, forecast, np.array([True, True, True, True, False]))
    assert found.tolist() == [True, False, False, pd.NA, pd.NA]


def test_drawdown_counts_the_start_as_a_peak():
    found = drawdowns(np.array([100.0, 90.0, 120.0, 60.0, 120.0]))
    np.testing.assert_allclose(found, [0.0, -0.1, 0.0, -0.5, 0.0])


def test_drawdown_is_that_of_the_portfolios_returns(results):
    path = (1.0 + results.portfolio_daily["net_return"]).cumprod()
    expected = path / path.cummax().clip(lower=1.0) - 1.0
    np.testing.assert_allclose(results.risk_daily["drawdown"], expected, atol=1e-12)
    assert results.risk_daily["drawdown"].min() < -0.01


def test_stale_share_is_that_of_frozen_symbols(results, frozen_night):
    daily = results.risk_daily.set_index("session_date")["stale_gross_share"]
    rows = results.target_weights
    frozen = rows.loc[rows["is_stale_input"] & (rows["final_weight"] != 0.0), "session_date"]
    frozen = frozen.unique()
    assert (daily[frozen] > 0.0).all()
    assert (daily.drop(frozen).fillna(0.0) == 0.0).all()
    exposure = final_exposures(frozen_night, FULL_BOOK).groupby("symbol").sum().abs()
    assert frozen_night.risk_daily["stale_gross_share"].iloc[-1] == pytest.approx(
        exposure["AAPL"] / exposure.sum(), rel=1e-12
    )


@pytest.mark.parametrize("dimension", ["symbol", "strategy", "sector"])
def test_rows_of_a_dimension_sum_to_the_total(frozen_night, dimension):
    rows = frozen_night.risk_exposures
    own, total = rows[rows["dimension"] == dimension], rows[rows["dimension"] == "total"]
    assert len(own) > 1
    assert total["name"].tolist() == ["portfolio"]
    np.testing.assert_allclose(own[FIGURES].sum(), total[FIGURES].iloc[0], atol=1e-12, rtol=0)
    assert (total[FIGURES].iloc[0] != 0.0).all()


def test_total_is_the_nights_row_of_risk_daily(frozen_night):
    total = frozen_night.risk_exposures.iloc[-1]
    daily = frozen_night.risk_daily.iloc[-1]
    sigma = daily["var_95_parametric"] / 1.6448536269514722 * np.sqrt(252)
    assert total["volatility_contribution_annual"] == pytest.approx(sigma, rel=1e-12)
    assert total["es_95_contribution"] == pytest.approx(daily["es_95_historical"], rel=1e-12)
    assert total["beta_spy"] == pytest.approx(daily["beta_spy"], rel=1e-12)
    share = total["stale_exposure"] / total["gross_exposure"]
    assert share == pytest.approx(daily["stale_gross_share"], rel=1e-12)


def test_exposures_are_leverage_times_target_weights(frozen_night):
    rows, exposure = frozen_night.risk_exposures, final_exposures(frozen_night, FULL_BOOK)
    for dimension in ("strategy", "symbol"):
        own = rows[rows["dimension"] == dimension].set_index("name")["net_exposure"]
        expected = exposure.groupby(dimension).sum()
        np.testing.assert_allclose(own, expected[own.index], atol=1e-12)
        assert (expected.drop(own.index) == 0.0).all()


def test_funds_form_a_sector_of_their_own(frozen_night):
    rows = frozen_night.risk_exposures
    sectors = set(rows.loc[rows["dimension"] == "sector", "name"])
    assert "Funds" in sectors
    assert sectors <= {"Energy", "Funds", "Technology"}


def test_betas_are_unknown_without_spy(inputs):
    alone = dataclasses.replace(inputs, prices=inputs.prices[inputs.prices["symbol"] != "SPY"])
    results = run_analytics(alone)
    is_flat = results.risk_daily["stale_gross_share"].isna()
    assert results.risk_daily.loc[~is_flat, "beta_spy"].isna().all()
    total = results.risk_exposures.iloc[-1]
    assert np.isnan(total["beta_spy"])
    assert total["es_95_contribution"] > 0.0


def test_stress_is_exposure_times_shock(frozen_night):
    rows = frozen_night.stress_results
    exposure = final_exposures(frozen_night, FULL_BOOK).groupby("symbol").sum()
    shocks = rows[rows["kind"] == "shock"].set_index("symbol")
    assert set(shocks.index) == set(exposure[exposure != 0.0].index)
    np.testing.assert_allclose(shocks["exposure"], exposure[shocks.index], atol=1e-12)
    assert shocks.loc["AAPL", "shock_return"] == -0.066
    np.testing.assert_array_equal(
        rows["profit_return"], rows["exposure"] * rows["shock_return"]
    )  # fmt: skip
    assert shocks[["first_date", "last_date"]].isna().all(axis=None)


def test_windows_of_the_past_are_replayed_and_those_ahead_left_out(inputs, results):
    rows = results.stress_results[results.stress_results["kind"] == "window"]
    assert set(rows["scenario"]) == {"us_downgrade_2011", "china_devaluation_2015", "brexit_2016"}
    for name in set(rows["scenario"]):
        own = rows[rows["scenario"] == name]
        window = STRESS_WINDOWS[name]
        assert set(own["first_date"]) == {pd.Timestamp(window.first)}
        assert set(own["last_date"]) == {pd.Timestamp(window.last)}
    # the build begins in 2014
    assert rows.loc[rows["scenario"] == "us_downgrade_2011", "profit_return"].isna().all()
    closes = inputs.prices[inputs.prices["symbol"] == "SVXY"].set_index("session_date")
    between = closes["adjusted_close_usd"].loc["2016-06-23":"2016-06-27"]
    brexit = rows[(rows["scenario"] == "brexit_2016") & (rows["symbol"] == "SVXY")].iloc[0]
    # the leverage was -0.5 then and is now: constant shares earn what the fund did
    weight = brexit["exposure"] / -0.5
    assert brexit["profit_return"] == pytest.approx(
        weight * (between.iloc[-1] / between.iloc[0] - 1.0), rel=1e-12
    )


def test_fund_without_a_number_in_another_scenario_is_null_there(inputs):
    shocks = {**CONFIG.shocks, "mine": Shock(-0.5, {"HYG": -0.2})}
    config = dataclasses.replace(CONFIG, shocks=shocks, stress_windows={})
    rows = run_analytics(dataclasses.replace(inputs, portfolio_config=config)).stress_results
    assert set(rows["scenario"]) == {"february_2018", "mine"}
    svxy = rows[rows["symbol"] == "SVXY"].set_index("scenario")
    assert svxy.loc["mine", ["shock_return", "profit_return"]].isna().all()
    assert svxy["exposure"].notna().all()


def test_tests_are_of_the_latest_sessions_with_a_forecast(results):
    tests = results.risk_tests
    assert len(tests) == 4 * 3 * 3
    for measure, promised in PROMISED.items():
        column = results.risk_daily[f"is_{measure}_exceeded"].dropna().astype(bool)
        told, rows_at = column.to_numpy(), column.index.to_numpy()
        own = tests[tests["measure"] == measure].set_index(["sample", "test"])
        for sample, since in (("1y", -252), ("full", 0)):
            latest = told[since:]
            rows = own.loc[sample]
            assert set(rows["n_sessions"]) == {len(latest)}
            assert set(rows["exceedances"]) == {latest.sum()}
            assert set(rows["expected_exceedances"]) == {promised * len(latest)}
            tested = coverage_tests(latest, rows_at[since:], probability=promised, fewest=1)
            for test, found in tested.items():
                assert tuple(rows.loc[test, ["statistic", "p_value"]]) == found
        # 700 sessions are no three years
        assert own.loc["3y", ["statistic", "p_value"]].isna().all(axis=None)


def test_flat_stretch_parts_the_exceedances_around_it(inputs, results):
    # two losses in a row at 300 and 301; with nothing held from 302 on, 303 is the next but one
    dates = results.risk_daily["session_date"]

    def independence(null):
        told = pd.array([False] * len(dates), dtype="boolean")
        told[[300, 301, 302 + len(null)]] = True
        told[null] = pd.NA
        columns = {f"is_{name}_exceeded": told for name in PROMISED}
        rows = coverage_rows(results.risk_daily.assign(**columns), lay_out(inputs)[0])
        full = rows[(rows["sample"] == "full") & (rows["measure"] == "var_95_historical")]
        return full.set_index("test").loc["christoffersen_independence", "statistic"]

    n = len(dates)
    joined, parted = independence([]), independence([302, 303])
    # pairs: n - 1 in all; 301 to 304 is none once 302 and 303 are flat
    assert joined == pytest.approx(independence_statistic(Transitions(n - 5, 1, 1, 2)))
    assert parted == pytest.approx(independence_statistic(Transitions(n - 7, 1, 1, 1)))


def test_tests_of_a_portfolio_that_never_had_a_forecast_are_null(inputs, results):
    unknown = results.risk_daily.assign(
        **{f"is_{name}_exceeded": pd.array([pd.NA] * len(results.risk_daily), dtype="boolean")
           for name in PROMISED}
    )  # fmt: skip
    rows = coverage_rows(unknown, lay_out(inputs)[0])
    assert set(rows["n_sessions"]) == {0}
    assert rows[["statistic", "p_value"]].isna().all(axis=None)
    assert rows.dtypes.to_dict() == results.risk_tests.dtypes.to_dict()


@pytest.mark.parametrize("cut", [150, 420, 600])
def test_scrambled_future_moves_no_past_row_of_risk(inputs, results, cut):
    rng = np.random.default_rng(cut)
    day = pd.Timestamp(str(DAYS[cut]))
    is_future = (inputs.prices["session_date"] > day).to_numpy()
    wild = np.where(is_future, np.exp(rng.normal(0, 0.2, len(inputs.prices))), 1.0)
    prices = [name for name in inputs.prices.columns if name.endswith("_usd")]
    scrambled = inputs.prices.assign(**inputs.prices[prices].mul(wild, axis=0))
    other = run_analytics(dataclasses.replace(inputs, prices=scrambled)).risk_daily
    is_past = results.risk_daily["session_date"] <= day
    pd.testing.assert_frame_equal(other[is_past], results.risk_daily[is_past], check_exact=True)
    later = results.risk_daily.loc[~is_past, FORECASTS]
    assert (other.loc[~is_past, FORECASTS] != later).any().all()


def test_tables_without_a_portfolio_are_empty_and_of_the_same_types(inputs, results):
    mine = inputs.signals[inputs.signals["strategy"] == "equities"].assign(strategy="mine")
    alone = run_analytics(
        dataclasses.replace(inputs, signals=mine, default_variants={"mine": "hold"})
    )
    for table in EMPTY_COLUMNS:
        empty, full = getattr(alone, table), getattr(results, table)
        assert empty.empty
        assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_first_night_of_a_portfolio_has_tables_of_the_same_types(results):
    # decided for the first time, nothing held, nothing earned
    first = run_analytics(night_inputs(20))
    for table in EMPTY_COLUMNS:
        found = getattr(first, table)
        assert found.dtypes.to_dict() == getattr(results, table).dtypes.to_dict()
    assert first.risk_daily.empty
    assert first.stress_results.empty
    total = first.risk_exposures.iloc[-1]
    assert total["gross_exposure"] == 0.0
