import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from warehouse.connection import connect
from warehouse.errors import CorruptFileError, NotPublishedError
from warehouse.home import Home
from warehouse.publish import (
    KEPT_RESULTS,
    NIGHTS_KEPT,
    Manifest,
    digest_tables,
    finish_publication,
    swap,
)

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
    names = {"environment.json", "manifest.json", "marts.fct_signals.parquet"}
    assert {path.name for path in kept.iterdir()} == names
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


def test_night_that_was_never_swapped_in_leaves_no_results(home: Home) -> None:
    manifest = build(home, "('A', 1.0)")
    home.published.mkdir()  # in the way of the swap
    with pytest.raises(IsADirectoryError):
        swap(home, manifest)
    finish_publication(home)
    assert list(home.nights.iterdir()) == []
    assert not home.publication.exists()


@pytest.mark.parametrize("has_earlier_results", [False, True])
def test_next_run_keeps_what_a_run_killed_after_the_swap_could_not(
    home: Home, has_earlier_results: bool
) -> None:
    manifest = build(home, "('A', 1.0)")
    swap(home, manifest)
    home.publication.mkdir()
    (home.nights / "2017-06-30").rename(home.publication / "fresh")
    if has_earlier_results:  # killed between the two renames
        (home.publication / "replaced").mkdir()
        (home.publication / "replaced" / "manifest.json").write_text("of the first attempt")
    finish_publication(home)
    kept = home.nights / "2017-06-30" / "manifest.json"
    assert Manifest.from_json(kept.read_text()) == manifest
    assert not home.publication.exists()


def test_results_of_another_attempt_do_not_replace_the_published_ones(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    shutil.copytree(home.nights / "2017-06-30", home.publication / "fresh")
    build(home, "('A', 2.0)")  # the next attempt, killed before its swap
    (home.publication / "fresh" / "marts.fct_signals.parquet").write_bytes(b"of the next attempt")
    finish_publication(home)
    kept = home.nights / "2017-06-30" / "marts.fct_signals.parquet"
    assert kept.read_bytes()[:4] == b"PAR1"


def test_build_with_unwritten_changes_is_refused(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    manifest = build(home, "('A', 2.0)")
    home.build.with_name("quant.duckdb.wal").write_bytes(b"changes")
    with pytest.raises(CorruptFileError, match=r"quant\.duckdb\.wal lies beside the build"):
        swap(home, manifest)
    assert signals(home) == [("A", 1.0)]


def test_what_another_program_wrote_does_not_get_into_the_next_night(home: Home) -> None:
    swap(home, build(home, "('A', 1.0)"))
    home.published.with_name("quant.duckdb.wal").write_bytes(b"changes")
    swap(home, build(home, "('A', 2.0)"))
    assert signals(home) == [("A", 2.0)]
    assert home.published.with_name("quant.duckdb.wal.damaged").read_bytes() == b"changes"


def kept_nights(home: Home) -> list[str]:
    return sorted(path.name for path in home.nights.iterdir())


def test_thirty_first_night_forgets_the_first_and_only_the_first(home: Home) -> None:
    nights = [date(2017, 1, day) for day in range(1, NIGHTS_KEPT + 2)]
    for night in nights[:-1]:
        swap(home, build(home, "('A', 1.0)", night=night))
    assert kept_nights(home) == [night.isoformat() for night in nights[:-1]]
    contents = {path: path.read_bytes() for path in home.nights.rglob("*.*") if path.is_file()}

    swap(home, build(home, "('A', 2.0)", night=nights[-1]))
    assert kept_nights(home) == [night.isoformat() for night in nights[1:]]
    second = [path for path in contents if path.parent.name > "2017-01-01"]
    assert {path.parent.name for path in second} == {str(night) for night in nights[1:-1]}
    assert all(path.read_bytes() == contents[path] for path in second)


def test_folder_that_a_killed_run_left_is_no_night(home: Home) -> None:
    (home.nights / "2016-12-30.new").mkdir(parents=True)
    for day in range(1, NIGHTS_KEPT + 1):
        swap(home, build(home, "('A', 1.0)", night=date(2017, 1, day)))
    assert len(kept_nights(home)) == NIGHTS_KEPT
    assert kept_nights(home)[0] == "2017-01-01"


def test_night_keeps_what_a_comparison_of_two_nights_reads(home: Home) -> None:
    manifest = build(home, "('A', 1.0)")
    with connect(home.build) as connection:
        for name in KEPT_RESULTS:
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.execute(
                f"create table if not exists {name} as "
                "select 'equities' as strategy, 'walk_forward' as variant"
            )
        manifest = replace(manifest, tables=digest_tables(connection))
    swap(home, manifest)
    kept = {path.stem for path in (home.nights / NIGHT.isoformat()).glob("*.parquet")}
    assert kept == set(KEPT_RESULTS)
    assert {"analytics.portfolio_daily", "analytics.sleeve_weights"} < kept


def test_reading_before_the_first_night_says_what_to_do(home: Home) -> None:
    with (
        pytest.raises(NotPublishedError, match="run `mqp nightly` first, or `mqp replay` if"),
        connect(home.published, read_only=True),
    ):
        pass


def test_of_the_daily_rows_only_the_governing_paths_are_kept(home: Home) -> None:
    manifest = build(home, "('A', 1.0)")
    with connect(home.build) as connection:
        connection.execute("create schema analytics")
        connection.execute(
            "create table analytics.backtest_daily as select * from (values "
            "('equities', 'walk_forward'), ('equities', 'balanced_event'), "
            "('portfolio', 'default'), ('benchmark', 'spy')) as t(strategy, variant)"
        )
        manifest = replace(manifest, tables=digest_tables(connection))
    swap(home, manifest)
    kept = home.nights / "2017-06-30" / "analytics.backtest_daily.parquet"
    with connect(":memory:") as connection:
        rows = connection.execute(f"select strategy, variant from '{kept}' order by 1").fetchall()
    assert rows == [("equities", "walk_forward"), ("portfolio", "default")]
