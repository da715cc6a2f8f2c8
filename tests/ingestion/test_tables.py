"""The typed rows agree with the ledger, and merging keeps the newest."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

import warehouse
from ingestion.errors import BadPayloadError
from ingestion.profile import Reply
from ingestion.tables import KEYS, SCHEMAS, day_of, merged, new_york_day, plain_text, typed_rows

LEDGER = Path(warehouse.__file__).parent / "ledger.sql"
ARROW_TYPES = {
    "varchar": pa.string(),
    "date": pa.date32(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
}
REPLY = Reply("fmp", "", 200, "", {}, b"", "hash", datetime(2026, 1, 7, tzinfo=UTC))
SPLITS = "raw.fmp__splits"


def ledger_columns(table: str) -> dict[str, pa.DataType]:
    """Columns of a raw table as the ledger declares them, less what landing adds."""
    text = re.search(rf"create table if not exists {table} \((.*?)\n\);", LEDGER.read_text(), re.S)
    columns = re.findall(r"^ {4}(\w+) (\w+)", text.group(1), re.M)
    landing = {"available_at", "ledger_version", "row_hash"}
    return {name: ARROW_TYPES[kind] for name, kind in columns if name not in landing}


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_schema_is_the_ledgers(table):
    schema = SCHEMAS[table]

    assert list(zip(schema.names, schema.types, strict=True)) == list(ledger_columns(table).items())


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_key_consists_of_columns(table):
    assert set(KEYS[table]) <= set(SCHEMAS[table].names)


def splits(*rows):
    values = [("ZZQ", date(2026, 1, day), float(ratio), 1.0) for day, ratio in rows]
    return typed_rows(SPLITS, values, REPLY)


def values(table):
    return [(row["execution_date"].day, row["numerator"]) for row in table.to_pylist()]


def test_merging_keeps_the_newest_of_equal_keys_and_deletes_nothing():
    assert values(merged(SPLITS, [splits((5, 2), (2, 3)), splits((5, 4))])) == [(2, 3), (5, 4)]


def test_repeated_row_of_one_answer_counts_once():
    assert values(splits((5, 2), (5, 2), (2, 1))) == [(2, 1), (5, 2)]


def test_rows_carry_the_moment_and_the_hash_of_their_response():
    row = splits((5, 2)).to_pylist()[0]

    assert (row["fetched_at"], row["response_hash"]) == (REPLY.fetched_at, "hash")


@pytest.mark.parametrize(
    "row",
    [
        ("ZZQ", date(2026, 1, 5), "four", 1.0),
        (None, date(2026, 1, 5), 4.0, 1.0),
        ("ZZQ", None, 4.0, 1.0),
        ("ZZQ", date(2026, 1, 5), 4.0),
        ("ZZQ", date(2026, 1, 5), [4.0], 1.0),
    ],
)
def test_row_of_the_wrong_type_or_without_its_key_is_refused(row):
    with pytest.raises(BadPayloadError):
        typed_rows(SPLITS, [row], REPLY)


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("2026-03-06T05:00:00Z", "2026-03-06"),  # midnight in winter
        ("2026-03-09T04:00:00Z", "2026-03-09"),  # and after the clocks have changed
        ("2026-11-02T05:00:00Z", "2026-11-02"),
        ("2026-07-15T20:00:00Z", "2026-07-15"),  # the close
    ],
)
def test_day_of_a_stamp_is_new_yorks(stamp, day):
    milliseconds = int(datetime.fromisoformat(stamp).timestamp() * 1000)

    assert new_york_day(milliseconds) == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["", None, 5, "01/05/2026", "2026-13-01"])
def test_text_that_is_no_date_is_refused(text):
    with pytest.raises(BadPayloadError, match="for a date"):
        day_of(text, REPLY)


def test_text_keeps_its_markup_but_not_what_no_database_can_hold():
    assert plain_text("<b>=1+1\ud83d\0</b>") == "<b>=1+1?</b>"
