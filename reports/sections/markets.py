"""Credit spreads and the VIX term structure: the two thermometers the strategies read."""

from typing import Any

import numpy as np
from markupsafe import Markup

from reports import wording
from reports.charts import Band, Chart, Line, draw
from reports.night import Night
from reports.queries import Array
from reports.sparks import maturity_curve

INF = float("inf")
SPREAD_COLUMNS = (
    "session_date", "hy_oas_pct", "ig_oas_pct", "hy_ig_spread_pct", "spread_zscore",
    "hy_oas_percentile", "credit_stress",
)  # fmt: skip
TERM_COLUMNS = (
    "session_date", "vix9d", "vix", "vix3m", "vix6m", "vvix", "vix_vix3m_ratio", "term_structure",
)  # fmt: skip
HORIZONS = (("VIX9D", "vix9d", 9), ("VIX", "vix", 30), ("VIX3M", "vix3m", 93),
            ("VIX6M", "vix6m", 184))  # fmt: skip
EARLIER_SESSIONS = (5, 21)  # a week and a month before, behind tonight's curve
CONTANGO_MOST, BACKWARDATION_LEAST, VIX_CAP = 0.98, 1.02, 30.0
ENTRY_Z, LOW_PERCENTILE, HIGH_PERCENTILE = 1.0, 0.10, 0.90


def spreads_section(night: Night) -> dict[str, Any]:
    """Spread, z-score and percentile as three charts over one run of dates."""
    source, found = spread_history(night)
    if not source:
        return {"charts": [], "latest": None}
    return {
        "source": source,
        "charts": [draw(chart) for chart in spread_charts(night, source, found)],
        "latest": {
            "session_date": wording.day(found["session_date"][-1]),
            **{name: float(found[name][-1]) for name in SPREAD_COLUMNS[1:]},
        },
    }


def spread_history(night: Night) -> tuple[str, dict[str, Array]]:
    """The source with a history, option-adjusted spreads first, and its columns."""
    for source in ("oas", "price_proxy"):
        found = _spread(night, source)
        if len(found["session_date"]) > 1:
            return source, found
    return "", {}


def _spread(night: Night, source: str) -> dict[str, Array]:
    return night.published.arrays(
        "marts.fct_spreads",
        SPREAD_COLUMNS,
        where="spread_source = ? and session_date <= ?",
        order_by="session_date",
        parameters=[source, night.session],
    )


def spread_charts(night: Night, source: str, found: dict[str, Array]) -> list[Chart]:
    """Level, z-score and percentile of a spread over one run of dates."""
    dates = found["session_date"]
    spread = found["hy_ig_spread_pct"]
    if source == "price_proxy":
        level = Chart(title="Price proxy of the spread", unit="ln LQD less ln HYG, adjusted closes",
                      form="ratio", dates=dates, lines=(Line("Proxy", spread),), note=night.mark,
                      group="spreads")  # fmt: skip
    else:
        lines = (
            Line("HY less IG", spread),
            Line("High yield", found["hy_oas_pct"], "other"),
            Line("Investment grade", found["ig_oas_pct"], "benchmark"),
        )
        level = Chart(title="Option-adjusted spreads", unit="% over Treasuries", form="pct",
                      dates=dates, lines=lines, note=night.mark, group="spreads")  # fmt: skip
    score = Chart(
        title="Spread z-score",
        unit="deviations, 60 observations",
        form="number",
        dates=dates,
        lines=(Line("z-score", found["spread_zscore"]),),
        rules=(0.0,),
        bands=(
            Band(ENTRY_Z, INF, "long HYG may enter"),
            Band(-INF, -ENTRY_Z, "long LQD may enter"),
        ),
        is_short=True,
        note=night.mark,
        group="spreads",
    )
    share = Chart(
        title="High-yield percentile",
        unit="share of the last 756 observations at or below",
        form="percent",
        dates=dates,
        lines=(Line("Percentile", found["hy_oas_percentile"]),),
        rules=(0.0, 1.0),
        bands=(
            Band(HIGH_PERCENTILE, INF, "stress"),
            Band(-INF, LOW_PERCENTILE, "complacency"),
        ),
        is_short=True,
        note=night.mark,
        group="spreads",
    )
    return [level, score, share]


def term_section(night: Night) -> dict[str, Any]:
    """The ratio that decides, the level that caps, and tonight's curve by maturity."""
    found = term_history(night)
    if len(found["session_date"]) < 2:
        return {"charts": [], "latest": None}
    state = found["term_structure"][-1]
    return {
        "charts": [draw(chart) for chart in term_charts(night, found)],
        "curve": _curve(found),
        "latest": {
            "session_date": wording.day(found["session_date"][-1]),
            "state": str(state) if state else "unknown",
            **{name: float(found[name][-1]) for name in TERM_COLUMNS[1:-1]},
        },
    }


def term_history(night: Night) -> dict[str, Array]:
    """Columns of `fct_term_structure` up to the night, by session."""
    return night.published.arrays(
        "marts.fct_term_structure",
        TERM_COLUMNS,
        where="session_date <= ?",
        order_by="session_date",
        parameters=[night.session],
    )


def term_charts(night: Night, found: dict[str, Array]) -> list[Chart]:
    """The VIX to VIX3M ratio with its bands, and the VIX with its cap."""
    dates = found["session_date"]
    ratio = Chart(
        title="VIX / VIX3M",
        unit="ratio of closes",
        form="ratio",
        dates=dates,
        lines=(Line("Ratio", found["vix_vix3m_ratio"]),),
        rules=(1.0,),
        bands=(
            Band(BACKWARDATION_LEAST, INF, "backwardation", "band hot"),
            Band(-INF, CONTANGO_MOST, "contango"),
        ),
        note=night.mark,
        group="term",
    )
    level = Chart(title="VIX", unit="index points; short volatility stays out above 30",
                  form="number", dates=dates, lines=(Line("VIX", found["vix"]),),
                  rules=(VIX_CAP,), is_short=True, note=night.mark, group="term")  # fmt: skip
    return [ratio, level]


def _curve(found: dict[str, Array]) -> Markup:
    table = np.column_stack([found[column] for _, column, _ in HORIZONS])
    earlier = [table[-1 - back] for back in EARLIER_SESSIONS if len(table) > back]
    return maturity_curve(
        [name for name, _, _ in HORIZONS], [days for _, _, days in HORIZONS], table[-1], earlier
    )
