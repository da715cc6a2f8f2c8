"""Simulated company reports: their calendar, their sums, and when they become known."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from ingestion.sandbox.company import FLOWS
from ingestion.sandbox.market import Market
from ingestion.sandbox.statements import FILED_SAME_DAY_UNTIL, Statement
from ingestion.sandbox.view import View
from tests.ingestion.sandbox.conftest import SEED
from warehouse.sessions import NEW_YORK

COMPANIES = ("AAPL", "JPM", "XOM", "KO", "WMT", "DIS", "PFE", "QQQQ")


@pytest.fixture(scope="module")
def reports(market: Market) -> list[Statement]:
    return [report for symbol in COMPANIES for report in market.statements(symbol)]


def _days_to_acceptance(report: Statement) -> int:
    return (report.accepted_at.astimezone(NEW_YORK).date() - report.period_end).days


@pytest.mark.parametrize("symbol", [*COMPANIES, "ZZDL"])
def test_reports_never_depend_on_how_far_was_simulated(market: Market, symbol: str) -> None:
    short = Market(SEED, 2013).statements(symbol)
    assert short
    assert market.statements(symbol)[: len(short)] == short


@pytest.mark.parametrize("symbol", ["SPY", "HYG", "VXX"])
def test_funds_report_nothing(market: Market, symbol: str) -> None:
    assert market.statements(symbol) == ()


def test_year_is_the_sum_of_its_quarters(market: Market) -> None:
    for symbol in COMPANIES:
        found = market.statements(symbol)
        for year in (report for report in found if report.fiscal_period == "FY"):
            quarters = [
                report
                for report in found
                if report.fiscal_year == year.fiscal_year and report.fiscal_period != "FY"
            ]
            assert sorted(quarter.fiscal_period for quarter in quarters) == ["Q1", "Q2", "Q3", "Q4"]
            for name in FLOWS:
                total = sum(getattr(quarter.figures, name) for quarter in quarters)
                assert getattr(year.figures, name) == total
            assert year.figures.equity == quarters[-1].figures.equity
            assert year.accepted_at == quarters[-1].accepted_at


def test_acceptance_follows_the_period_by_weeks_and_is_sometimes_late(
    reports: list[Statement],
) -> None:
    quarters = [_days_to_acceptance(r) for r in reports if r.fiscal_period in ("Q1", "Q2", "Q3")]
    years = [_days_to_acceptance(r) for r in reports if r.fiscal_period == "FY"]
    on_time = [days for days in quarters if days <= 60]
    assert 25 <= min(on_time) <= max(on_time) <= 50
    assert min(years) >= 40
    assert 0.005 < np.mean(np.array(quarters) > 60) < 0.08
    assert max(years) > 90


def test_acceptance_falls_on_sessions_and_often_after_the_close(
    market: Market, reports: list[Statement]
) -> None:
    clocks = [report.accepted_at.astimezone(NEW_YORK) for report in reports]
    assert all(market.sessions.is_session(clock.date()) for clock in clocks)
    assert 0.3 < np.mean([clock.time() > time(16) for clock in clocks]) < 0.6
    for report, clock in zip(reports, clocks, strict=True):
        is_next_day = clock.time() > FILED_SAME_DAY_UNTIL
        assert (report.filing_date > clock.date()) == is_next_day


def test_report_is_visible_from_its_acceptance_on(market: Market) -> None:
    report = next(r for r in market.statements("KO") if r.period_end.year == 2020)

    def seen(now: datetime) -> list[Statement]:
        return View(market, now, ("KO",), date(2010, 1, 4)).statements("KO")

    assert report not in seen(report.accepted_at - timedelta(seconds=1))
    assert report in seen(report.accepted_at)


def test_unlisted_company_has_no_reports(market: Market) -> None:
    view = View(market, datetime(2026, 11, 20, tzinfo=UTC), ("KO",), date(2010, 1, 4))
    assert view.statements("AAPL") == []


def test_delisted_company_stops_reporting(market: Market) -> None:
    assert max(r.period_end for r in market.statements("ZZDL")) == date(2021, 12, 31)


def test_figures_look_like_a_company(reports: list[Statement]) -> None:
    years = [report for report in reports if report.fiscal_period == "FY"]
    multiples = [r.market_cap_usd / r.figures.net_income for r in years if r.figures.net_income > 0]
    returns = [r.figures.net_income / r.figures.equity for r in years]
    assert 12 < np.median(multiples) < 35
    assert 0.04 < np.median(returns) < 0.30
    assert all(r.figures.revenue > r.figures.gross_profit > 0 for r in reports)
    assert all(0 < r.figures.equity < r.figures.total_assets for r in reports)


def test_shares_follow_the_splits(market: Market) -> None:
    split = market.history("AAPL").splits[-1]
    day, ratio = market.days[split.at], split.shares_after / split.shares_before
    quarters = sorted(
        (r for r in market.statements("AAPL") if r.fiscal_period != "FY"),
        key=lambda report: report.period_end,
    )
    before = [r for r in quarters if r.period_end < day][-1]
    after = next(r for r in quarters if r.period_end >= day)
    assert after.shares / before.shares == pytest.approx(ratio, rel=0.02)
