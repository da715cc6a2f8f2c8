"""What the ledger knew of nights, judgements and decisions, read back from what was published.

No response holds any of it. The published file carries a copy, and every night's folder the
decisions of that night.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.errors import NightError
from orchestration.record import RECORD_COPIES, published_night
from orchestration.releases import restore_releases
from orchestration.trials import restore_trials
from warehouse.connection import Connection, count_rows, quoted_path
from warehouse.home import Home
from warehouse.landing_log import NAME as LANDING_LOG
from warehouse.landing_log import read_log
from warehouse.publish import KEPT_DECISIONS


def refuse_lost_ledger(home: Home) -> None:
    """Begin no second ledger where the first one is lost: it can be had back.

    Raises
    ------
    NightError
        Rows have landed here and the ledger that holds them is gone.
    """
    if not home.ledger.exists() and read_log(home.raw_responses).landings:
        raise NightError(
            f"The ledger ({home.ledger}) is gone, though rows have landed here: run "
            "`mqp restore --from-responses` first; or move "
            f"{home.raw_responses / LANDING_LOG} away to begin a new one without its versions."
        )


def restore_record(ledger: Connection, home: Home, note: Callable[[str], None]) -> dict[str, int]:
    """Fill the record of a rebuilt ledger; returns the number of rows per table.

    Parameters
    ----------
    note : told in one sentence what could not be restored, and what follows from that.
    """
    if published_night(home) is None:
        note(
            "there is no readable published file: attempts, requests and quarantines are lost; "
            "the next night's gate withholds bad rows again, dated by that night"
        )
    else:
        _copy_published(ledger, home.published, note)
    restore_decisions(ledger, home, note)
    restore_trials(ledger, home, note)
    restore_releases(ledger, home, note)
    return {name: count_rows(ledger, name) for name in RECORD_COPIES}


def _copy_published(ledger: Connection, published: Path, note: Callable[[str], None]) -> None:
    ledger.execute(f"attach '{quoted_path(published)}' as published (read_only)")
    try:
        for name, copy in RECORD_COPIES.items():
            shared = sorted(
                _columns(ledger, name, "current_database()") & _columns(ledger, copy, "'published'")
            )
            if shared:
                columns = ", ".join(shared)
                ledger.execute(
                    f"insert into {name} ({columns}) select {columns} from published.{copy}"
                )
            else:
                note(f"the published file has no {copy}: {name} begins empty")
        built_at, newest = ledger.execute(
            "select (select ledger_version from published.ops.build_context), "
            "(select coalesce(max(ledger_version), 0) from ops.landings)"
        ).fetchall()[0]
        if built_at > newest:
            note(
                f"the published night was built at ledger version {built_at}, the responses reach "
                f"{newest}: the next night fetches the rest again"
            )
    finally:
        ledger.execute("detach published")


def restore_decisions(ledger: Connection, home: Home, note: Callable[[str], None]) -> None:
    """Append the decisions of nights that the ledger lacks, from the folders of the nights.

    `note`: told in one sentence of a folder whose decisions cannot be read.
    """
    for path in sorted(home.nights.glob(f"*/{KEPT_DECISIONS}.parquet")):
        try:
            ledger.execute(
                f"insert into {KEPT_DECISIONS} by name "
                f"select * from read_parquet('{quoted_path(path)}') "
                f"where night not in (select distinct night from {KEPT_DECISIONS})"
            )
        except duckdb.Error:
            note(f"the decisions in {path.parent.name} cannot be read and are lost")


def _columns(ledger: Connection, name: str, database: str) -> set[str]:
    schema, table = name.split(".")
    found = ledger.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ? "
        f"and database_name = {database}",
        [schema, table],
    ).fetchall()
    return {row[0] for row in found}
