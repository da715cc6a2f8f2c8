"""The portfolio: growth, risk taken against risk meant, orders, sleeves, limits and tracking."""

import math
from collections.abc import Mapping
from typing import Any

from reports import wording
from reports.charts import Chart, Line, draw
from reports.night import Night
from reports.performance import (
    DailyReturns,
    grown,
    metrics,
    monthly_returns,
    on_sessions,
)
from reports.queries import Array
from reports.sections.account import account_section
from reports.sections.limits import limits_section
from reports.sections.sleeves import sleeves_section
from reports.sections.strategy import growth_charts, metrics_table
from reports.sections.tracking import tracking_section

COLUMNS = (
    "session_date", "net_return", "gross_return", "turnover", "gross_exposure", "net_exposure",
    "scale", "forecast_volatility_annual", "realised_volatility_annual", "equity_usd",
)  # fmt: skip
BESIDE = ("equal_sleeves", "as_published")
"""The same sleeves weighted 1/N, and the portfolio with the night's own settings: each stands there
where it is something else."""
DEEPEST_SHADE = 0.08  # a month of 8 % or more has the full colour


def portfolio_section(
    night: Night, benchmarks: Mapping[str, DailyReturns], *, target_volatility: float
) -> dict[str, Any]:
    """Everything the page shows about the portfolio; an empty one says so."""
    found = portfolio_history(night)
    base = DailyReturns(found["session_date"], found["net_return"], found["gross_return"])
    has_history = len(base.dates) > 1
    return {
        "charts": [draw(chart) for chart in portfolio_charts(night, found, benchmarks)],
        "risk_charts": [draw(chart) for chart in risk_charts(night, found, target_volatility)],
        "months": shaded_months(base) if has_history else [],
        "covered": f"{base.first} to {base.last}, {wording.count(len(base.dates), 'session')}"
        if has_history
        else "",
        "latest": {name: float(found[name][-1]) for name in COLUMNS[1:]} if has_history else None,
        "equity": _equity(found, base) if has_history else None,
        "target": target_volatility,
        "metrics": _metrics(night),
        "account": account_section(night),
        "sleeves": sleeves_section(night),
        "limits": limits_section(night),
        "tracking": tracking_section(night),
    }


def portfolio_history(night: Night) -> dict[str, Array]:
    """Columns of `portfolio_daily` up to the night, by session."""
    return night.published.arrays(
        "analytics.portfolio_daily",
        COLUMNS,
        where="session_date <= ?",
        order_by="session_date",
        parameters=[night.session],
    )


def _equity(found: Mapping[str, Any], base: DailyReturns) -> float:
    """Closing equity: as the simulation recorded it, else what the returns grew to."""
    recorded = float(found["equity_usd"][-1])
    return recorded if math.isfinite(recorded) else float(grown(base.net)[-1])


def portfolio_charts(
    night: Night, found: Mapping[str, Array], benchmarks: Mapping[str, DailyReturns]
) -> list[Chart]:
    """Growth and drawdown beside the benchmarks; none without a history."""
    base = DailyReturns(found["session_date"], found["net_return"], found["gross_return"])
    if len(base.dates) < 2:
        return []
    lines = [Line("Portfolio, net", grown(base.net)), Line("Portfolio, gross", grown(base.gross),
                                                           "gross")]  # fmt: skip
    for name, style in (("sixty_forty", "other"), ("spy", "benchmark")):
        if name in benchmarks:
            lines.append(
                Line(
                    f"{wording.variant(name)}, net",
                    on_sessions(base.dates, benchmarks[name]),
                    style,
                )
            )
    return growth_charts(base, lines, group="portfolio", note=night.mark)


def risk_charts(night: Night, found: Mapping[str, Array], target: float) -> list[Chart]:
    """Risk taken beside risk meant, exposures, and the scale that links them."""
    dates = found["session_date"]
    if len(dates) < 2:
        return []
    volatility = Chart(
        title="Volatility",
        unit="% a year; the rule is the target",
        form="percent",
        dates=dates,
        lines=(
            Line("Realised, 60 sessions", found["realised_volatility_annual"]),
            # the stored forecast is of the unscaled weights: times scale it is what was held
            Line("Forecast, scaled", found["forecast_volatility_annual"] * found["scale"], "other"),
        ),
        rules=(target,),
        note=night.mark,
        group="portfolio",
    )
    exposure = Chart(
        title="Exposure",
        unit="% of equity at the close",
        form="percent",
        dates=dates,
        lines=(
            Line("Gross", found["gross_exposure"]),
            Line("Net, leverage counted", found["net_exposure"], "other"),
        ),
        rules=(0.0,),
        is_short=True,
        note=night.mark,
        group="portfolio",
    )
    scale = Chart(
        title="Scale",
        unit="times the sleeves' weights",
        form="ratio",
        dates=dates,
        lines=(Line("Scale", found["scale"]),),
        rules=(0.0,),
        is_short=True,
        note=night.mark,
        group="portfolio",
    )
    return [volatility, exposure, scale]


def shaded_months(base: DailyReturns) -> list[dict[str, Any]]:
    """Monthly returns with how strongly each is shaded, oldest year first."""
    years = monthly_returns(base)
    for year in years:
        year["cells"] = [
            {
                "value": value,
                "kind": "" if value is None else "gain" if value >= 0 else "loss",
                "shade": 0.0 if value is None else round(min(abs(value) / DEEPEST_SHADE, 1), 2),
            }
            for value in year["months"]
        ]
    return years


def _metrics(night: Night) -> dict[str, Any]:
    own = next(iter(metrics(night.published, "portfolio").values()), {})
    benchmarks = metrics(night.published, "benchmark")
    others = [name for name in BESIDE if name in benchmarks]
    columns = [("Portfolio", own)] + [
        (wording.variant(name), benchmarks.get(name, {}))
        for name in (*others, "sixty_forty", "spy")
    ]
    table = metrics_table(night.mark, columns)
    return {**table, "is_empty": not own}
