"""The results that a night's folder keeps, opened as tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.connection import Connection, connect, quoted_path
from warehouse.errors import CorruptFileError


@contextmanager
def opened_results(folder: Path) -> Iterator[Connection]:
    """Open a night's kept results under the names that they have in the published file.

    Raises
    ------
    CorruptFileError
        A kept file is no table.
    """
    with connect(":memory:") as connection:
        for path in sorted(folder.glob("*.parquet")):
            schema, table = path.stem.split(".")
            connection.execute(f"create schema if not exists {schema}")
            try:
                connection.execute(
                    f"create view {schema}.{table} as from read_parquet('{quoted_path(path)}')"
                )
            except duckdb.Error as err:
                raise CorruptFileError(
                    f"{path} is damaged: delete the folder {folder}; the night is then rebuilt "
                    "from the ledger."
                ) from err
        yield connection
