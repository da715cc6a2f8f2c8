"""Finnhub's basic financials: a snapshot of names and values, and series without filing dates."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from ingestion.sandbox.bars import Bar
from ingestion.sandbox.statements import Statement
from ingestion.sandbox.view import View
from ingestion.sandbox.wire.adjusted import shares_since
from ingestion.sandbox.wire.http import Reply, Request, asked_symbol, json_reply

MILLION = 1e6
QUARTERS = ("Q1", "Q2", "Q3", "Q4")

Metrics = dict[str, float | str | None]


def basic_financials(request: Request) -> Reply:
    """`/stock/metric`: money in millions, margins and returns in percent, prices split-adjusted.

    Funds have prices only; an unknown name has nothing.
    """
    symbol, view = asked_symbol(request), request.view
    bars = view.bars(symbol, view.today - timedelta(days=365), view.today)
    reports = view.statements(symbol)
    metric: Metrics = {}
    series: dict[str, object] = {}
    if bars:
        metric |= _trading(view, symbol, bars)
    if reports:
        annual = [report for report in reports if report.fiscal_period == "FY"]
        quarterly = [report for report in reports if report.fiscal_period in QUARTERS]
        metric |= _trailing_year(view, symbol, bars, quarterly[-4:])
        series = {
            "annual": _series(view, symbol, annual),
            "quarterly": _series(view, symbol, quarterly),
        }
    return json_reply({"metric": metric, "metricType": "all", "series": series, "symbol": symbol})


def _trading(view: View, symbol: str, bars: Sequence[Bar]) -> Metrics:
    high = max(bars, key=lambda bar: bar.high / shares_since(view, symbol, bar.at))
    low = min(bars, key=lambda bar: bar.low / shares_since(view, symbol, bar.at))
    recent = [bar.volume * shares_since(view, symbol, bar.at) for bar in bars[-10:]]
    return {
        "10DayAverageTradingVolume": round(sum(recent) / len(recent) / MILLION, 5),
        "52WeekHigh": round(high.high / shares_since(view, symbol, high.at), 4),
        "52WeekHighDate": high.day.isoformat(),
        "52WeekLow": round(low.low / shares_since(view, symbol, low.at), 4),
        "52WeekLowDate": low.day.isoformat(),
        "beta": view.market.history(symbol).instrument.beta,
    }


def _trailing_year(
    view: View, symbol: str, bars: Sequence[Bar], quarters: Sequence[Statement]
) -> Metrics:
    """Sums of the last four quarters; None where they do not suffice."""
    last = quarters[-1]
    shares = last.shares * _shares_since(view, symbol, last)
    close = bars[-1].close if bars else None
    metric: Metrics = {
        "bookValuePerShareQuarterly": round(last.figures.equity / shares, 4),
        "currentRatioQuarterly": _ratio(last),
        "marketCapitalization": None if close is None else round(close * shares / MILLION, 4),
    }
    if len(quarters) < 4:
        return metric | dict.fromkeys(("epsTTM", "netProfitMarginTTM", "peTTM", "roeTTM"))
    income = sum(quarter.figures.net_income for quarter in quarters)
    revenue = sum(quarter.figures.revenue for quarter in quarters)
    has_price = close is not None and income > 0
    return metric | {
        "epsTTM": round(income / shares, 4),
        "netProfitMarginTTM": round(100 * income / revenue, 2),
        "peTTM": round(close * shares / income, 4) if close is not None and has_price else None,
        "roeTTM": round(100 * income / last.figures.equity, 2),
    }


def _series(
    view: View, symbol: str, reports: Sequence[Statement]
) -> dict[str, list[dict[str, object]]]:
    """Newest first; per-share values in today's shares."""
    newest_first = sorted(reports, key=lambda report: report.period_end, reverse=True)
    values: dict[str, Callable[[Statement], float]] = {
        "currentRatio": _ratio,
        "eps": lambda report: round(report.eps_usd / _shares_since(view, symbol, report), 4),
        "netMargin": lambda report: round(report.figures.net_income / report.figures.revenue, 4),
        "roe": lambda report: round(report.figures.net_income / report.figures.equity, 4),
    }
    return {
        name: [
            {"period": report.period_end.isoformat(), "v": value(report)} for report in newest_first
        ]
        for name, value in values.items()
    }


def _ratio(report: Statement) -> float:
    return round(report.figures.current_assets / report.figures.current_liabilities, 4)


def _shares_since(view: View, symbol: str, report: Statement) -> float:
    return shares_since(view, symbol, view.market.session_number(report.period_end))
