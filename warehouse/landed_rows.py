"""How many rows each landing added to each raw table: counted while it lands, never afterwards."""

from collections.abc import Mapping

from warehouse.connection import Connection, transaction


def count_landed(connection: Connection, version: int, new_rows: Mapping[str, int]) -> None:
    """Write down how many rows a version added to each table; nothing for a table without any."""
    for name, count in new_rows.items():
        if count:
            connection.execute(
                "insert into ops.landed_rows values (?, ?, ?)", [version, name, count]
            )


def count_earlier_landings(connection: Connection) -> None:
    """Count, once, what landed in a ledger of an earlier release, which did not write it down."""
    is_uncounted = connection.execute(
        "select exists (from ops.landings) and not exists (from ops.landed_rows)"
    ).fetchone()
    if is_uncounted != (True,):
        return
    with transaction(connection):
        for name in raw_tables(connection):
            connection.execute(
                "insert into ops.landed_rows select ledger_version, ?, count(*) "
                f"from {name} group by ledger_version order by ledger_version",
                [name],
            )


def raw_tables(connection: Connection, database: str | None = None) -> tuple[str, ...]:
    """Names, with their schema, of a ledger's tables of landed rows.

    Parameters
    ----------
    database : name of an attached ledger; the open file when left out.
    """
    found = connection.execute(
        "select 'raw.' || table_name from duckdb_tables() "
        "where schema_name = 'raw' and database_name = coalesce(?, current_database()) order by 1",
        [database],
    ).fetchall()
    return tuple(row[0] for row in found)
