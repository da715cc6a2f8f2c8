"""The tear sheet of one research run: one self-contained HTML page, as the nightly report is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from reports import wording
from reports.charts import Chart, Line, draw
from reports.page import render_page
from reports.performance import (
    DailyReturns,
    Estimate,
    daily_returns,
    grown,
    metrics,
    on_sessions,
)
from reports.queries import Published, Row, open_published
from reports.sections.overview import world_banner
from reports.sections.portfolio import shaded_months
from reports.sections.strategy import growth_charts, metrics_table
from reports.sparks import histogram
from warehouse.sessions import NEW_YORK

LISTED_TRADES = 12
GROUP = "sheet"


@dataclass(frozen=True)
class Sheet:
    """What a research run says of itself.

    `command`: how to run it again. `parameters`: the trial, as JSON. `trials`: distinct parameter
    sets ever evaluated, this one included. `expected_maximum`: Sharpe ratio a year that the best of
    them shows without any skill, None unknown. `rolling_sessions`: window of the rolling ratio.
    """

    strategy: str
    variant: str
    benchmark: str
    universe: str
    symbols: Sequence[str]
    night: date
    ledger_version: int
    world: str
    command: str
    parameters: str
    cost_bps: float
    trials: int
    expected_maximum: float | None
    rolling_sessions: int
    code_hash: str
    made_at: datetime

    @property
    def benchmarks(self) -> tuple[str, ...]:
        """Variants of `benchmark` that it is laid beside, the one asked for first."""
        return tuple(dict.fromkeys((self.benchmark.lower(), "sixty_forty", "equal_weight")))

    @property
    def mark(self) -> str:
        """The word beside every figure that is not of the real market; empty for live."""
        return wording.world_label(self.world)


def render_tear_sheet(results: Path, sheet: Sheet) -> str:
    """Render a research run as one HTML page that loads nothing from anywhere.

    Parameters
    ----------
    results : a database with the run's tables in the schema `analytics`; opened read-only.
    sheet : what the run says of itself.

    Returns
    -------
    HTML; every text from a provider, a configuration or the command line is escaped.
    """
    with open_published(results) as published:
        content = _content(published, sheet)
    return render_page("tear_sheet.html", content)


def _content(published: Published, sheet: Sheet) -> dict[str, Any]:
    base = daily_returns(published, sheet.strategy)[sheet.variant]
    benchmarks = daily_returns(published, "benchmark")
    found = metrics(published, sheet.strategy).get(sheet.variant, {})
    return {
        "sheet": sheet,
        "name": wording.strategy(sheet.strategy),
        "banner": world_banner(sheet.world),
        "verdict": verdict(found, base, sheet),
        "covered": f"{base.first} to {base.last}, {wording.count(len(base.dates), 'session')}",
        "growth": [draw(chart) for chart in _growth(base, benchmarks, sheet)],
        "rolling": draw(_rolling(published, sheet)),
        "exposure": draw(_exposure(published, base, sheet)),
        "metrics": metrics_table(sheet.mark, _columns(published, found, sheet)),
        "months": shaded_months(base),
        "episodes": _episodes(published, sheet),
        "trades": _trades(published, sheet),
        "oos": next(iter(published.rows("analytics.oos", OOS_COLUMNS)), None),
    }


OOS_COLUMNS = (
    "train_first_date", "train_last_date", "oos_first_date", "oos_last_date", "train_sessions",
    "oos_sessions", "train_sharpe", "oos_sharpe", "train_max_drawdown", "oos_max_drawdown",
    "sharpe_difference", "difference_lower", "difference_upper", "is_flagged",
    "false_alarm_probability",
)  # fmt: skip


def verdict(found: Mapping[str, Estimate], base: DailyReturns, sheet: Sheet) -> str:
    """Say in a sentence or two what the run shows, and how far it can be believed."""
    sharpe, deflated = found.get("sharpe"), found.get("deflated_sharpe")
    total = grown(base.net)[-1] / 1_000_000.0 - 1.0
    said = f"{wording.percent(total, 1, signed=True)} net of costs since {base.first}"
    if sharpe is None or wording.is_missing(sharpe.value):
        return f"{said}; too few sessions in the market for a Sharpe ratio."
    said += f", Sharpe {wording.number(sharpe.value)}"
    if not wording.is_missing(sharpe.lower):
        lower, upper = wording.number(sharpe.lower), wording.number(sharpe.upper)
        said += f" (95 %: {lower} to {upper})"
    tried = wording.count(sheet.trials, "parameter set")
    if deflated is None or wording.is_missing(deflated.value):
        return f"{said}; {tried} tried so far."
    return (
        f"{said}. Deflated for {tried} tried so far: {wording.percent(deflated.value, 0)}; "
        f"50{wording.NARROW}% is what the best of so many shows without any skill."
    )


def _growth(
    base: DailyReturns, benchmarks: Mapping[str, DailyReturns], sheet: Sheet
) -> list[Chart]:
    lines = [Line("Net", grown(base.net)), Line("Gross of costs", grown(base.gross), "gross")]
    own = sheet.benchmark.lower()
    for name, style in ((own, "benchmark"), ("sixty_forty", "other")):
        if name in benchmarks:
            label = sheet.benchmark if name == own else wording.variant(name)
            lines.append(Line(f"{label}, net", on_sessions(base.dates, benchmarks[name]), style))
    return growth_charts(base, lines, group=GROUP, note=sheet.mark)


def _rolling(published: Published, sheet: Sheet) -> Chart:
    found = published.arrays(
        "analytics.rolling_sharpe",
        ("session_date", "value", "lower", "upper"),
        order_by="session_date",
    )
    return Chart(
        title="Rolling Sharpe ratio",
        unit=f"a year, net, over {sheet.rolling_sessions} sessions; shaded: 95 % by its standard "
        "error",
        form="number",
        dates=found["session_date"],
        lines=(Line("Sharpe", found["value"]),),
        ribbon=(found["lower"], found["upper"]),
        rules=(0.0,),
        is_short=True,
        note=sheet.mark,
        group=GROUP,
    )


def _exposure(published: Published, base: DailyReturns, sheet: Sheet) -> Chart:
    found = published.arrays(
        "analytics.backtest_daily",
        ("gross_exposure", "net_exposure"),
        where="strategy = ? and variant = ?",
        order_by="session_date",
        parameters=[sheet.strategy, sheet.variant],
    )
    gross = Line("Gross", found["gross_exposure"])
    is_intraday = sheet.strategy == "intraday"  # which holds nothing at any close
    return Chart(
        title="Largest exposure within the session" if is_intraday else "Exposure at the close",
        unit="% of equity" if is_intraday else "% of equity; net counts a fund's leverage",
        form="percent",
        dates=base.dates,
        lines=(gross,) if is_intraday else (gross, Line("Net", found["net_exposure"], "other")),
        rules=(0.0,),
        is_short=True,
        note=sheet.mark,
        group=GROUP,
    )


def _columns(
    published: Published, found: Mapping[str, Estimate], sheet: Sheet
) -> list[tuple[str, Mapping[str, Estimate]]]:
    benchmarks = metrics(published, "benchmark")
    labels = {
        "sixty_forty": "60/40", "equal_weight": "1/N", sheet.benchmark.lower(): sheet.benchmark,
    }  # fmt: skip
    return [
        (sheet.variant, found),
        *((labels[name], benchmarks[name]) for name in sheet.benchmarks if name in benchmarks),
    ]


def _episodes(published: Published, sheet: Sheet) -> list[Row]:
    """Falls of the benchmark, and bad times with a name where the market is a real one."""
    rows = published.rows(
        "analytics.episodes",
        (
            "name", "is_named", "first_date", "last_date", "net_return", "gross_return",
            "benchmark_return",
        ),
        order_by="is_named, first_date",
    )  # fmt: skip
    return [row for row in rows if not (row["is_named"] and wording.is_simulated(sheet.world))]


def _trades(published: Published, sheet: Sheet) -> dict[str, Any]:
    rows = published.rows(
        "analytics.backtest_trades",
        (
            "symbol", "entered_date", "exited_date", "entered_at", "exited_at", "entry_price_usd",
            "exit_price_usd", "net_return", "exit_reason",
        ),
        where="strategy = ? and variant = ?",
        order_by="entered_date, symbol",
        parameters=[sheet.strategy, sheet.variant],
    )  # fmt: skip
    rows = sorted(
        (
            {
                **row,
                "entered": _when(row["entered_at"], row["entered_date"]),
                "exited": _when(row["exited_at"], row["exited_date"]),
            }
            for row in rows
        ),
        key=lambda row: (row["entered"], row["symbol"]),
    )
    closed = [row for row in rows if row["exited_date"] is not None]
    returns = np.array([row["net_return"] for row in closed], dtype=float)
    ranked = sorted(closed, key=lambda row: float(row["net_return"]))
    return {
        "count": len(rows),
        "open": len(rows) - len(closed),
        "summary": _trade_summary(closed, returns),
        "histogram": histogram(returns),
        "reasons": _by_reason(closed),
        "latest": rows[-LISTED_TRADES:][::-1],
        "best": ranked[::-1][:5],
        "worst": ranked[:5],
    }


def _when(moment: datetime | None, day: date | None) -> str:
    """A trade's date, with New York's clock where the strategy trades within a session."""
    if moment is not None:
        return f"{moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M}"
    return "open" if day is None else wording.day(day)


def _trade_summary(closed: Sequence[Row], returns: Any) -> dict[str, float] | None:
    if not closed:
        return None
    days = [(row["exited_date"] - row["entered_date"]).days for row in closed]
    gains, losses = returns[returns > 0].sum(), -returns[returns < 0].sum()
    return {
        "winning": float((returns > 0).mean()),
        "mean": float(returns.mean()),
        "median": float(np.median(returns)),
        "best": float(returns.max()),
        "worst": float(returns.min()),
        "days": float(np.median(days)),
        "profit_factor": float(gains / losses) if losses > 0 else float("nan"),
    }


def _by_reason(closed: Sequence[Row]) -> list[dict[str, Any]]:
    reasons = sorted({str(row["exit_reason"]) for row in closed})
    found = []
    for reason in reasons:
        returns = np.array([row["net_return"] for row in closed if row["exit_reason"] == reason])
        found.append(
            {
                "reason": reason,
                "count": len(returns),
                "winning": float((returns > 0).mean()),
                "mean": float(returns.mean()),
            }
        )
    return sorted(found, key=lambda row: -int(row["count"]))
