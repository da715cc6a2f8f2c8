"""Headline figures of a published path, as they stood at an earlier session."""

import numpy as np
import pandas as pd
import pytest

from analytics.headline import HEADLINE_METRICS, headline_metrics
from analytics.night import run_analytics
from tests.analytics.night_inputs import DAYS, N_SESSIONS, night_inputs, night_of

EARLIER = N_SESSIONS - 40


def paths(results) -> pd.DataFrame:
    daily = results.backtest_daily
    return daily[(daily["variant"] == "walk_forward") | (daily["strategy"] == "portfolio")]


def published(results) -> dict[tuple[str, str], float]:
    rows = results.backtest_metrics
    rows = rows[
        (rows["sample"] == "full")
        & ((rows["variant"] == "walk_forward") | (rows["strategy"] == "portfolio"))
        & rows["metric"].isin(HEADLINE_METRICS)
    ]
    return {(row.strategy, row.metric): row.value for row in rows.itertuples()}


def computed(results, inputs, last: int) -> dict[tuple[str, str], float]:
    return headline_metrics(
        paths(results), inputs.macro, sessions=DAYS[: last + 1], until=night_of(last)
    )


def test_figures_of_the_last_session_are_the_published_ones(inputs, results) -> None:
    assert computed(results, inputs, N_SESSIONS - 1) == published(results)


def test_figures_of_an_earlier_session_are_what_its_own_night_published(inputs, results) -> None:
    own = published(run_analytics(night_inputs(EARLIER)))
    assert len(own) == 4 * len(HEADLINE_METRICS)
    assert computed(results, inputs, EARLIER) == pytest.approx(own, rel=1e-12)


def test_rows_after_the_session_do_not_count(inputs, results) -> None:
    later = paths(results)["session_date"] > pd.Timestamp(night_of(EARLIER))
    poisoned = paths(results).assign(
        net_return=lambda rows: np.where(later, -0.5, rows["net_return"])
    )
    found = headline_metrics(
        poisoned, inputs.macro, sessions=DAYS[: EARLIER + 1], until=night_of(EARLIER)
    )
    assert found == computed(results, inputs, EARLIER)
