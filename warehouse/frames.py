"""From DuckDB to pandas without losing a type."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from warehouse.connection import Connection

if TYPE_CHECKING:
    import pandas as pd


def read_frame(
    connection: Connection, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
) -> "pd.DataFrame":
    """Run a query and return its rows: dates as datetime64 without a zone, moments in UTC.

    `parameters`: by position, or by name for `$name`. Goes through Arrow: DuckDB's own conversion
    touches frames in a way that pandas 3 warns about.
    """
    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    table = connection.execute(query, given).to_arrow_table()
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
