from datetime import date, timedelta
from pathlib import Path

from tests.warehouse.conftest import NOW
from tests.warehouse.test_ledger import bars, observations, put
from warehouse.connection import Connection, connect
from warehouse.ledger import open_ledger

DAYS = [date(2017, 6, 26) + timedelta(days=day) for day in range(5)]


def counted(ledger: Connection) -> list[tuple[int, str, int]]:
    return ledger.execute(
        "select * from ops.landed_rows order by ledger_version, table_name"
    ).fetchall()


def land_five_nights(ledger: Connection) -> None:
    """Each night the provider sends the whole history again, with one new bar of each symbol."""
    for night in range(5):
        now = NOW + timedelta(days=night)
        rows = [(s, day, 40.0 + n) for s in ("A", "B") for n, day in enumerate(DAYS[: night + 1])]
        put(ledger, now, polygon__daily_bars=bars(rows, fetched_at=now))


def test_each_landing_counts_what_it_added_to_each_table(ledger: Connection) -> None:
    spread = observations(3.5, fetched_at=NOW)
    put(
        ledger,
        polygon__daily_bars=bars([("A", DAYS[0], 40.0), ("B", DAYS[0], 41.0)]),
        fred__observations=spread,
    )
    put(ledger, polygon__daily_bars=bars([("A", DAYS[0], 40.5)]), fred__observations=spread)
    assert counted(ledger) == [
        (1, "raw.fred__observations", 1),
        (1, "raw.polygon__daily_bars", 2),
        (2, "raw.polygon__daily_bars", 1),
    ]


def test_five_nights_add_what_the_provider_newly_said(ledger: Connection) -> None:
    land_five_nights(ledger)
    assert counted(ledger) == [(v, "raw.polygon__daily_bars", 2) for v in range(1, 6)]


def test_landing_of_nothing_new_is_not_counted(ledger: Connection) -> None:
    for _ in range(2):
        put(ledger, polygon__daily_bars=bars([("A", DAYS[0], 40.0)]))
    assert len(counted(ledger)) == 1


def test_counts_and_landings_agree(ledger: Connection) -> None:
    land_five_nights(ledger)
    apart = ledger.execute(
        "select * from ops.landings anti join ("
        "select ledger_version, sum(row_count) as row_count from ops.landed_rows group by all"
        ") using (ledger_version, row_count)"
    ).fetchall()
    assert apart == []


def test_ledger_of_an_earlier_release_is_counted_once(tmp_path: Path) -> None:
    with connect(tmp_path / "ledger.duckdb") as ledger:
        open_ledger(ledger, "sandbox:1", now=NOW)
        land_five_nights(ledger)
        before = counted(ledger)
        ledger.execute("drop table ops.landed_rows")
        for _ in range(2):
            open_ledger(ledger, "sandbox:1", now=NOW)
        assert counted(ledger) == before
