"""The made-up market, whose companies also report: FMP's statements, Finnhub's metrics, the curve.

Every company's fiscal years end on 31 December; the report of a year is accepted on 20 February at
16:45 New York. Its key metrics say return on equity 0.1 and earnings yield 0.05.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.ingestion.market import Market
from tests.ingestion.transport import Canned

REFUSAL = "Premium Query Parameter: 'Special {} : ... '{}' is not available under your subscription"
PAGES = {
    "/stable/income-statement": {"revenue": 1000.0, "netIncome": 100},
    "/stable/key-metrics": {"returnOnEquity": 0.1, "earningsYield": 0.05},
    "/stable/ratios": {"netProfitMargin": 0.1},
}


class ReportingMarket(Market):
    """`funds`: names without statements. `plan` free: five years, no quarters, not ZZR."""

    def __init__(self) -> None:
        super().__init__()
        self.funds: set[str] = set()

    def _fmp(self, path: str, query: dict[str, str], request: Any) -> Canned:
        if path == "/stable/treasury-rates":
            return self._curve(date.fromisoformat(query["from"]), date.fromisoformat(query["to"]))
        if path not in (*PAGES, "/stable/profile"):
            return super()._fmp(path, query, request)
        symbol = query["symbol"]
        if refusal := self._refusal(query) if self.plan == "free" else None:
            return Canned(refusal, 402, "text/plain")
        if path == "/stable/profile":
            names = {"companyName": f"{symbol} Inc.", "sector": "Technology", "industry": ""}
            is_fund = symbol in self.funds
            return Canned([{"symbol": symbol, **names, "country": "US", "isEtf": is_fund}])
        if symbol in self.funds:
            return Canned([])
        years = range(self.today().year - 1, self.today().year - 1 - int(query["limit"]), -1)
        is_annual = query["period"] == "annual"
        return Canned([report(path, symbol, year, is_annual=is_annual) for year in years])

    def _refusal(self, query: dict[str, str]) -> str | None:
        if query["symbol"] == "ZZR":
            return REFUSAL.format("Endpoint", "symbol")
        if query.get("period") == "quarter":
            return REFUSAL.format("Endpoint", "period")
        return REFUSAL.format("Parameters", "limit") if int(query.get("limit", 0)) > 5 else None

    def _curve(self, first: date, last: date) -> Canned:
        assert (last - first).days < 90
        rows = [
            {"date": f"{day}", "month3": 1.01, "year30": None} for day in self.days(first, last)
        ]
        return Canned(rows[::-1])

    def _finnhub(self, path: str, query: dict[str, str], request: Any) -> Canned:
        if not path.endswith("/stock/metric"):
            return super()._finnhub(path, query, request)
        metric = {"peTTM": 20.0, "roeTTM": 15.5, "52WeekHighDate": "2017-03-02", "beta": None}
        series = {"annual": {"currentRatio": [{"period": "2016-12-31", "v": 1.4}]}}
        return Canned({"metric": metric, "series": series, "symbol": query["symbol"]})


def report(path: str, symbol: str, year: int, *, is_annual: bool = True) -> dict[str, Any]:
    """One report as a page of FMP shows it."""
    ended = date(year, 12, 31) if is_annual else date(year, 3, 31)
    accepted = f"{ended + timedelta(days=51)} 16:45:00"
    stamps = {"filingDate": accepted[:10], "acceptedDate": accepted} if "income" in path else {}
    return {
        "symbol": symbol, "date": f"{ended}", "fiscalYear": str(year),
        "period": "FY" if is_annual else "Q1", "reportedCurrency": "USD",
        **stamps, **PAGES[path],
    }  # fmt: skip


ACCEPTED_2016 = datetime(2017, 2, 20, 21, 45, tzinfo=UTC)
"""When the report of 2016 was accepted."""
