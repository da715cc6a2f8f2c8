from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.connection import Connection, connect
from warehouse.ledger import open_ledger

NOW = datetime(2017, 7, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Connection]:
    """An empty ledger of the world `sandbox:1`."""
    with connect(tmp_path / "ledger.duckdb") as connection:
        open_ledger(connection, "sandbox:1", now=NOW)
        yield connection
