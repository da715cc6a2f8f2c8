"""`mqp sql`: one read-only query on the published file."""

import csv
import io
import json
import sys
from typing import Any

import typer

from orchestration.errors import UsageError
from orchestration.resources import load_settings
from reports.wording import without_steering
from warehouse.connection import connect

MOST_ROWS_ON_A_TERMINAL = 200


def sql_command(query: str, output: str) -> int:
    """Run a query and print its rows as a table, CSV or JSON.

    Text of a provider steers neither the terminal nor, as CSV, a spreadsheet; JSON holds it as it
    is stored.
    """
    columns, rows = run_query(query)
    if output == "json":
        typer.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str))
    elif output == "csv":
        typer.echo(_as_csv(columns, rows), nl=False)
    else:
        _print_table(columns, rows)
    return 0


def run_query(query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run one statement on the published file; nothing can be written, no other file be read.

    Raises
    ------
    UsageError
        The statement is not valid, or tries to write.
    NotPublishedError
        There is no published night yet.
    CorruptFileError
        The published file is damaged where the query reads it.
    """
    import duckdb

    with connect(load_settings().home.published, read_only=True) as connection:
        # the published file stands alone, so a query needs no other file of this machine
        connection.execute("set enable_external_access = false")
        try:
            cursor = connection.execute(query)
            columns = [column[0] for column in cursor.description or []]
            return columns, cursor.fetchall()
        except duckdb.IOException:
            raise  # the file is the matter, not the query
        except duckdb.Error as err:
            raise UsageError(f"The query failed: {str(err).strip()}") from err


def _as_csv(columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    from reports.exports import safe_cell

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _print_table(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False)
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) for row in rows[:50])
        table.add_column(Text(column), justify="right" if is_number else "left")
    for row in rows[:MOST_ROWS_ON_A_TERMINAL]:
        table.add_row(*(Text(_cell(value)) for value in row))
    width = None if sys.stdout.isatty() else 220
    Console(width=width).print(table)
    if len(rows) > MOST_ROWS_ON_A_TERMINAL:
        typer.echo(
            f"{len(rows):,} rows, the first {MOST_ROWS_ON_A_TERMINAL} shown: "
            "use --format csv for all of them."
        )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.2f}"
    return without_steering(str(value))
