from datetime import date
from pathlib import Path

from warehouse.availability import RAW_TABLES
from warehouse.connection import connect
from warehouse.context import BuildContext, Member, begin_build
from warehouse.sessions import new_york_sessions

NIGHT = date(2017, 6, 30)


def test_build_begins_with_the_rule_of_every_raw_table(tmp_path: Path) -> None:
    sessions = new_york_sessions()
    context = BuildContext(
        night=NIGHT,
        as_of_at=sessions.decided_at(NIGHT),
        ledger_version=1,
        world="custom:context",
        code_hash="code",
        config_hash="config",
        universe_name="one",
        benchmark="SPY",
        members=[Member("AAA")],
    )
    begin_build(tmp_path / "build.duckdb", context, sessions)
    with connect(tmp_path / "build.duckdb", read_only=True) as build:
        rules = build.execute(
            "select table_name, subject, policy, known_from from ops.availability_rules"
        ).fetchall()
        moments = build.execute("select as_of_at, recorded_at from ops.build_context").fetchone()
    assert {row[0] for row in rules} == {table.name for table in RAW_TABLES}
    assert (
        "raw.fred__observations",
        "BAMLH0A0HYM2",
        "vintage",
        "09:00 New York of the next session",
    ) in rules
    assert ("raw.polygon__daily_bars", None, "restate", "16:15 New York of the session") in rules
    assert moments is not None
    assert moments[0] == moments[1]  # its own record, unless it looks back
