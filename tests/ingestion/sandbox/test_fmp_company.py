"""FMP's statements, metrics, ratios and profile over real HTTP."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ingestion.sandbox.market import Market
from ingestion.sandbox.statements import Statement
from tests.ingestion.sandbox.conftest import Client


def _reports(client: Client, page: str, symbol: str = "KO", **query: Any) -> list[dict[str, Any]]:
    return client.get("fmp", page, symbol=symbol, **{"limit": 100, **query}).json()


def test_income_statement_tells_when_it_was_accepted(client: Client, market: Market) -> None:
    row = _reports(client, "/income-statement")[0]
    report: Statement = next(
        r for r in market.statements("KO")
        if r.fiscal_period == "FY" and r.period_end.isoformat() == row["date"]
    )  # fmt: skip
    assert datetime.fromisoformat(row["acceptedDate"]).date() <= report.filing_date
    assert row["filingDate"] == report.filing_date.isoformat()
    assert (row["period"], row["netIncome"], row["eps"]) == (
        "FY", report.figures.net_income, report.eps_usd,
    )  # fmt: skip
    taxed = row["incomeBeforeTax"] - row["incomeTaxExpense"]
    costs = row["costOfRevenue"] + row["operatingExpenses"] + row["interestExpense"]
    assert taxed == row["netIncome"]
    assert row["revenue"] - costs == row["incomeBeforeTax"]


@pytest.mark.parametrize(("period", "names"), [
    ("annual", {"FY"}), ("quarter", {"Q1", "Q2", "Q3", "Q4"}), ("Q2", {"Q2"}),
])  # fmt: skip
@pytest.mark.parametrize("page", ["/income-statement", "/key-metrics", "/ratios"])
def test_reports_come_by_period_newest_first(
    client: Client, page: str, period: str, names: set[str]
) -> None:
    rows = _reports(client, page, period=period)
    assert {row["period"] for row in rows} == names
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    assert len(_reports(client, page, period=period, limit=3)) == 3


@pytest.mark.parametrize("period", ["annual", "quarter"])
def test_metrics_and_ratios_agree_with_statement_and_price(
    client: Client, market: Market, period: str
) -> None:
    pages = ("/income-statement", "/key-metrics", "/ratios")
    for income, metrics, ratios in zip(
        *(_reports(client, page, "JPM", period=period) for page in pages), strict=True
    ):
        at = market.session_number(date.fromisoformat(income["date"]))
        price = market.history("JPM").close[at]
        cap = metrics["marketCap"]
        assert cap == pytest.approx(income["weightedAverageShsOut"] * price)
        assert metrics["earningsYield"] == pytest.approx(income["netIncome"] / cap, abs=1e-6)
        assert ratios["netProfitMargin"] == pytest.approx(
            income["netIncome"] / income["revenue"], abs=1e-6
        )
        equity = ratios["bookValuePerShare"] * income["weightedAverageShsOut"]
        assert metrics["returnOnEquity"] == pytest.approx(income["netIncome"] / equity, rel=1e-3)
        assert "filingDate" not in metrics


def test_report_appears_with_its_acceptance(
    client_at: Callable[..., Client], market: Market
) -> None:
    report = next(r for r in market.statements("KO") if r.period_end.year == 2024)
    day = report.period_end.isoformat()
    for now, is_there in (
        (report.accepted_at - timedelta(seconds=1), False),
        (report.accepted_at, True),
    ):
        rows = _reports(client_at(now, ("KO",)), "/key-metrics", period="quarter")
        assert (day in {row["date"] for row in rows}) == is_there


@pytest.mark.parametrize("page", ["/income-statement", "/key-metrics", "/ratios"])
def test_funds_have_no_reports(client: Client, page: str) -> None:
    assert _reports(client, page, "SPY") == []


def test_profile_is_a_list_of_one(client: Client, market: Market) -> None:
    (company,) = client.get("fmp", "/profile", symbol="KO").json()
    (fund,) = client.get("fmp", "/profile", symbol="SPY").json()
    at = market.session_number(date(2026, 11, 20))
    assert company["price"] == market.history("KO").close[at]
    assert (company["sector"], company["isEtf"], fund["isEtf"]) == (
        "Consumer Defensive", False, True,
    )  # fmt: skip
    metrics = _reports(client, "/key-metrics", period="quarter")[0]
    assert company["marketCap"] == pytest.approx(metrics["marketCap"], rel=0.5)
    assert client.get("fmp", "/profile", symbol="ZZDL").json()[0]["isActivelyTrading"] is False


@pytest.mark.parametrize("page", ["/income-statement", "/key-metrics", "/ratios"])
def test_earlier_reports_stay_as_they_were(
    client: Client, client_at: Callable[..., Client], page: str
) -> None:
    earlier = client_at(datetime(2026, 7, 10, 22, 30, tzinfo=UTC), ("KO", "JPM", "HYG"))
    old = _reports(earlier, page, period="quarter")
    new = _reports(client, page, period="quarter")
    assert len(new) > len(old) > 50
    assert new[-len(old) :] == old
