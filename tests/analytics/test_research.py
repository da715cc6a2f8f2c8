"""One variant asked for by a person, on the small simulated build."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InputError, ParameterError
from analytics.research import Question, run_research
from tests.analytics.night_inputs import DAYS, night_of

KEY = ["session_date"]


def rows_of(frame: pd.DataFrame, strategy: str, variant: str) -> pd.DataFrame:
    found = frame[(frame["strategy"] == strategy) & (frame["variant"] == variant)]
    return found.sort_values("session_date").reset_index(drop=True)


@pytest.fixture(scope="module")
def whole(inputs):
    return run_research(inputs, Question("equities", "trade", split=0.7))


def test_whole_period_gives_the_rows_of_the_night(whole, results) -> None:
    """The night's rows of a strategy begin together, so the last rows are compared."""
    own = rows_of(whole.tables["backtest_daily"], "equities", "trade")
    night = rows_of(results.backtest_daily, "equities", "trade")
    assert own["session_date"].iloc[-1] == night["session_date"].iloc[-1]
    merged = own.merge(night, on="session_date", suffixes=("", "_night"))
    assert len(merged) == len(own)
    np.testing.assert_allclose(merged["net_return"], merged["net_return_night"], atol=1e-12)


def test_period_begins_with_its_first_session_at_full_equity(inputs, results) -> None:
    answer = run_research(inputs, Question("equities", "trade", first_day=night_of(500)))
    own = rows_of(answer.tables["backtest_daily"], "equities", "trade")
    assert own["session_date"].iloc[0] == pd.Timestamp(str(DAYS[500]))
    # the target in force at the close before is bought at the first open
    first = pd.Timestamp(str(DAYS[500]))
    fills = answer.tables["backtest_positions"]
    fills = fills[fills["effective_session"] == first]
    signals = inputs.signals[
        (inputs.signals["strategy"] == "equities") & (inputs.signals["variant"] == "trade")
    ]
    known = signals[signals["session_date"] <= pd.Timestamp(str(DAYS[499]))]
    wanted = known.sort_values("session_date").groupby("symbol")["target_weight"].last()
    assert fills.set_index("symbol")["target_weight"].to_dict() == wanted[wanted != 0].to_dict()
    bought = (fills["shares"] * fills["fill_price_usd"]).sum()
    assert own["turnover"].iloc[0] == pytest.approx(bought / 1e6, rel=1e-12)


def test_trial_is_of_the_whole_history_whatever_the_period(inputs, whole) -> None:
    part = run_research(inputs, Question("equities", "trade", first_day=night_of(600)))
    pd.testing.assert_frame_equal(part.trial, whole.trial)
    assert part.search.trials == whole.search.trials


def test_trial_is_filled_at_the_next_open_whatever_the_configuration(inputs, whole) -> None:
    config = replace(inputs.portfolio_config, fill="next_close")
    closing = run_research(
        replace(inputs, portfolio_config=config), Question("equities", "trade", split=0.7)
    )
    pd.testing.assert_frame_equal(closing.trial, whole.trial)
    assert not closing.tables["backtest_daily"]["net_return"].equals(
        whole.tables["backtest_daily"]["net_return"]
    )


def test_benchmarks_begin_with_the_variant_and_pay_to_enter(whole) -> None:
    daily = whole.tables["backtest_daily"]
    own = rows_of(daily, "equities", "trade")
    for name in ("spy", "sixty_forty", "equal_weight"):
        other = rows_of(daily, "benchmark", name)
        assert other["session_date"].tolist() == own["session_date"].tolist()


def test_other_benchmark_has_a_path_of_its_own(inputs) -> None:
    answer = run_research(inputs, Question("credit", "fast", benchmark="HYG"))
    names = set(answer.tables["backtest_daily"]["variant"])
    assert names == {"fast", "hyg", "spy", "sixty_forty", "equal_weight"}


def test_benchmark_without_prices_is_refused(inputs) -> None:
    with pytest.raises(InputError, match="QQQ"):
        run_research(inputs, Question("credit", "fast", benchmark="QQQ"))


def test_period_without_a_decision_is_refused(inputs) -> None:
    with pytest.raises(InputError, match="longer"):
        run_research(inputs, Question("credit", "fast", first_day=date(2099, 1, 1)))


def test_period_too_short_to_split_is_refused(inputs) -> None:
    with pytest.raises(ParameterError, match="longer period"):
        run_research(inputs, Question("credit", "fast", first_day=night_of(692), split=0.7))


def test_samples_of_a_split_have_their_own_metrics(whole) -> None:
    metrics = whole.tables["backtest_metrics"]
    own = metrics[(metrics["strategy"] == "equities") & (metrics["metric"] == "sharpe")]
    value = own.set_index("sample")["value"]
    row = whole.tables["oos"].iloc[0]
    assert value["train"] == pytest.approx(row["train_sharpe"], rel=1e-12)
    assert value["oos"] == pytest.approx(row["oos_sharpe"], rel=1e-12)


def test_trial_counts_itself_and_everything_before(inputs) -> None:
    earlier = pd.DataFrame(
        [("credit", f"set {n}", n / 100) for n in range(5)],
        columns=["strategy", "parameters", "sharpe_per_session"],
    )
    answer = run_research(replace(inputs, trials=earlier), Question("credit", "fast"))
    assert answer.search.trials == 6
    assert answer.trial["parameters"].tolist() == ['{"pace": "fast"}']


def test_short_history_has_a_shorter_window(inputs) -> None:
    answer = run_research(inputs, Question("credit", "fast", first_day=night_of(550)))
    assert answer.rolling_window == 63
    assert answer.tables["rolling_sharpe"]["value"].notna().sum() == 150 - 62


def test_episodes_are_falls_of_the_benchmark_within_the_period(inputs) -> None:
    answer = run_research(inputs, Question("credit", "fast", first_day=night_of(550)))
    episodes = answer.tables["episodes"]
    falls = episodes[~episodes["is_named"]]
    assert (falls["benchmark_return"] < 0).all()
    assert (falls["first_date"] >= pd.Timestamp(str(DAYS[549]))).all()
    np.testing.assert_array_less(-1.0, falls["net_return"])
