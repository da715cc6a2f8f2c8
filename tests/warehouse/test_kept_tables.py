"""The results that a night's folder keeps, opened as tables."""

from datetime import date
from pathlib import Path

import pytest

from tests.warehouse.test_publish import build
from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.kept_tables import opened_results
from warehouse.publish import swap


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a night, in a home with a quote in its name."""
    home = Home(tmp_path / "it's here")
    swap(home, build(home, "('A', 1.0), ('B', 2.0)", night=date(2017, 6, 30)))
    return home.nights / "2017-06-30"


def test_results_have_the_names_of_the_published_file(folder: Path) -> None:
    with opened_results(folder) as connection:
        rows = connection.execute("select * from marts.fct_signals order by s").fetchall()
    assert rows == [("A", 1.0), ("B", 2.0)]


def test_damaged_table_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "marts.fct_signals.parquet").write_bytes(b"no table")
    with pytest.raises(CorruptFileError, match="delete the folder"), opened_results(folder):
        pass
