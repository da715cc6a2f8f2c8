"""How many parameter sets were tried, and how far apart their Sharpe ratios lie."""

import math

import numpy as np
import pandas as pd
import pytest

from analytics.inference import expected_maximum_sharpe
from analytics.night import run_analytics
from analytics.trials import Search, count_trials


def tried(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["strategy", "parameters", "sharpe_per_session"])


OWN = tried(("credit", "a", 0.01), ("credit", "b", 0.03), ("equities", "a", 0.05))


def test_same_parameters_of_two_strategies_are_two_trials() -> None:
    assert count_trials(OWN).trials == 3


def test_variance_is_the_sample_variance_of_the_ratios_per_session() -> None:
    # mean 0.03, squares 4e-4 + 0 + 4e-4 over 3 - 1
    assert count_trials(OWN).variance == pytest.approx(4e-4, rel=1e-12)


def test_parameter_set_known_before_counts_once_with_its_ratio_of_tonight() -> None:
    found = count_trials(OWN, tried(("credit", "a", 9.0)))
    assert found == count_trials(OWN)


def test_trial_of_an_earlier_command_counts_in_both() -> None:
    # 0.01 0.03 0.05 0.07: mean 0.04, squares 9 + 1 + 1 + 9 (e-4) over 3
    found = count_trials(OWN, tried(("equities", "z", 0.07)))
    assert (found.trials, found.variance) == (4, pytest.approx(20e-4 / 3, rel=1e-12))


def test_trial_without_a_ratio_counts_in_n_and_not_in_v() -> None:
    found = count_trials(OWN, tried(("equities", "z", math.nan)))
    assert (found.trials, found.variance) == (4, count_trials(OWN).variance)


def test_order_of_rows_changes_no_bit() -> None:
    earlier = tried(*(("equities", str(n), n / 7) for n in range(20)))
    assert count_trials(OWN[::-1], earlier[::-1]) == count_trials(OWN, earlier)


def test_spread_of_a_single_ratio_is_unknown_and_so_is_the_maximum() -> None:
    found = count_trials(tried(("credit", "a", 0.1), ("credit", "b", math.nan)))
    assert math.isnan(found.variance)
    assert math.isnan(found.expected_maximum)
    assert Search(1, math.nan).expected_maximum == 0.0


def metric(results, name: str) -> pd.DataFrame:
    frame = results.backtest_metrics
    rows = frame[(frame["metric"] == name) & (frame["sample"] == "full")]
    return rows.set_index(["strategy", "variant"])["value"]


def test_night_deflates_by_what_it_tried_itself(inputs, results) -> None:
    names = zip(inputs.variants["strategy"], inputs.variants["variant"], strict=True)
    grid = metric(results, "sharpe")[list(names)]
    bar = expected_maximum_sharpe(6, float(np.var(grid / math.sqrt(252), ddof=1)))
    # above the bar the deflated value is above one half, below it below
    is_above = metric(results, "sharpe") / math.sqrt(252) > bar
    known = metric(results, "deflated_sharpe").dropna()
    assert len(known) >= 10
    assert ((known > 0.5) == is_above[known.index]).all()


def test_more_trials_before_tonight_deflate_more(inputs, results) -> None:
    from dataclasses import replace

    # as many again, spread as tonight's own are: N doubles, V hardly moves
    earlier = inputs.variants.assign(
        parameters=lambda rows: rows["parameters"] + "!",
        sharpe_per_session=[
            metric(results, "sharpe")[key] / math.sqrt(252)
            for key in zip(inputs.variants["strategy"], inputs.variants["variant"], strict=True)
        ],
    )
    more = run_analytics(replace(inputs, trials=earlier))
    before, after = (metric(found, "deflated_sharpe").dropna() for found in (results, more))
    assert (after <= before).all()
    assert (after < before).any()
    assert metric(more, "sharpe").equals(metric(results, "sharpe"))
