"""Rows that a night kept beside the rows of the night built again."""

from pathlib import Path

import pytest

from warehouse.connection import connect, quoted_path
from warehouse.kept_results import ColumnDifference, ResultDifference, difference_from_kept

TYPED = "* replace (target_weight::double as target_weight)"
COLUMNS = "t(strategy, variant, symbol, session_date, signal, target_weight, reason)"
ROWS = (
    "('equities', 'balanced', 'AAPL', date '2017-06-29', 1, 0.25, 'trend_up')",
    "('equities', 'balanced', 'AAPL', date '2017-06-30', 1, 0.5, 'trend_up')",
    "('equities', 'balanced', 'JPM', date '2017-06-30', 0, 0.0, null)",
)


def difference(
    folder: Path,
    then: tuple[str, ...],
    now: tuple[str, ...],
    *,
    columns: str = "*",
    where: str = "true",
) -> ResultDifference | None:
    """Keep some rows, make a table of others, and compare.

    `columns`: of the kept file. `where`: the rows of the table that count.
    """
    kept = folder / "marts.fct_signals.parquet"
    with connect(folder / "rebuilt.duckdb") as connection:
        connection.execute(
            f"copy (select {columns} from (select {TYPED} from "
            f"(values {', '.join(then)}) {COLUMNS})) "
            f"to '{quoted_path(kept)}'"
        )
        connection.execute("create schema marts")
        connection.execute(
            f"create table marts.fct_signals as select {TYPED} from "
            f"(values {', '.join(now)}) {COLUMNS}"
        )
    with connect(folder / "rebuilt.duckdb", read_only=True) as connection:
        return difference_from_kept(connection, "marts.fct_signals", kept, where=where)


def found(folder: Path, *now: str) -> ResultDifference:
    result = difference(folder, ROWS, now)
    assert result is not None
    return result


def test_same_rows_in_another_order_are_no_difference(tmp_path: Path) -> None:
    assert difference(tmp_path, ROWS, ROWS[::-1]) is None


def test_changed_row_is_counted_measured_and_shown(tmp_path: Path) -> None:
    other = "('equities', 'balanced', 'AAPL', date '2017-06-30', -1, 0.375, 'trend_down')"
    result = found(tmp_path, ROWS[0], other, ROWS[2])
    assert (result.changed, result.changed_notably, result.gone, result.added) == (1, 1, 0, 0)
    assert result.columns == {
        "signal": ColumnDifference(1, 2.0),
        "target_weight": ColumnDifference(1, 0.125),
        "reason": ColumnDifference(1, None),
    }
    assert result.sentence == (
        "marts.fct_signals: 1 rows changed; signal in 1, at most 2; target_weight in 1, at most "
        "0.125; reason in 1"
    )
    (example,) = result.examples
    assert (example.kind, example.key["symbol"]) == ("changed", "AAPL")
    assert example.differing["target_weight"] == (0.5, 0.375)


def test_last_digits_differ_but_not_notably(tmp_path: Path) -> None:
    other = "('equities', 'balanced', 'AAPL', date '2017-06-30', 1, 0.50000000000001, 'trend_up')"
    result = found(tmp_path, ROWS[0], other, ROWS[2])
    assert (result.changed, result.changed_notably, result.is_notable) == (1, 0, False)
    assert "1 rows changed within 1e-9" in result.sentence


def test_rows_that_came_and_went_are_counted_apart(tmp_path: Path) -> None:
    new = "('equities', 'balanced', 'KO', date '2017-06-30', 1, 0.1, 'trend_up')"
    result = found(tmp_path, *ROWS[:2], new)
    assert (result.changed, result.gone, result.added) == (0, 1, 1)
    assert {(example.kind, example.key["symbol"]) for example in result.examples} == {
        ("gone", "JPM"),
        ("added", "KO"),
    }


def test_value_that_is_null_on_one_side_is_a_notable_change(tmp_path: Path) -> None:
    other = "('equities', 'balanced', 'JPM', date '2017-06-30', 0, null, null)"
    result = found(tmp_path, *ROWS[:2], other)
    assert (result.changed, result.changed_notably) == (1, 1)


@pytest.mark.parametrize(
    ("columns", "new", "lost"),
    [
        ("* exclude (reason)", ("reason",), ()),
        ("*, 1 as rank", (), ("rank",)),
        ("* replace (signal::varchar as signal)", ("signal",), ("signal",)),
    ],
)
def test_columns_of_one_side_only_are_named_and_not_compared(
    tmp_path: Path, columns: str, new: tuple[str, ...], lost: tuple[str, ...]
) -> None:
    result = difference(tmp_path, ROWS, ROWS, columns=columns)
    assert result is not None
    assert (result.new_columns, result.lost_columns, result.changed) == (new, lost, 0)
    assert result.is_notable


def test_only_the_rows_that_are_kept_are_compared(tmp_path: Path) -> None:
    assert difference(tmp_path, ROWS[:2], ROWS, where="symbol = 'AAPL'") is None
