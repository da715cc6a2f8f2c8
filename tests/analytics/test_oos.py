"""Train against out of sample: the flag, its interval, and how often chance alone raises it."""

import numpy as np
import pandas as pd
import pytest

from analytics.bootstrap import resampled_halves
from analytics.daily import DailyRows
from analytics.errors import ParameterError
from analytics.frames import to_days
from analytics.oos import Part, is_flagged, oos_row, published_oos_rows, split_once
from analytics.performance import sharpe
from analytics.walk_forward import EMBARGO_SESSIONS
from tests.analytics.night_inputs import DEFAULTS

SESSIONS = np.busday_offset(np.datetime64("2014-01-02"), np.arange(1000))


def path(returns: np.ndarray) -> Part:
    column = returns[:, None]
    rows = DailyRows(
        column, column, np.zeros_like(column), np.ones_like(column), np.zeros(len(column))
    )
    return Part(rows, SESSIONS[: len(returns)])


def noise(seed: int, count: int = 1000, mean: float = 0.0005) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 0.01, count)


def row_of(returns: np.ndarray, split: float = 0.7) -> pd.Series:
    train, oos = split_once(path(returns), split)
    return oos_row(train, oos, strategy="credit", variant="v", window="w").iloc[0]


def test_parts_are_parted_by_the_embargo() -> None:
    train, oos = split_once(path(noise(1)), 0.7)
    assert len(train.sessions) == 700
    assert oos.sessions[0] == SESSIONS[700 + EMBARGO_SESSIONS]
    assert oos.sessions[-1] == SESSIONS[-1]


@pytest.mark.parametrize("split", [0.0, 1.0, 0.001, 0.995])
def test_split_without_two_parts_is_refused(split: float) -> None:
    with pytest.raises(ParameterError):
        split_once(path(noise(1)), split)


def test_ratios_and_drawdowns_are_those_of_the_parts() -> None:
    returns = noise(2)
    row = row_of(returns)
    assert row["train_sharpe"] == pytest.approx(sharpe(returns[:700, None])[0], rel=1e-12)
    assert row["oos_sharpe"] == pytest.approx(sharpe(returns[705:, None])[0], rel=1e-12)
    assert row["sharpe_difference"] == row["oos_sharpe"] - row["train_sharpe"]
    assert row["difference_lower"] < row["sharpe_difference"] < row["difference_upper"]


@pytest.mark.parametrize(
    ("train", "oos", "flag"),
    # 20 % below 1.0 is 0.8; below -1.0 it is -1.2
    [(1.0, 0.79, True), (1.0, 0.81, False), (-1.0, -1.1, False), (-1.0, -1.3, True)],
)
def test_flag_goes_up_more_than_a_fifth_below_train(train: float, oos: float, flag: bool) -> None:
    assert is_flagged(np.array([train]), np.array([oos])).tolist() == [flag]


def test_collapse_is_flagged_and_its_interval_lies_below_zero() -> None:
    row = row_of(np.append(noise(3, 700, 0.002), noise(4, 300, -0.002)))
    assert row["is_flagged"]
    assert row["difference_upper"] < 0.0


def test_chance_alone_raises_the_flag_nearly_as_often_as_not() -> None:
    """What is said of one history is what happens over many histories without any change."""
    rng = np.random.default_rng(6)
    histories = rng.normal(0.0005, 0.01, (4000, 995))
    train, oos = (sharpe(part.T) for part in (histories[:, :700], histories[:, 700:]))
    shown = is_flagged(train, oos).mean()
    said = np.mean([row_of(noise(seed))["false_alarm_probability"] for seed in range(12)])
    assert said == pytest.approx(shown, abs=0.05)


def test_resampled_parts_of_one_history_differ_by_chance_alone() -> None:
    first, second = resampled_halves(noise(5), 500)
    spread = np.hypot(first.std(), second.std()) / np.sqrt(len(first))
    assert abs(first.mean() - second.mean()) < 4 * spread


def test_part_that_was_hardly_in_the_market_has_no_ratio_and_no_flag() -> None:
    train, oos = split_once(path(noise(1)), 0.7)
    idle = Part(
        DailyRows(**{**vars(oos.rows), "gross_exposure": np.zeros_like(oos.rows.net_return)}),
        oos.sessions,
    )
    row = oos_row(train, idle, strategy="credit", variant="v", window="w").iloc[0]
    assert np.isnan(
        row[["oos_sharpe", "difference_lower", "false_alarm_probability"]].astype(float)
    ).all()
    assert not row["is_flagged"]


@pytest.fixture(scope="module")
def published(inputs, results) -> pd.DataFrame:
    return published_oos_rows(
        results.backtest_daily,
        results.walk_forward_windows,
        inputs.macro,
        sessions=to_days(inputs.sessions["session_date"]),
        defaults=DEFAULTS,
        split=0.6,
    )


def test_every_default_and_every_trained_half_year_is_compared(published, results) -> None:
    windows = results.walk_forward_windows
    trained = windows[windows["selection_reason"] != "too_few_sessions"]
    expected = {(s, "split_0.6") for s in DEFAULTS} | set(
        zip(trained["strategy"], trained["window"], strict=True)
    )
    assert set(zip(published["strategy"], published["window"], strict=True)) == expected


def test_half_years_train_ratio_is_the_one_that_chose_it(published, results) -> None:
    windows = results.walk_forward_windows.set_index(["strategy", "window"])
    rows = published[published["window"].str.contains("H")].set_index(["strategy", "window"])
    assert len(rows) >= 3
    chosen = windows.loc[rows.index]
    np.testing.assert_allclose(rows["train_sharpe"], chosen["train_sharpe"], rtol=1e-9)
    assert (rows["train_sessions"] == chosen["train_sessions"]).all()


def test_half_years_out_of_sample_ratio_is_that_of_its_metrics(published, results) -> None:
    metrics = results.backtest_metrics
    own = metrics[(metrics["variant"] == "walk_forward") & (metrics["metric"] == "sharpe")]
    known = own.set_index(["strategy", "sample"])["value"]
    for row in published[published["window"].str.contains("H")].itertuples():
        np.testing.assert_allclose(row.oos_sharpe, known[row.strategy, row.window], rtol=1e-9)


def test_train_ends_before_out_of_sample_begins(published) -> None:
    assert (published["train_last_date"] < published["oos_first_date"]).all()
