"""Files that other programs read: CSV of the backtests, JSON of the metrics and of the run.

Each file is written beside its place and moved there whole, so that a reader sees the old file or
the new one. Text cells that a spreadsheet would run as a formula are neutralised, and so are
control characters.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from reports import wording
from reports.queries import Published, open_published
from reports.status import RunStatus
from warehouse.files import write_bytes, write_text

TABLES: Mapping[str, tuple[str, ...]] = {
    "daily": (
        "strategy", "variant", "session_date", "gross_return", "cost_return", "net_return",
        "turnover", "gross_exposure", "net_exposure",
    ),
    "positions": (
        "strategy", "variant", "symbol", "effective_session", "target_weight", "shares",
        "fill_price_usd", "decided_at",
    ),
    "trades": (
        "strategy", "variant", "symbol", "entered_date", "exited_date", "entry_price_usd",
        "exit_price_usd", "net_return", "exit_reason",
    ),
}  # fmt: skip
"""Columns of each exported backtest table, in order."""

MOMENTS: Mapping[str, tuple[str, ...]] = {
    "daily": (), "positions": ("filled_at",), "trades": ("entered_at", "exited_at"),
}  # fmt: skip
"""What a strategy that trades within sessions has besides."""

ORDER_BY: Mapping[str, str] = {
    "daily": "variant, session_date",
    "positions": "variant, effective_session, symbol",
    "trades": "variant, entered_date, symbol, exited_date",
}

FORMULA_STARTS = r"^[=+\-@\t\r\n]"  # what a spreadsheet takes for a formula, or skips before one
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


KINDS = tuple(TABLES)


def write_backtests_csv(
    warehouse: Path,
    folder: Path,
    *,
    stems: Mapping[str, str] | None = None,
    kinds: Sequence[str] = KINDS,
) -> list[Path]:
    """Write `{strategy}_{daily,positions,trades}.csv` for every strategy of the published file.

    `stems`: strategy → what its files are called instead; those that it lacks are left out.
    `kinds`: which of the three.

    Returns and weights are plain fractions (0.01 is 1 %), prices of positions are in adjusted
    units and prices of trades raw. The last column names the world, so that a simulated result
    says so wherever the file goes.

    Returns
    -------
    The files written.
    """
    written = []
    with open_published(warehouse) as published:
        world = _world(published)
        for kind in kinds:
            columns = TABLES[kind]
            found = _strategies(published, f"analytics.backtest_{kind}")
            clock = [
                name for name in MOMENTS[kind] if published.has(f"analytics.backtest_{kind}", name)
            ]
            for strategy, stem in _stems(found, stems).items():
                rows = published.table(
                    f"analytics.backtest_{kind}",
                    [*columns, *clock],
                    where="strategy = ?",
                    order_by=", ".join([ORDER_BY[kind], *clock]),
                    parameters=[strategy],
                )
                path = folder / f"{stem}_{kind}.csv"
                named = rows.append_column("world", pa.array([world] * len(rows), pa.string()))
                write_bytes(path, csv_bytes(named))
                written.append(path)
    return written


def write_metrics_json(
    warehouse: Path,
    folder: Path,
    *,
    stems: Mapping[str, str] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write `{strategy}.json`: variant, sample, metric, then value and interval.

    `stems`: as for `write_backtests_csv`. `facts`: what else is said of the run.
    What is unknown is null, never NaN. A world that is not live says so in `notice`.

    Returns
    -------
    The files written.
    """
    written = []
    with open_published(warehouse) as published:
        context = published.one("ops.build_context", ["night", "ledger_version", "code_hash"])
        world = _world(published)
        found = _strategies(published, "analytics.backtest_metrics")
        for strategy, stem in _stems(found, stems).items():
            content = {
                "strategy": strategy,
                "night": context["night"].isoformat() if context["night"] else None,
                "ledger_version": context["ledger_version"],
                "code_hash": context["code_hash"],
                "world": world,
                "notice": _notice(world),
                **(facts or {}),
                "variants": _metrics_of(published, strategy),
            }
            path = folder / f"{stem}.json"
            write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")
            written.append(path)
    return written


def write_run_status(status: RunStatus, path: Path) -> None:
    """Write `run_status.json`."""
    write_text(path, status.to_json())


def csv_bytes(table: pa.Table) -> bytes:
    """Comma-separated UTF-8: quoted text, ISO dates and moments, every digit, unknowns empty."""
    safe = pa.table({name: _column(table[name]) for name in table.column_names})
    buffer = io.BytesIO()
    csv.write_csv(safe, buffer, csv.WriteOptions(quoting_style="needed", quoting_header="none"))
    return buffer.getvalue()


def safe_cell(value: Any) -> Any:
    """A value as a cell of a CSV file: text neutralised as in our exports, all else as it is."""
    if not isinstance(value, str):
        return value
    formula = "'" if re.match(FORMULA_STARTS, value) else ""
    return formula + wording.without_steering(value)


def _column(values: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = values.cast(pa.string())
        # only text can be a formula; a negative number must stay a number
        is_formula = pc.match_substring_regex(values, FORMULA_STARTS)
        safe = pc.if_else(is_formula, pc.binary_join_element_wise("'", values, ""), values)
        return pc.replace_substring_regex(safe, wording.STEERING, "?")
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_finite(values), values, None)
    if pa.types.is_timestamp(kind):
        # a midnight without a zone is a date that a frame could not say
        return values.cast(pa.date32()) if kind.tz is None else pc.strftime(values, MOMENT)
    return values


def _strategies(published: Published, table: str) -> list[str]:
    found = published.rows(
        table,
        ["strategy"],
        where="true qualify row_number() over (partition by strategy order by strategy) = 1",
        order_by="strategy",
    )
    return [row["strategy"] for row in found]


def _stems(found: Sequence[str], stems: Mapping[str, str] | None) -> dict[str, str]:
    """Strategy to the beginning of its files' names.

    Those asked for have files also without a row: an older one must not stay beside newer ones.
    """
    if stems is None:
        return {strategy: _file_stem(strategy) for strategy in found}
    return {strategy: _file_stem(stem) for strategy, stem in stems.items()}


def _metrics_of(published: Published, strategy: str) -> dict[str, Any]:
    variants: dict[str, Any] = {}
    for row in published.rows(
        "analytics.backtest_metrics",
        ["variant", "sample", "metric", "value", "lower", "upper"],
        where="strategy = ?",
        order_by="variant, sample, metric",
        parameters=[strategy],
    ):
        figures = {
            name: None if wording.is_missing(row[name]) else row[name]
            for name in ("value", "lower", "upper")
        }
        samples = variants.setdefault(row["variant"], {})
        samples.setdefault(row["sample"], {})[row["metric"]] = figures
    return variants


def _world(published: Published) -> str:
    return published.one("ops.build_context", ["world"])["world"] or "unknown"


def _notice(world: str) -> str | None:
    label = wording.world_label(world)
    return f"{label.upper()} DATA: evidence of nothing about a real market" if label else None


def _file_stem(strategy: str) -> str:
    """A strategy's name as part of a file name: nothing in it can leave the folder."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", strategy) or "_"
