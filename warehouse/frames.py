"""From DuckDB to pandas without losing a type."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from warehouse.connection import Connection

if TYPE_CHECKING:
    import pandas as pd


def read_frame(
    connection: Connection, query: str, parameters: Sequence[Any] = ()
) -> "pd.DataFrame":
    """Run a query and return its rows: dates as datetime64 without a zone, moments in UTC.

    Goes through Arrow: DuckDB's own conversion touches frames in a way that pandas 3 warns about.
    """
    table = connection.execute(query, list(parameters)).to_arrow_table()
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
