"""Rows that terms demand to be gone: gone from the disk, and said."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.ledger import newest_version, open_ledger
from warehouse.tombstones import bury

NOW = datetime(2017, 7, 6, 1, tzinfo=UTC)
WORLD = "sandbox:1"
MARKER = "UNMISTAKABLEHEADLINE"
STAMP = pa.timestamp("us", tz="UTC")


def stories(symbol, headline, moment=NOW):
    columns = {
        "story_id": [f"{symbol}-{headline}"], "symbol": [symbol],
        "published_at": pa.array([moment], STAMP), "headline": [headline],
        "summary": [headline], "publisher": ["w"], "url": ["u"],
        "fetched_at": pa.array([moment], STAMP), "response_hash": ["h"],
    }  # fmt: skip
    return pa.table(columns)


@pytest.fixture
def ledger(tmp_path):
    """Version 1: a bar of AAPL and one of KO. Version 2: a Finnhub story of each."""
    path = tmp_path / "ledger.duckdb"
    day = date(2017, 7, 5)
    with connect(path) as connection:
        connection.execute("pragma force_compression = 'uncompressed'")  # bytes can be looked for
        open_ledger(connection, WORLD, now=NOW)
        rows = bars([("AAPL", day, 144.0), ("KO", day, 44.0)], fetched_at=NOW)
        put(connection, NOW, polygon__daily_bars=rows)
        news = pa.concat_tables([stories("AAPL", f"{MARKER}{n}") for n in range(2000)])
        put(connection, NOW, finnhub__company_news=news)
        put(connection, NOW, finnhub__company_news=stories("KO", "other words"))
        connection.execute(
            "insert into raw.mqp__headline_scores "
            "select md5(concat_ws(chr(31), headline, summary)), 'm', 0.5, 2, 'r' "
            "from raw.finnhub__company_news"
        )
        connection.execute(
            "insert into quality.history_extents values "
            "('2017-07-05', 'raw.finnhub__company_news', 'AAPL', '2017-07-05', 2000, 2)"
        )
        for version, night in ((1, date(2017, 7, 3)), (2, date(2017, 7, 5))):
            connection.execute(
                "insert into ops.nights (night, attempt, status, run_id, started_at, finished_at, "
                "ledger_version, world) values (?, 1, 'CLEAN', 'r', ?, ?, ?, ?)",
                [night, NOW, NOW, version, WORLD],
            )
    return path


def counted(path, table):
    with connect(path, read_only=True) as connection:
        return connection.execute(f"select count(*) from {table}").fetchone()[0]


def remove(path, provider="finnhub", symbol=None):
    return bury(path, WORLD, provider, symbol=symbol, why="subscription ended", now=NOW)


def test_rows_are_gone_from_the_bytes_of_the_file(ledger):
    assert MARKER.encode() in ledger.read_bytes()
    remove(ledger)

    folder = ledger.parent
    assert [path.name for path in folder.iterdir()] == [ledger.name]
    assert MARKER.encode() not in ledger.read_bytes()


def test_tombstone_says_what_went_when_and_why(ledger):
    burial = remove(ledger)
    with connect(ledger, read_only=True) as connection:
        rows = connection.execute("select * exclude (buried_at) from ops.tombstones").fetchall()
        assert newest_version(connection) == 3  # versions never go back

    told = ("finnhub", "raw.finnhub__company_news", None, 2001, 2, 3, "subscription ended")
    assert rows == [told]
    assert burial.scores == 2001


def test_other_providers_and_the_record_are_untouched(ledger):
    remove(ledger)

    assert counted(ledger, "raw.polygon__daily_bars") == 2
    assert counted(ledger, "ops.nights") == 2
    assert counted(ledger, "ops.landings") == 3


def test_nights_that_read_the_rows_are_named(ledger):
    assert remove(ledger).lost_nights == ((date(2017, 7, 5), 2),)


def test_one_symbol_goes_alone(ledger):
    burial = remove(ledger, symbol="KO")

    assert [(stone.symbol, stone.rows) for stone in burial.tombstones] == [("KO", 1)]
    assert counted(ledger, "raw.finnhub__company_news") == 2000
    assert counted(ledger, "raw.mqp__headline_scores") == 2000
    assert burial.lost_nights == ()  # landed after the last night


def test_gate_does_not_take_the_removal_for_a_shrunk_history(ledger):
    remove(ledger)

    assert counted(ledger, "quality.history_extents") == 0


def test_second_removal_finds_nothing_and_writes_nothing(ledger):
    remove(ledger)

    assert remove(ledger).tombstones == ()
    assert counted(ledger, "ops.tombstones") == 1


def test_rows_can_land_again_and_the_ledger_stays_writable(ledger):
    remove(ledger)
    with connect(ledger) as connection:
        open_ledger(connection, WORLD, now=NOW)
        put(connection, NOW, finnhub__company_news=stories("KO", "other words"))
        assert newest_version(connection) == 4


@pytest.mark.parametrize(("provider", "left"), [("fred", ["graph"]), ("fred_graph", ["api"])])
def test_providers_that_share_a_table_are_told_apart(ledger, provider, left):
    with connect(ledger) as connection:
        for endpoint in ("api", "graph"):
            connection.execute(
                "insert into raw.fred__observations values "
                "('DGS3MO', '2017-07-03', 1.0, ?, ?, ?, 4, 'h', 'r')",
                [endpoint, NOW, NOW],
            )
    remove(ledger, provider)
    with connect(ledger, read_only=True) as connection:
        rows = connection.execute("select source_endpoint from raw.fred__observations").fetchall()

    assert [row[0] for row in rows] == left
