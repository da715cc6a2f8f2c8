"""`mqp oos`: what training promised, what came of it, and how often chance alone would do that."""

import logging
from typing import TYPE_CHECKING

import duckdb
import typer

from orchestration.errors import NightError, UsageError
from orchestration.progress import shown_progress
from orchestration.resources import Settings, load_settings
from warehouse.connection import connect
from warehouse.frames import read_frame
from warehouse.ledger import refuse_other_world

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("mqp.research")

READ = {
    "daily": "select * from analytics.backtest_daily",
    "windows": "select * from analytics.walk_forward_windows",
    "macro": "select session_date, bill_3m_pct from intermediate.int_macro_as_of",
    "sessions": "select session_date from staging.stg_exchange__sessions order by session_date",
}


def oos_command(*, split: float, as_json: bool) -> int:
    """Compare everything that the published night chose, and keep the rows."""
    if not 0.0 < split < 1.0:
        raise UsageError(f"--split is {split:g}: take a share between 0 and 1, such as 0.7.")
    settings = load_settings()
    refuse_other_world(settings.home.ledger, settings.home.published, settings.world)
    from orchestration.research.oos_registry import registry_of

    with shown_progress(quiet=as_json):
        log.info("Resampling every selection of the published night.")
        rows = published_comparison(settings, split)
    path = registry_of(settings.home)
    if as_json:
        from orchestration.cli import print_json

        print_json({"registry": str(path), "rows": _records(rows)})
        return 0
    from orchestration.research.summary import oos_lines

    if settings.banner:
        typer.echo(settings.banner)
    for line in oos_lines(rows):
        typer.echo(line)
    flagged = rows[rows["is_flagged"]]
    expected = float(rows["false_alarm_probability"].sum())
    known = int(rows["false_alarm_probability"].notna().sum())
    typer.echo(
        f"\n{len(flagged)} of {known} comparisons are flagged; were nothing different, "
        f"{expected:.0f} would be."
    )
    typer.echo(f"Registry {path}")
    return 0


def published_comparison(settings: Settings, split: float) -> "pd.DataFrame":
    """Compute the rows of the published night and keep them in the registry.

    Raises
    ------
    NightError
        No night has been published.
    """
    from analytics.frames import to_days
    from analytics.oos import published_oos_rows
    from analytics.settings import DEFAULT_VARIANTS
    from orchestration.research.oos_registry import NIGHTLY, Basis, keep_rows

    if not settings.home.published.exists():
        raise NightError("No night has been published yet: run `mqp nightly` first.")
    with connect(settings.home.published, read_only=True) as published:
        try:
            night, version = published.execute(
                "select night, ledger_version from ops.build_context"
            ).fetchall()[0]
            frames = {name: read_frame(published, sql) for name, sql in READ.items()}
        except duckdb.CatalogException as err:
            raise NightError("The published night has no backtests: run `mqp nightly`.") from err
    rows = published_oos_rows(
        frames["daily"],
        frames["windows"],
        frames["macro"],
        sessions=to_days(frames["sessions"]["session_date"]),
        defaults=DEFAULT_VARIANTS,
        split=split,
    )
    if rows.empty:
        raise UsageError(f"No history is long enough for --split {split:g}: take another.")
    keep_rows(settings.home, rows, Basis(night, version, settings.world), NIGHTLY)
    return rows


def _records(rows: "pd.DataFrame") -> list[dict[str, object]]:
    """Rows as JSON takes them: dates as text, the unknown null."""
    plain = rows.astype(object).where(rows.notna(), None)
    return [
        {
            str(name): value.date().isoformat() if hasattr(value, "date") else value
            for name, value in row.items()
        }
        for row in plain.to_dict("records")
    ]
