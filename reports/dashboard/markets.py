"""The dashboard's page of credit spreads and the term structure of the VIX."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from reports import wording
from reports.dashboard.blocks import Block, Figures, Heading, Table, Tiles, Words
from reports.dashboard.plots import maturity_plot, plot
from reports.night import Night
from reports.queries import Array, Row
from reports.sections.markets import (
    EARLIER_SESSIONS,
    HORIZONS,
    spread_charts,
    spread_history,
    term_charts,
    term_history,
)

SOURCES = {"oas": "Option-adjusted spreads of FRED.", "price_proxy": "The proxy from the prices of "
           "HYG and LQD: no option-adjusted spreads are known."}  # fmt: skip
WHEN = ("Tonight", *(f"{back} sessions ago" for back in EARLIER_SESSIONS))


def markets_panel(night: Night, _subject: str) -> list[Block]:
    """The two thermometers that the strategies read: tonight's figures, then their history."""
    return [
        Heading("Credit spreads"),
        *_spreads(night),
        Heading("Term structure of the VIX"),
        *_term_structure(night),
    ]


def _spreads(night: Night) -> list[Block]:
    source, found = spread_history(night)
    if not source:
        return [Figures(empty="No spreads yet.")]
    return [
        Words(SOURCES[source]),
        Tiles(_spread_tiles(found)),
        Figures([plot(chart) for chart in spread_charts(night, source, found)]),
    ]


def _term_structure(night: Night) -> list[Block]:
    found = term_history(night)
    if len(found["session_date"]) < 2:
        return [Figures(empty="No term structure yet.")]
    return [
        Tiles(_term_tiles(found)),
        Figures([_curve(night, found)]),
        Table(_curve_rows(found)),
        Figures([plot(chart) for chart in term_charts(night, found)]),
    ]


def _spread_tiles(found: Mapping[str, Array]) -> list[tuple[str, str, str]]:
    last = {name: values[-1] for name, values in found.items()}
    return [
        ("HY less IG", wording.number(last["hy_ig_spread_pct"]), f"on {last['session_date']}"),
        ("z-score", wording.number(last["spread_zscore"]), "60 observations"),
        ("HY percentile", wording.percent(last["hy_oas_percentile"], 1), "of 756 observations"),
        ("Credit stress", wording.number(last["credit_stress"]), "\u22121 calm, 1 stressed"),
    ]


def _term_tiles(found: Mapping[str, Array]) -> list[tuple[str, str, str]]:
    last = {name: values[-1] for name, values in found.items()}
    state = str(last["term_structure"] or "unknown").capitalize()
    return [
        ("State", state, f"on {last['session_date']}"),
        ("VIX / VIX3M", wording.number(last["vix_vix3m_ratio"], 3), "above 1: inverted"),
        ("VIX", wording.number(last["vix"]), "index points"),
        ("VVIX", wording.number(last["vvix"]), "index points"),
    ]


def _curves(found: Mapping[str, Array]) -> list[tuple[str, Array]]:
    """The closes by maturity, (maturities,): tonight, a week and a month before."""
    table = np.column_stack([found[column] for _, column, _ in HORIZONS])
    backs = [back for back in (0, *EARLIER_SESSIONS) if len(table) > back]
    return [(when, table[-1 - back]) for when, back in zip(WHEN, backs, strict=False)]


def _curve(night: Night, found: Mapping[str, Array]) -> go.Figure:
    days = np.array([days for _, _, days in HORIZONS])
    names = [name for name, _, _ in HORIZONS]
    return maturity_plot(names, days, _curves(found), note=night.mark)


def _curve_rows(found: Mapping[str, Array]) -> list[Row]:
    return [
        {
            "closes": when,
            **{
                name: float(value) if np.isfinite(value) else None
                for (name, _, _), value in zip(HORIZONS, curve, strict=True)
            },
        }
        for when, curve in _curves(found)
    ]
