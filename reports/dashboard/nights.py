"""The dashboard's page of nights: what was published when, and what changed between two."""

import json
from datetime import date, datetime
from typing import Any

import numpy as np

from reports import wording
from reports.charts import Chart, Line
from reports.dashboard.blocks import Block, Figures, Heading, Table, Tiles, Words
from reports.dashboard.plots import plot
from reports.difference import Difference
from reports.night import Night
from reports.queries import Row
from reports.sections.difference import difference_section

MOST_NIGHTS = 250
SHORT_HASH = 8
MEGABYTE = 1_000_000.0
PUBLISHED = ("CLEAN", "DEGRADED")
COLUMNS = ("night", "attempt", "status", "started_at", "finished_at", "ledger_version",
           "ledger_bytes", "code_hash", "config_hash", "reasons", "fallbacks")  # fmt: skip


def nights_panel(night: Night, _subject: str) -> list[Block]:
    """Every recorded attempt at a night: how it ended, why, and how long it took."""
    rows = _attempts(night)
    if not rows:
        return [Heading("Nights"), Words("No night is recorded.")]
    ended = [row["status"] for row in rows]
    charts = _duration_charts(night, rows)
    took = [seconds for row in rows if (seconds := _seconds(row)) is not None]
    return [
        Heading("Nights"),
        Tiles([
            ("Recorded", wording.number(len({row["night"] for row in rows}), 0), "nights"),
            *((status.capitalize(), wording.number(ended.count(status), 0), "attempts")
              for status in ("CLEAN", "DEGRADED", "FAILED", "MISSED")),
            ("Duration", _duration(float(np.median(took))) if took else wording.DASH, "median"),
        ]),
        Table([_row(row) for row in rows], figures=("duration", "ledger")),
        *([Figures([plot(chart) for chart in charts])] if charts else []),
    ]  # fmt: skip


def published_nights(night: Night) -> list[date]:
    """The nights that can be compared, the newest first."""
    return sorted({row["night"] for row in _attempts(night) if row["status"] in PUBLISHED})[::-1]


def _attempts(night: Night) -> list[Row]:
    return night.published.rows(
        "ops.nights", COLUMNS, order_by=f"night desc, attempt desc limit {MOST_NIGHTS}"
    )


def _row(row: Row) -> Row:
    reasons = json.loads(row["reasons"] or "[]")
    fallbacks = json.loads(row["fallbacks"] or "[]")
    return {
        "night": row["night"],
        "attempt": row["attempt"],
        "status": row["status"],
        "started": row["started_at"],
        "duration": _duration(_seconds(row)),
        "ledger": _ledger(row),
        "code": str(row["code_hash"] or "")[:SHORT_HASH],
        "configuration": str(row["config_hash"] or "")[:SHORT_HASH],
        "fallbacks": len(fallbacks),
        "reasons": "; ".join(map(str, reasons)) or "none",
    }


def _ledger(row: Row) -> str:
    version = f"version {row['ledger_version']}" if row["ledger_version"] else wording.DASH
    size = row["ledger_bytes"]
    return f"{version}, {wording.number(size / MEGABYTE, 1)} MB" if size else version


def _seconds(row: Row) -> float | None:
    started, finished = row["started_at"], row["finished_at"]
    if not isinstance(started, datetime) or not isinstance(finished, datetime):
        return None
    return (finished - started).total_seconds()


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return wording.DASH
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _duration_charts(night: Night, rows: list[Row]) -> list[Chart]:
    """Seconds of the latest attempt at each night; none before the second night.

    A rehearsal whose clock stands still has nothing to draw either.
    """
    latest: dict[date, float] = {}
    for row in rows:
        seconds = _seconds(row)
        if seconds is not None and row["status"] in PUBLISHED:
            latest.setdefault(row["night"], seconds)
    if len(latest) < 2 or not any(latest.values()):
        return []
    dates = sorted(latest)
    return [
        Chart(
            title="Duration of the nights",
            unit="seconds, latest published attempt",
            form="number",
            dates=np.array(dates, dtype="datetime64[D]"),
            lines=(Line("Duration", np.array([latest[day] for day in dates]), is_sticks=True),),
            is_short=True,
            note=night.mark,
        )
    ]


def difference_panel(night: Night, difference: Difference) -> list[Block]:
    """What changed between two nights, and which cause brought which part of it."""
    found = difference_section(night, difference)
    sessions = wording.count(found["sessions"], "session")
    circumstances = [Words(sentence) for sentence in found["circumstances"]]
    return [
        Words(f"From {difference.earlier.night} to {difference.later.night}, {sessions}: "
              f"{found['headline']}"),
        *circumstances,
        Heading("Signals that changed"),
        Table([_signal(signal) for signal in found["signals"]],
              empty="No signal changed between these nights."),
        *_weights(found),
        *_metrics(found),
        *_rows(difference, found),
    ]  # fmt: skip


def _signal(signal: dict[str, Any]) -> Row:
    return {
        "symbol": signal["symbol"],
        "strategy": wording.strategy(signal["strategy"]),
        "before": wording.signal(signal["before"]),
        "after": wording.signal(signal["after"]),
        "because of": signal["because"],
        "reason": wording.full_reason(signal["reason"]),
    }


def _weights(found: dict[str, Any]) -> list[Block]:
    heads = [name for name, _ in found["columns"]]
    rows = [
        {
            "symbol": weight["symbol"],
            "strategy": wording.strategy(weight["strategy"]),
            "before": weight["before"],
            **{
                name: wording.points(part) if part else ""
                for name, part in zip(heads, weight["parts"], strict=True)
            },
            "after": weight["after"],
            "order": weight["order"],
            "note": "; ".join(filter(None, (weight["limits"], wording.reason(weight["override"])))),
        }
        for weight in found["weights"]
    ]
    meanings = [Words(f"{name}: {meaning}.") for name, meaning in found["columns"]]
    hidden = found["hidden"]
    more = f"{wording.count(hidden, 'weight')} moved by less than 0.005 percentage points."
    return [
        Heading("Weights"),
        Table(rows, ("before", "after"), empty="No weight changed by what can be seen.",
              figures=tuple(heads)),
        *(meanings if rows else []),
        *([Words(more)] if hidden else []),
    ]  # fmt: skip


def _metrics(found: dict[str, Any]) -> list[Block]:
    heads = found["metric_columns"]
    rows = [
        {
            "of": wording.strategy(row["subject"]),
            "figure": row["label"][:1].upper() + row["label"][1:],
            "before": row["before"],
            **dict(zip(heads, row["parts"], strict=True)),
            "after": row["after"],
        }
        for row in found["metrics"]
    ]
    return [
        Heading("Figures of the whole history"),
        Table(rows, empty="No figure moved by what can be seen.",
              figures=("before", *heads, "after")),
    ]  # fmt: skip


def _rows(difference: Difference, found: dict[str, Any]) -> list[Block]:
    rows = [
        {
            "kind": group.kind,
            "rows": group.rows,
            "data": group.table,
            "of": group.subjects,
            "days": group.days,
            "what": group.what,
        }
        for group in found["rows"]
    ]
    more = found["rows_left_out"]
    return [
        Heading("Rows that say something else"),
        Words(f"About the time up to {difference.earlier.night}; "
              f"{wording.count(found['new_rows'], 'new row')} beside them."),
        Table(rows, empty="No row was restated or came late."),
        *([Words(f"And {wording.count(more, 'more group')}.")] if more else []),
    ]  # fmt: skip
