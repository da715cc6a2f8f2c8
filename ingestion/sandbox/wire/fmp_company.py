"""FMP's pages about one company: profile, income statement, key metrics and ratios."""

import zlib
from collections.abc import Callable
from datetime import timedelta

from ingestion.sandbox.bars import Bar
from ingestion.sandbox.statements import Statement
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import shares_since
from ingestion.sandbox.wire.http import BadParameterError, Reply, Request, asked_symbol, json_reply
from warehouse.sessions import NEW_YORK

PERIODS = {
    "annual": ("FY",), "quarter": ("Q1", "Q2", "Q3", "Q4"), "FY": ("FY",),
    "Q1": ("Q1",), "Q2": ("Q2",), "Q3": ("Q3",), "Q4": ("Q4",),
}  # fmt: skip
DEFAULT_ROWS, MOST_ROWS = 5, 1000
SECTORS = {
    "technology": ("Technology", "Software"),
    "banks": ("Financial Services", "Banks"),
    "energy": ("Energy", "Oil & Gas"),
    "health": ("Healthcare", "Drug Manufacturers"),
    "staples": ("Consumer Defensive", "Household Products"),
    "retail": ("Consumer Cyclical", "Retail"),
    "media": ("Communication Services", "Entertainment"),
}
FUND = ("Financial Services", "Asset Management")

Row = dict[str, object]


def income_statement(request: Request) -> Reply:
    """`/income-statement`: the only page with the moment of acceptance, in New York time."""
    return _reports(request, _income_row)


def key_metrics(request: Request) -> Reply:
    """`/key-metrics`: of the period alone, not annualised; without a filing date."""
    return _reports(request, _metrics_row)


def ratios(request: Request) -> Reply:
    """`/ratios`: of the period alone, not annualised; without a filing date."""
    return _reports(request, _ratios_row)


def _reports(request: Request, row: Callable[[Statement, str], Row]) -> Reply:
    symbol = asked_symbol(request)
    period = request.query.get("period", "annual")
    if period not in PERIODS:
        raise BadParameterError("period")
    size = request.number("limit", DEFAULT_ROWS, lowest=0, highest=MOST_ROWS)
    found = [
        report
        for report in request.view.statements(symbol)
        if report.fiscal_period in PERIODS[period]
    ]
    newest_first = sorted(found, key=lambda report: report.period_end, reverse=True)[:size]
    return json_reply([{**_head(report, symbol), **row(report, symbol)} for report in newest_first])


def _head(report: Statement, symbol: str) -> Row:
    return {
        "symbol": symbol,
        "date": report.period_end.isoformat(),
        "fiscalYear": str(report.fiscal_year),
        "period": report.fiscal_period,
        "reportedCurrency": "USD",
    }


def _income_row(report: Statement, symbol: str) -> Row:
    figures = report.figures
    taxes = figures.income_before_tax - figures.net_income
    other_costs = figures.gross_profit - figures.operating_income
    return {
        "cik": _cik(symbol),
        "filingDate": report.filing_date.isoformat(),
        "acceptedDate": f"{report.accepted_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}",
        "revenue": figures.revenue,
        "costOfRevenue": figures.revenue - figures.gross_profit,
        "grossProfit": figures.gross_profit,
        "researchAndDevelopmentExpenses": figures.research,
        "sellingGeneralAndAdministrativeExpenses": other_costs - figures.research,
        "operatingExpenses": other_costs,
        "operatingIncome": figures.operating_income,
        "interestExpense": figures.interest_expense,
        "depreciationAndAmortization": figures.depreciation,
        "ebitda": figures.operating_income + figures.depreciation,
        "ebit": figures.operating_income,
        "incomeBeforeTax": figures.income_before_tax,
        "incomeTaxExpense": taxes,
        "netIncome": figures.net_income,
        "eps": report.eps_usd,
        "epsDiluted": report.eps_usd,
        "weightedAverageShsOut": report.shares,
        "weightedAverageShsOutDil": report.shares,
    }


def _metrics_row(report: Statement, symbol: str) -> Row:
    figures, market_cap = report.figures, report.market_cap_usd
    enterprise = market_cap + figures.total_debt - figures.cash
    ebitda = figures.operating_income + figures.depreciation
    invested = figures.equity + figures.total_debt
    return {
        "marketCap": market_cap,
        "enterpriseValue": round(enterprise, 2),
        "evToSales": _over(enterprise, figures.revenue),
        "evToEBITDA": _over(enterprise, ebitda),
        "evToFreeCashFlow": _over(enterprise, figures.free_cash_flow),
        "netDebtToEBITDA": _over(figures.total_debt - figures.cash, ebitda),
        "currentRatio": _over(figures.current_assets, figures.current_liabilities),
        "incomeQuality": _over(figures.net_income + figures.depreciation, figures.net_income),
        "workingCapital": figures.current_assets - figures.current_liabilities,
        "investedCapital": invested,
        "returnOnAssets": _over(figures.net_income, figures.total_assets),
        "returnOnEquity": _over(figures.net_income, figures.equity),
        "returnOnInvestedCapital": _over(figures.net_income + figures.interest_expense, invested),
        "earningsYield": _over(figures.net_income, market_cap),
        "freeCashFlowYield": _over(figures.free_cash_flow, market_cap),
        "capexToRevenue": _over(figures.capital_expenditure, figures.revenue),
        "researchAndDevelopementToRevenue": _over(figures.research, figures.revenue),
    }


