"""Two nights with a missed one between them: what their decisions earned, beside the backtest."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.night import NightOptions
from tests.conftest import NightHome
from tests.nights.conftest import QuickNight
from warehouse.connection import connect

FRIDAY, MONDAY, TUESDAY = date(2024, 6, 28), date(2024, 7, 1), date(2024, 7, 2)


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory,
    small_night: Callable[[Path], Path],
    quick_night: QuickNight,
) -> NightHome:
    """Friday and Tuesday were run, Monday was not."""
    folder = small_night(tmp_path_factory.mktemp("record"))
    quick_night(folder, datetime(2024, 7, 2, 22, 30, tzinfo=UTC))
    return NightHome(folder, "")


def rows(night: NightHome, query: str) -> list[tuple[Any, ...]]:
    with connect(night.published, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_record_has_a_row_per_session_since_the_first_recorded_night(home: NightHome) -> None:
    found = rows(
        home,
        "select session_date, decision_night, is_recorded_night, night_status, note "
        "from analytics.record_daily order by 1",
    )
    assert found == [
        (MONDAY, FRIDAY, True, "CLEAN", "begins with cash"),
        (TUESDAY, FRIDAY, False, "MISSED", "night 2024-07-01 is not in the record (missed)"),
    ]


def test_record_carries_out_what_was_published(home: NightHome) -> None:
    """The exposure of Monday's close follows from Friday's decisions and two prices alone."""
    expected = rows(
        home,
        """
        with decided as (
            select symbol, sum(final_weight) as weight
            from analytics.decisions where night = '2024-06-28' group by symbol
        ),
        bought as (
            select weight / sized.adjusted_close_usd as shares, filled.*
            from decided
            inner join marts.fct_prices as sized
                on sized.symbol = decided.symbol and sized.session_date = '2024-06-28'
            inner join marts.fct_prices as filled
                on filled.symbol = decided.symbol and filled.session_date = '2024-07-01'
            where abs(weight) >= 0.0025
        )
        select sum(abs(shares * adjusted_close_usd)), sum(abs(shares * adjusted_open_usd))
        from bought
        """,
    )[0]
    ((gross, turnover, net),) = rows(
        home,
        "select gross_exposure, turnover, net_return from analytics.record_daily "
        "where session_date = '2024-07-01'",
    )
    assert expected[0] > 0.01
    assert gross * (1 + net) == pytest.approx(expected[0], rel=1e-12)
    assert turnover == pytest.approx(expected[1], rel=1e-12)


def test_backtest_stands_beside_it(home: NightHome) -> None:
    apart = rows(
        home,
        "select count(*) from analytics.record_daily as r inner join analytics.portfolio_daily "
        "as p using (session_date) where r.backtest_net_return <> p.net_return "
        "or r.difference_return <> r.net_return - p.net_return",
    )
    assert apart == [(0,)]


def test_record_is_no_part_of_what_a_night_is_hashed_by(home: NightHome) -> None:
    text = (home.home / "warehouse" / "nights" / "2024-07-02" / "manifest.json").read_text()
    assert "analytics.portfolio_daily" in text
    assert "analytics.record" not in text


def test_report_says_it_in_a_sentence(home: NightHome) -> None:
    html = (home.home / "reports" / "latest.html").read_text()
    assert "The record: what 1 night decided since 2024-06-28 has earned" in html
    assert "With 1 night nothing can be concluded: it takes at least 20." in html
    assert "Tonight added" in html


def test_night_of_the_past_knows_no_later_decision(
    home: NightHome, quick_night: QuickNight
) -> None:
    past = NightOptions(as_of=datetime(2024, 7, 1, 23, 59, tzinfo=UTC))
    quick_night(home.home, datetime(2024, 7, 2, 23, tzinfo=UTC), past)
    assert rows(home, "select session_date from analytics.record_daily") == [(MONDAY,)]
