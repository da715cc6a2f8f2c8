"""Two builds of one table: what counts as the past, and what counts as moved."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.comparison import count_known, layout_of, movement
from warehouse.connection import Connection, connect

KNOWN_BY = datetime(2017, 6, 29, 20, 30, tzinfo=UTC)  # 16:30 New York of Thursday
COLUMNS = "symbol, session_date, target_weight, reason, decided_at"
ROWS = """
    ('AAA', date '2017-06-28', 0.5, 'hold', timestamptz '2017-06-28 20:30:00+00'),
    ('AAA', date '2017-06-29', 0.25, 'hold', timestamptz '2017-06-29 20:30:00+00'),
    ('AAA', date '2017-06-30', 0.0, 'exit', timestamptz '2017-06-30 20:30:00+00')
"""
CUT_ROWS = ROWS.rsplit("),", 1)[0] + ")"  # Friday is not there yet


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Connection]:
    """A later build with three sessions, and an earlier one with the first two."""
    with connect(tmp_path / "earlier.duckdb") as earlier:
        make(earlier, CUT_ROWS)
    with connect(tmp_path / "later.duckdb") as connection:
        make(connection, ROWS)
        connection.execute(f"attach '{tmp_path}/earlier.duckdb' as earlier")
        yield connection


def make(connection: Connection, rows: str) -> None:
    connection.execute("create schema marts")
    connection.execute(
        f"create table marts.weights as select symbol, session_date, "
        f"target_weight::double as target_weight, reason, decided_at "
        f"from (values {rows}) as t({COLUMNS})"
    )


def compared(connection: Connection, key: tuple[str, ...] = ("symbol", "session_date")) -> object:
    layout = layout_of(connection, "marts.weights", key=key)
    return movement(connection, layout, "earlier", KNOWN_BY)


def test_later_rows_alone_move_nothing(both: Connection) -> None:
    layout = layout_of(both, "marts.weights")
    assert count_known(both, layout, KNOWN_BY) == 2
    assert compared(both) is None


def test_changed_weight_is_named_with_both_values(both: Connection) -> None:
    both.execute(
        "update earlier.marts.weights set target_weight = 0.26 where session_date = '2017-06-29'"
    )
    found = compared(both)
    assert found is not None
    assert found.sentence == "marts.weights: 1 rows changed; columns: target_weight (1)"
    assert found.examples[0].differing == {"target_weight": (0.26, 0.25)}


@pytest.mark.parametrize(("factor", "is_moved"), [(1 + 5e-10, False), (1 + 2e-9, True)])
def test_floats_may_differ_in_their_last_digits(
    both: Connection, factor: float, is_moved: bool
) -> None:
    both.execute("update earlier.marts.weights set target_weight = target_weight * ?", [factor])
    assert (compared(both) is not None) == is_moved


def test_text_must_be_equal_to_the_letter(both: Connection) -> None:
    both.execute("update earlier.marts.weights set reason = 'held'")
    found = compared(both)
    assert found is not None
    assert found.changed == 2


def test_row_that_the_earlier_moment_lacks_is_missing(both: Connection) -> None:
    both.execute("delete from earlier.marts.weights where session_date = '2017-06-29'")
    found = compared(both)
    assert found is not None
    assert (found.missing, found.extra, found.changed) == (1, 0, 0)


def test_row_that_vanishes_later_is_extra(both: Connection) -> None:
    """A universe chosen with hindsight forgets what it held before."""
    both.execute("delete from marts.weights where session_date = '2017-06-28'")
    found = compared(both)
    assert found is not None
    assert (found.missing, found.extra, found.changed) == (0, 1, 0)


def test_snapshot_of_the_moment_itself_may_be_replaced(both: Connection) -> None:
    """Tonight's orders are written anew every night."""
    both.execute("delete from marts.weights where session_date = '2017-06-29'")
    assert compared(both) is None


def test_table_that_is_not_there_earlier_is_missing_whole(both: Connection) -> None:
    both.execute("drop table earlier.marts.weights")
    found = compared(both)
    assert found is not None
    assert found.missing == 2


def test_equal_keys_are_matched_by_their_values(both: Connection) -> None:
    for catalogue in ("", "earlier."):
        both.execute(f"insert into {catalogue}marts.weights select * from {catalogue}marts.weights")
    assert compared(both, key=("symbol",)) is None
    both.execute("update earlier.marts.weights set target_weight = 9 where target_weight = 0.5")
    assert compared(both, key=("symbol",)) is not None


def test_not_a_number_equals_itself_and_nothing_else(both: Connection) -> None:
    both.execute("update marts.weights set target_weight = 'nan'::double")
    both.execute("update earlier.marts.weights set target_weight = 'nan'::double")
    assert compared(both) is None
    both.execute("update earlier.marts.weights set target_weight = null")
    assert compared(both) is not None


@pytest.mark.parametrize(
    ("columns", "counted"),
    [
        # a decision must be there at its moment, whatever its inputs say of themselves
        ("timestamptz '2017-06-29 20:30:00+00' as decided_at, "
         "timestamptz '2017-06-30 20:30:00+00' as available_at", 1),
        # a story of 16:20 belongs to the next session
        ("date '2017-06-30' as session_date, "
         "timestamptz '2017-06-29 20:20:00+00' as available_at", 0),
        ("date '2017-06-29' as session_date, "
         "timestamptz '2017-06-29 20:15:00+00' as available_at", 1),
        # tonight's decision for tomorrow
        ("date '2017-06-30' as effective_session, "
         "timestamptz '2017-06-29 20:30:00+00' as decided_at", 1),
        ("date '2017-06-29' as observed_date", 1),
        ("date '2017-06-30' as some_day", 0),
        ("timestamptz '2017-06-29 20:00:00+00' as bar_end_at", 1),
    ],
)  # fmt: skip
def test_row_counts_from_the_moment_that_it_names(
    tmp_path: Path, columns: str, counted: int
) -> None:
    with connect(tmp_path / "any.duckdb") as connection:
        connection.execute(f"create table main.any_table as select {columns}")
        assert count_known(connection, layout_of(connection, "main.any_table"), KNOWN_BY) == counted


def test_row_counts_from_the_column_that_its_table_declares(tmp_path: Path) -> None:
    """A fill is decided the session before, and its price is known in its own."""
    with connect(tmp_path / "any.duckdb") as connection:
        connection.execute(
            "create table main.fills as select timestamptz '2017-06-29 20:30:00+00' as decided_at, "
            "timestamptz '2017-06-30 20:30:00+00' as available_at"
        )
        layout = layout_of(connection, "main.fills", moment="available_at")
        assert count_known(connection, layout, KNOWN_BY) == 0


def test_table_without_dates_has_no_moment(tmp_path: Path) -> None:
    with connect(tmp_path / "any.duckdb") as connection:
        connection.execute("create table main.any_table as select 1.0 as value, 'x' as name")
        assert layout_of(connection, "main.any_table").moment is None


def test_ignored_column_is_not_compared(both: Connection) -> None:
    both.execute("update earlier.marts.weights set reason = 'other'")
    layout = layout_of(both, "marts.weights", key=("symbol", "session_date"), ignored=("reason",))
    assert movement(both, layout, "earlier", KNOWN_BY) is None
