"""Whether a ledger still holds what landed in it, by the log that lies beside the responses."""

from pathlib import Path

from warehouse.availability import RAW_TABLES
from warehouse.connection import Connection
from warehouse.landing_log import digest_of, read_log


def changed_landings(
    ledger: Connection, folder: Path, ledger_version: int
) -> tuple[str, ...] | None:
    """Compare the landed rows up to a version with what was logged when they landed.

    Parameters
    ----------
    ledger : open for reading.
    folder : of the stored responses, where the log lies.
    ledger_version : later versions are not looked at.

    Returns
    -------
    A sentence for each version of a table that is not as it landed (rows that were removed on
    purpose do not count); None if the log does not say how those versions landed.
    """
    log = read_log(folder)
    logged = {entry.ledger_version: entry for entry in log.landings}
    landed = ledger.execute(
        "select ledger_version, run_id from ops.landings where ledger_version <= ?",
        [ledger_version],
    ).fetchall()
    if any(version not in logged or logged[version].run_id != run for version, run in landed):
        return None
    changed = []
    for table in RAW_TABLES:
        found = _parts(ledger, table.name, ledger_version)
        for version, _ in sorted(landed):
            part = logged[version].tables.get(table.name)
            was_buried = any(
                burial.table_name == table.name
                and burial.first_version <= version <= burial.last_version
                for burial in log.burials
            )
            expected = (part.rows, part.digest) if part else None
            if found.get(version) != expected and not was_buried:
                rows, now = part.rows if part else 0, found.get(version, (0, ""))[0]
                changed.append(
                    f"version {version} of {table.name} is not as it landed "
                    f"({rows:,} rows then, {now:,} now)"
                )
    return tuple(changed)


def _parts(ledger: Connection, name: str, ledger_version: int) -> dict[int, tuple[int, str]]:
    """Version to row count and hash of what it brought to a raw table."""
    rows = ledger.execute(
        f"select ledger_version, count(*), {digest_of(ledger, name)} from {name} "
        "where ledger_version <= ? group by ledger_version",
        [ledger_version],
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}
