import numpy as np
import pytest

from tests.dbt.conftest import frame
from warehouse.connection import Connection

pytestmark = pytest.mark.xdist_group("dbt")


def test_adjusted_close_follows_the_stated_recursion_for_sixteen_years(built: Connection) -> None:
    prices = frame(
        built,
        "select close_usd, dividend_usd, split_ratio, adjusted_close_usd "
        "from marts.fct_prices where symbol = 'AAA' order by session_date",
    )
    adjusted = [prices.close_usd[0]]
    for t in range(1, len(prices)):
        paid = prices.close_usd[t] + prices.dividend_usd[t]
        adjusted.append(adjusted[-1] * paid * prices.split_ratio[t] / prices.close_usd[t - 1])

    assert len(prices) > 4200
    assert prices.adjusted_close_usd.to_numpy() == pytest.approx(np.array(adjusted), rel=1e-9)


def test_dividends_and_splits_are_all_applied(built: Connection) -> None:
    applied = built.execute(
        "select count(*) filter (where dividend_usd = 0.25), "
        "count(*) filter (where split_ratio = 2) from marts.fct_prices where symbol = 'AAA'"
    ).fetchone()
    actions = built.execute(
        "select count(*) filter (where kind = 'dividend'), count(*) filter (where kind = 'split')"
        " from intermediate.int_corporate_actions_reconciled where symbol = 'AAA'"
    ).fetchone()
    assert applied == actions == (67, 1)


def test_adjusted_bar_keeps_the_shape_of_the_raw_bar(built: Connection) -> None:
    worst = built.execute(
        "select max(abs(adjusted_high_usd / adjusted_close_usd - high_usd / close_usd))"
        " from marts.fct_prices"
    ).fetchone()
    assert worst[0] < 1e-12


def test_reconciled_prices_keep_every_provider(built: Connection) -> None:
    kept = built.execute(
        "select bool_and(in_polygon and in_fmp and polygon_close_usd = fmp_close_usd),"
        " list(distinct provider) from intermediate.int_prices_reconciled"
    ).fetchone()
    assert kept == (True, ["polygon"])