def _ratios_row(report: Statement, symbol: str) -> Row:
    figures, market_cap = report.figures, report.market_cap_usd
    paid = _over(figures.dividends_paid, market_cap)
    return {
        "grossProfitMargin": _over(figures.gross_profit, figures.revenue),
        "operatingProfitMargin": _over(figures.operating_income, figures.revenue),
        "netProfitMargin": _over(figures.net_income, figures.revenue),
        "currentRatio": _over(figures.current_assets, figures.current_liabilities),
        "quickRatio": _over(0.8 * figures.current_assets, figures.current_liabilities),
        "priceToEarningsRatio": _over(market_cap, figures.net_income),
        "priceToBookRatio": _over(market_cap, figures.equity),
        "priceToSalesRatio": _over(market_cap, figures.revenue),
        "priceToFreeCashFlowRatio": _over(market_cap, figures.free_cash_flow),
        "debtToEquityRatio": _over(figures.total_debt, figures.equity),
        "dividendPayoutRatio": _over(figures.dividends_paid, figures.net_income),
        "dividendYield": paid,
        "dividendYieldPercentage": round(100 * paid, 4),
        "bookValuePerShare": _over(figures.equity, report.shares),
    }


def _over(amount: float, base: float) -> float:
    """A ratio as FMP gives it: 0 where the base is 0."""
    return round(amount / base, 6) if base else 0.0


def _cik(symbol: str) -> str:
    return f"{zlib.crc32(symbol.encode()) % 10**7:010d}"


def profile(request: Request) -> Reply:
    """`/profile`: a list of one, or of none if the name is unknown."""
    symbol, view = asked_symbol(request), request.view
    bars = view.bars(symbol, view.today - timedelta(days=365), view.today)
    if symbol not in view.listed:
        return json_reply([])
    listed = view.market.history(symbol).instrument
    is_fund = listed.kind != "stock"
    sector, industry = FUND if is_fund else SECTORS[listed.sector]
    return json_reply(
        [
            {
                "symbol": symbol,
                **_market_fields(view, symbol, bars),
                "beta": listed.beta,
                "companyName": f"{symbol} Sandbox {'Fund' if is_fund else 'Corporation'}",
                "currency": "USD",
                "cik": _cik(symbol),
                "isin": "",
                "cusip": "",
                "exchangeFullName": "Sandbox Exchange",
                "exchange": "SANDBOX",
                "industry": industry,
                "website": "https://sandbox.example",
                "description": "A simulated name of the sandbox market.",
                "ceo": "",
                "sector": sector,
                "country": "US",
                "fullTimeEmployees": "" if is_fund else "1000",
                "phone": "",
                "address": "",
                "city": "",
                "state": "",
                "zip": "",
                "image": "https://sandbox.example/logo.png",
                "ipoDate": listed.first_day.isoformat(),
                "defaultImage": True,
                "isEtf": is_fund,
                "isActivelyTrading": bool(bars),
                "isAdr": False,
                "isFund": False,
            }
        ]
    )


def _market_fields(view: View, symbol: str, bars: list[Bar]) -> Row:
    """What the last session and the last year say; zeros for a name that no longer trades."""
    closes = [bar.close for bar in bars if bar.close is not None]
    if not closes:
        return dict.fromkeys(
            ("price", "marketCap", "lastDividend", "change", "changePercentage", "volume",
             "averageVolume"), 0
        ) | {"range": "0-0"}  # fmt: skip
    close, before = closes[-1], closes[-2] if len(closes) > 1 else closes[-1]
    year_ago = view.today - timedelta(days=365)
    return {
        "price": close,
        "marketCap": round(close * shares_now(view, symbol)),
        "lastDividend": round(
            sum(
                paid.cash_usd / shares_since(view, symbol, paid.at)
                for paid in view.dividends(symbol)
                if view.market.days[paid.at] > year_ago
            ),
            4,
        ),
        "range": f"{min(closes):g}-{max(closes):g}",
        "change": round(close - before, 4),
        "changePercentage": round(100 * (close - before) / before, 5),
        "volume": bars[-1].volume,
        "averageVolume": round(sum(bar.volume for bar in bars[-50:]) / len(bars[-50:])),
    }


def shares_now(view: View, symbol: str) -> float:
    """Shares of the last report in today's count; 0 before the first report, and for funds."""
    reports = view.statements(symbol)
    if not reports:
        return 0.0
    last = reports[-1]
    return last.shares * shares_since(view, symbol, view.market.session_number(last.period_end))
