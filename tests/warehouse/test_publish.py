from datetime import date
from pathlib import Path

import pytest

from warehouse.connection import connect
from warehouse.errors import CorruptFileError, NotPublishedError
from warehouse.home import Home
from warehouse.publish import NIGHTS_KEPT, Manifest, digest_tables, swap

NIGHT = date(2017, 6, 30)


def build(home: Home, rows: str, *, night: date = NIGHT) -> Manifest:
    """A build with one mart of the given values, and its manifest."""
    home.make_folders()
    home.build.unlink(missing_ok=True)
    with connect(home.build) as connection:
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.fct_signals as select * from (values {rows}) t(s, w)"
        )
        connection.execute("create schema ops")
        connection.execute("create table ops.stamp as select now() as made_at")
        tables = digest_tables(connection)
    return Manifest(night, "sandbox:1", 1, "code", "config", tables)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def signals(home: Home) -> list[tuple[str, float]]:
    with connect(home.published, read_only=True) as connection:
        return connection.execute("select s, w from marts.fct_signals order by s").fetchall()


def test_hash_does_not_depend_on_row_order(home: Home) -> None:
    one = build(home, "('A', 1.0), ('B', 2.0)")
    other = build(home, "('B', 2.0), ('A', 1.0)")
    assert one.tables == other.tables


def test_hash_counts_a_repeated_row(home: Home) -> None:
    assert (
        build(home, "('A', 1.0), ('A', 1.0)").tables
        != build(home, "('A', 1.0), ('A', 1.0), ('A', 1.0), ('A', 1.0)").tables
    )


def test_hash_leaves_run_stamps_out(home: Home) -> None:
    assert set(build(home, "('A', 1.0)").tables) == {"marts.fct_signals"}


def test_swap_replaces_the_published_file_and_keeps_the_results(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    swap(home, build(home, "('A', 2.0)"))
    assert signals(home) == [("A", 2.0)]
    kept = home.nights / "2017-06-30"
    assert {path.name for path in kept.iterdir()} == {"manifest.json", "marts.fct_signals.parquet"}
    assert not home.build.exists()


def test_reader_with_the_file_open_keeps_the_old_night(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    with connect(home.published, read_only=True) as reader:
        swap(home, build(home, "('A', 2.0)"))
        assert reader.execute("select w from marts.fct_signals").fetchall() == [(1.0,)]
    assert signals(home) == [("A", 2.0)]


def test_build_that_is_not_what_its_manifest_says_is_refused(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    manifest = build(home, "('A', 2.0)")
    with connect(home.build) as connection:
        connection.execute("update marts.fct_signals set w = 3.0")
    with pytest.raises(CorruptFileError, match=r"marts\.fct_signals differs"):
        swap(home, manifest)
    assert signals(home) == [("A", 1.0)]


def test_corrupt_build_leaves_the_old_night(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    manifest = build(home, "('A', 2.0)")
    home.build.write_bytes(b"not a database" * 1000)
    with pytest.raises(CorruptFileError):
        swap(home, manifest)
    assert signals(home) == [("A", 1.0)]


def test_only_the_last_nights_are_kept(home: Home) -> None:
    for day in range(1, 32):
        swap(home, build(home, "('A', 1.0)", night=date(2017, 1, day)))
    swap(home, build(home, "('A', 1.0)", night=date(2017, 2, 1)))
    kept = sorted(path.name for path in home.nights.iterdir())
    assert (len(kept), kept[0], kept[-1]) == (NIGHTS_KEPT, "2017-01-03", "2017-02-01")


def test_reading_before_the_first_night_says_what_to_do(home: Home) -> None:
    with (
        pytest.raises(NotPublishedError, match="run `mqp nightly` first"),
        connect(home.published, read_only=True),
    ):
        pass
