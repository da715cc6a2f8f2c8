"""What the next session may lose: value at risk, expected shortfall, and how they held so far."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reports import wording
from reports.account import Account
from reports.bars import Axis, axis_of, signed_bar
from reports.charts import Chart, Line, Marks, draw
from reports.night import Night
from reports.queries import Array, Row
from reports.risk import FORECASTS, latest_risk
from reports.scales import Days, Values

SESSIONS_SHOWN = 756  # three years
MEASURES = (
    ("var_95", "Value at risk 95", "lost or more in 1 session of 20"),
    ("es_95", "Expected shortfall 95", "mean loss of the worst 5 %"),
    ("var_99", "Value at risk 99", "lost or more in 1 session of 100"),
    ("es_99", "Expected shortfall 99", "mean loss of the worst 1 %"),
)
HISTORY = (
    "session_date", "var_95_historical", "var_99_historical", "is_var_95_historical_exceeded",
    "is_var_99_historical_exceeded", "drawdown",
)  # fmt: skip


def losses_section(night: Night, account: Account) -> dict[str, Any]:
    """Forecasts for the next session, the state of the book, and its charts.

    Without `analytics.risk_daily` there is no `state`, and the page says so.
    """
    state = latest_risk(night.published, night.session)
    found = risk_history(night)
    charts = risk_charts(night, found)
    return {
        "state": state,
        "measures": _measures(state, account) if state else [],
        "equity": account.equity_usd,
        "account": account.name,
        "is_own": account.is_simulated is False,
        "charts": [draw(chart) for chart in charts],
        "shown": min(SESSIONS_SHOWN, len(found["session_date"])),
        "deepest": _deepest(found),
    }


def _measures(state: Row, account: Account) -> list[dict[str, Any]]:
    axis = axis_of(state[name] for name in FORECASTS)
    return [
        {
            "name": name,
            "meaning": meaning,
            "kinds": [
                _loss(state[f"{code}_{kind}"], account, axis) for kind in ("historical",
                                                                          "parametric")
            ],
        }
        for code, name, meaning in MEASURES
    ]  # fmt: skip


def _loss(loss: float | None, account: Account, axis: Axis) -> dict[str, Any]:
    return {"loss": loss, "usd": account.usd(loss), "bar": signed_bar(axis, loss)}


def risk_history(night: Night) -> dict[str, Array]:
    """Sessions of the book up to the night, with the net return of each."""
    ask, where = night.published.arrays, "session_date <= ?"
    found = ask("analytics.risk_daily", HISTORY, where=where, order_by="session_date",
                parameters=[night.session])  # fmt: skip
    earned = ask("analytics.portfolio_daily", ("session_date", "net_return"), where=where,
                 order_by="session_date", parameters=[night.session])  # fmt: skip
    return {**found, "net_return": _on(found["session_date"], earned)}


def _on(dates: Days, earned: Mapping[str, Array]) -> Values:
    """Net returns of the sessions asked for, NaN where there is none."""
    shown = np.full(len(dates), np.nan)
    if len(earned["session_date"]) and len(dates):
        at = np.minimum(
            np.searchsorted(earned["session_date"], dates), len(earned["net_return"]) - 1
        )
        is_same = earned["session_date"][at] == dates
        shown[is_same] = earned["net_return"][at[is_same]]
    return shown


def risk_charts(night: Night, found: Mapping[str, Array]) -> list[Chart]:
    """Returns against the loss forecast the evening before, and the drawdown of the same years."""
    n = len(found["session_date"])
    if n < 2:
        return []
    last = slice(max(n - SESSIONS_SHOWN, 1), n)
    dates = found["session_date"][last]
    # row t forecasts the session after t: what stands against a return was told the evening before
    told = {level: -found[f"var_{level}_historical"][last.start - 1 : -1] for level in ("95", "99")}
    net = found["net_return"][last]
    beyond = {
        level: found[f"is_var_{level}_historical_exceeded"][last] == 1.0 for level in ("95", "99")
    }
    losses = Chart(
        title="Daily net return against the loss forecast the evening before",
        unit="% of equity; historical value at risk",
        form="fine_percent",
        dates=dates,
        lines=(
            Line(f"{wording.MINUS}VaR 95", told["95"]),
            Line(f"{wording.MINUS}VaR 99", told["99"], "other"),
            Line("Net return", net, "benchmark", is_sticks=True),
        ),
        rules=(0.0,),
        marks=(
            Marks("beyond 95 % only", np.where(beyond["95"] & ~beyond["99"], net, np.nan)),
            Marks("beyond 99 %", np.where(beyond["99"], net, np.nan), "square"),
        ),
        note=night.mark,
        group="risk",
    )
    depth = Chart(
        title="Drawdown",
        unit="% below the highest equity so far",
        form="percent",
        dates=dates,
        lines=(Line("Portfolio, net", found["drawdown"][last]),),
        is_short=True,
        fills_to_zero=True,
        note=night.mark,
        group="risk",
    )
    return [losses, depth]


def _deepest(found: Mapping[str, Array]) -> dict[str, Any] | None:
    """The deepest drawdown of the whole history, and its session."""
    falls = found["drawdown"]
    if not np.isfinite(falls).any():
        return None
    at = int(np.nanargmin(falls))
    return {"value": float(falls[at]), "date": found["session_date"][at].astype(object)}
