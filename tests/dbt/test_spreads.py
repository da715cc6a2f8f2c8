import numpy as np
import pandas as pd
import pytest

from tests.dbt.conftest import frame
from warehouse.connection import Connection

pytestmark = pytest.mark.xdist_group("dbt")


def percentile(levels: pd.Series) -> pd.Series:
    """Share of the trailing 756 values (at least 252) at or below the newest."""
    return levels.rolling(756, min_periods=252).apply(lambda w: (w <= w[-1]).mean(), raw=True)


def zscore(levels: pd.Series) -> pd.Series:
    window = levels.rolling(60)
    return (levels - window.mean()) / window.std()


@pytest.mark.parametrize("source", ["oas", "price_proxy"])
def test_spread_statistics_equal_pandas(built: Connection, source: str) -> None:
    rows = frame(
        built, f"from marts.fct_spreads where spread_source = '{source}' order by session_date"
    )
    level = rows.hy_oas_pct if source == "oas" else rows.hy_ig_spread_pct
    assert len(rows) > 4200
    for found, expected in (
        (rows.spread_zscore, zscore(rows.hy_ig_spread_pct)),
        (rows.hy_oas_percentile, percentile(level)),
        (rows.credit_stress, 2 * percentile(level) - 1),
    ):
        assert found.to_numpy() == pytest.approx(
            expected.to_numpy(), rel=1e-9, abs=1e-9, nan_ok=True
        )


def test_price_proxy_is_the_log_ratio_of_the_funds(built: Connection) -> None:
    rows = frame(
        built,
        "select s.hy_ig_spread_pct, lqd.adjusted_close_usd as lqd, hyg.adjusted_close_usd as hyg "
        "from marts.fct_spreads s "
        "inner join marts.fct_prices lqd on lqd.symbol = 'LQD' "
        "and lqd.session_date = s.session_date "
        "inner join marts.fct_prices hyg on hyg.symbol = 'HYG' "
        "and hyg.session_date = s.session_date where spread_source = 'price_proxy'",
    )
    assert rows.hy_ig_spread_pct.to_numpy() == pytest.approx(np.log(rows.lqd) - np.log(rows.hyg))


def test_decision_reads_yesterdays_spread(built: Connection) -> None:
    ages = built.execute(
        "select list(distinct age_sessions), list(distinct spread_source) "
        "from intermediate.int_spreads_joined_as_of where session_date > '2009-08-03'"
    ).fetchone()
    assert ages == ([1], ["oas"])
