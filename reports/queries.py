"""Reading the published file by table and column name.

Every reader of the published night asks through `Published`. A table that is not there answers
with no rows and a column that is not there with nulls, so that a first night, an older file or a
file with extra columns is something to explain on the page rather than an error.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from warehouse.connection import Connection, connect

Row = dict[str, Any]
Array = NDArray[Any]


class Published:
    """The tables of one published night, opened read-only.

    `connection` is None when nothing has been published yet: then every table is missing.
    Table and column names come from our own code, values only through parameters.
    """

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection
        self._columns: dict[str, set[str]] = {}
        if connection is not None:
            for schema, table, column in connection.execute(
                "select table_schema, table_name, column_name from information_schema.columns"
            ).fetchall():
                self._columns.setdefault(f"{schema}.{table}", set()).add(column)

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether the file holds a table (and a column of it)."""
        columns = self._columns.get(table, set())
        return bool(columns) if column is None else column in columns

    def rows(
        self,
        table: str,
        columns: Sequence[str],
        *,
        where: str = "true",
        order_by: str = "",
        parameters: Sequence[object] = (),
    ) -> list[Row]:
        """Rows of one table as mappings; `where` may end in a `qualify` clause."""
        answer = self._ask(table, columns, where, order_by, parameters)
        if answer is None:
            return []
        return [
            {name: _plain(value) for name, value in zip(columns, values, strict=True)}
            for values in answer.fetchall()
        ]

    def arrays(
        self,
        table: str,
        columns: Sequence[str],
        *,
        where: str = "true",
        order_by: str = "",
        parameters: Sequence[object] = (),
    ) -> dict[str, Array]:
        """Columns of one table: floats (null is NaN), ``datetime64[D]`` days, text as objects."""
        answer = self._ask(table, columns, where, order_by, parameters)
        if answer is None:
            return {name: np.array([], dtype=float) for name in columns}
        found = answer.fetchnumpy()
        return {name: _plain_array(np.ma.asanyarray(found[name])) for name in columns}

    def table(
        self,
        table: str,
        columns: Sequence[str],
        *,
        where: str = "true",
        order_by: str = "",
        parameters: Sequence[object] = (),
    ) -> pa.Table:
        """Columns of one table as an Arrow table, for what is written rather than read."""
        answer = self._ask(table, columns, where, order_by, parameters)
        if answer is None:
            return pa.table({name: pa.nulls(0) for name in columns})
        return answer.to_arrow_table()

    def latest(
        self, table: str, columns: Sequence[str], session: date, *, order_by: str
    ) -> list[Row]:
        """Rows of the last session, up to the given one, that a table has any of."""
        return self.rows(
            table,
            columns,
            where="session_date <= ? qualify session_date = max(session_date) over ()",
            order_by=order_by,
            parameters=[session],
        )

    def one(self, table: str, columns: Sequence[str], *, order_by: str = "") -> Row:
        """The first row of a table, or nulls."""
        rows = self.rows(table, columns, order_by=order_by)
        return rows[0] if rows else dict.fromkeys(columns)

    def count(self, table: str, *, where: str = "true", parameters: Sequence[object] = ()) -> int:
        """How many rows of a table there are, none where there is no such table."""
        if self._connection is None or not self.has(table):
            return 0
        found = self._connection.execute(
            f"select count(*) from {table} where {where}", list(parameters)
        ).fetchone()
        return int(found[0]) if found else 0

    def _ask(
        self,
        table: str,
        columns: Sequence[str],
        where: str,
        order_by: str,
        parameters: Sequence[object],
    ) -> Connection | None:
        known = self._columns.get(table)
        if self._connection is None or not known:
            return None
        wanted = ", ".join(name if name in known else f"null as {name}" for name in columns)
        order = f" order by {order_by}" if order_by else ""
        return self._connection.execute(
            f"select {wanted} from {table} where {where}{order}", list(parameters)
        )


@contextmanager
def open_published(path: Path) -> Iterator[Published]:
    """Open the published file for reading; a file that is not there yet has no tables."""
    if not path.exists():
        yield Published(None)
        return
    with connect(path, read_only=True) as connection:
        yield Published(connection)


def _plain(value: Any) -> Any:
    """A date that a frame stored as a midnight without a zone is a date again; NaN is null."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.date()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def _plain_array(found: Array) -> Array:
    if found.dtype.kind == "M":
        return np.ma.filled(found.astype("datetime64[D]"), np.datetime64("NaT"))
    if found.dtype.kind in "biuf":
        return np.ma.filled(found.astype(float), np.nan)
    return np.ma.filled(found.astype(object), None)
