"""Each thing that `mqp health` looks at, damaged in a home made by hand."""

import fcntl
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import orchestration.timetable
from orchestration.health.examine import ALL
from orchestration.health.finding import Finding
from orchestration.health.strategies import CHECKS
from orchestration.timetable import load_timetable
from tests.orchestration.health.homes import (
    NIGHT,
    NOW,
    back_up,
    beat,
    findings,
    healthy_home,
    land_again,
    publish,
    say_status,
)
from warehouse.connection import connect
from warehouse.home import Home


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return healthy_home(tmp_path_factory.mktemp("healthy")).root


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Home:
    shutil.copytree(made, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def contents(home: Home) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}


def test_healthy_home_has_no_finding_but_ok_and_is_left_as_it_was(home: Home) -> None:
    before = contents(home)
    found = findings(home)
    assert [each for each in found.values() if each.state != "ok"] == []
    assert contents(home) == before
    assert set(found) == {
        ("sources", "world"), ("disk", "free"), ("ledger", "ledger"), ("warehouse", "published"),
        ("quarantine", "quarantine"), ("cache", "cache"), ("responses", "responses"),
        ("schedule", "daemon"), ("schedule", "schedules"), ("night", "last_run"),
        ("backups", "age"),
        ("equities", "bars"), ("equities", "signal"), ("equities", "frozen"),
        ("equities", "sentiment"),
        ("credit", "bars"), ("credit", "signal"), ("credit", "frozen"), ("credit", "spreads"),
        ("volatility", "bars"), ("volatility", "signal"), ("volatility", "frozen"),
        ("volatility", "term_structure"),
        ("intraday", "bars"), ("intraday", "signal"),
    }  # fmt: skip


def cut_ledger(home: Home) -> None:
    size = home.ledger.stat().st_size
    with home.ledger.open("r+b") as file:
        file.truncate(size - 300 * 1024)


def other_world(home: Home) -> None:
    with connect(home.ledger) as ledger:
        ledger.execute("update ops.world set world = 'live'")


def older_ledger(home: Home) -> None:
    older = home.ledger.read_bytes()
    land_again(home)
    home.ledger.write_bytes(older)


def shorter_log(home: Home) -> None:
    log = home.raw_responses / "landings.jsonl"
    before = log.read_bytes()
    land_again(home)
    log.write_bytes(before)


def cached_file(home: Home) -> Path:
    return min(home.data.glob("cache/polygon/*/*.parquet"))


def in_cache(statement: str) -> Callable[[Home], None]:
    def change(home: Home) -> None:
        with closing(sqlite3.connect(home.data / "cache" / "cache.db")) as cache, cache:
            cache.execute(statement)

    return change


def in_schedules(statement: str) -> Callable[[Home], None]:
    def change(home: Home) -> None:
        path = home.dagster / "schedules" / "schedules.db"
        with closing(sqlite3.connect(path)) as stored, stored:
            stored.execute(statement)

    return change


def published_with(*statements: str) -> Callable[[Home], None]:
    return lambda home: publish(home, *statements)


HEARTBEATS = "history/runs.db"
DAMAGES: dict[str, tuple[Callable[[Home], object], tuple[str, str], str, str]] = {
    "ledger lost": (lambda h: h.ledger.unlink(), ("ledger", "ledger"), "fail",
        "gone, though rows have landed here: run `mqp restore --from-responses`"),
    "ledger cut": (cut_ledger, ("ledger", "ledger"), "fail", "ledger.duckdb is damaged"),
    "ledger no database": (lambda h: h.ledger.write_bytes(b"x" * 9000), ("ledger", "ledger"),
        "fail", "move it away, then run `mqp restore --from-responses`"),
    "ledger of another world": (other_world, ("ledger", "ledger"), "fail",
        "belongs to world 'live', this environment is 'sandbox:7'"),
    "ledger an older copy": (older_ledger, ("ledger", "ledger"), "fail",
        "ends at version 1, though version 2 has landed here"),
    "landing log behind": (shorter_log, ("ledger", "ledger"), "warn",
        "version 2, and the landing log ends at 1: the next night writes"),
    "published lost": (lambda h: (h.published.unlink(), h.nights.joinpath("2024-06-28").mkdir()),
        ("warehouse", "published"), "fail", "`mqp nightly` or `mqp replay` builds it again"),
    "published cut": (lambda h: h.published.write_bytes(h.published.read_bytes()[:20_000]),
        ("warehouse", "published"), "fail", "`mqp nightly` or `mqp replay` builds it again"),
    "published unreadable for a strategy": (lambda h: h.published.write_bytes(b"x" * 9000),
        ("credit", "published"), "fail", "see `mqp health --component warehouse`"),
    "published of another world": (
        published_with("update ops.build_context set world = 'live'"),
        ("warehouse", "published"), "fail", "belongs to world 'live'"),
    "published newer than the ledger": (
        published_with("update ops.build_context set ledger_version = 9"),
        ("ledger", "ledger"), "fail", "ends at version 1, though version 9 has landed here"),
    "symbol withheld": (
        published_with("insert into quality.quarantine values ('KO', null), ('GME', now())"),
        ("quarantine", "quarantine"), "warn", "rows of KO are withheld: `mqp quarantine list`"),
    "cached file changed": (lambda h: cached_file(h).write_bytes(b"?"), ("cache", "cache"),
        "warn", "1 damaged or gone (polygon/AAPL/2024-06-28.daily_bars.parquet)"),
    "cached file gone": (lambda h: cached_file(h).unlink(), ("cache", "cache"), "warn",
        "nothing to do, they are asked for again"),
    "cache.db damaged": (lambda h: (h.data / "cache" / "cache.db").write_bytes(b"x" * 9000),
        ("cache", "cache"), "warn", "cache.db.damaged"),
    "cache of another world": (in_cache("update world set world = 'live'"), ("cache", "cache"),
        "fail", "use another MQP_HOME or CACHE_ROOT"),
    "cache empty": (lambda h: shutil.rmtree(h.data / "cache"), ("cache", "cache"), "ok",
        "empty: the next night asks for whole histories"),
    "response gone": (lambda h: shutil.rmtree(h.raw_responses / "polygon"),
        ("responses", "responses"), "warn", "1 of 1 behind version 1 are gone (aa)"),
    "landing log spoilt": (lambda h: h.raw_responses.joinpath("landings.jsonl").write_text("{"),
        ("responses", "responses"), "warn", "1 lines of"),
    "landing log lost": (lambda h: h.raw_responses.joinpath("landings.jsonl").unlink(),
        ("responses", "responses"), "warn", "the next night writes it from the ledger"),
    "daemon never started": (lambda h: shutil.rmtree(h.dagster), ("schedule", "daemon"), "warn",
        "the daemon was never started: `mqp ui` starts it"),
    "daemon stopped": (lambda h: beat(h, NOW - timedelta(minutes=6)), ("schedule", "daemon"),
        "fail", "the daemon has stopped: last seen 2024-06-28 22:24 UTC; `mqp ui` starts it"),
    "daemon's file damaged": (lambda h: (h.dagster / HEARTBEATS).write_bytes(b"x" * 9000),
        ("schedule", "daemon"), "warn", "Dagster's history is lost, no night is"),
    "schedule switched off": (in_schedules("update instigators set status = 'STOPPED'"),
        ("schedule", "schedules"), "warn", "no schedule is on: switch them on"),
    "tick failed": (in_schedules("delete from job_ticks where status = 'SUCCESS'"),
        ("schedule", "schedules"), "warn", "the last tick (2024-06-27 21:35 UTC) failed"),
    "night failed": (lambda h: say_status(h, "FAILED", ("Gate 2 refuses.",)),
        ("night", "last_run"), "fail", "night 2024-06-28 is FAILED, attempt 1"),
    "night degraded": (lambda h: say_status(h, "DEGRADED", ("no news", "b", "c")),
        ("night", "last_run"), "warn", ": no news (and 2 more in reports/run_status.json)"),
    "status damaged": (lambda h: (h.reports / "run_status.json").write_text("{}"),
        ("night", "last_run"), "warn", "is damaged: `mqp nightly` writes it again"),
    "no backup": (lambda h: shutil.rmtree(h.root / "backups"), ("backups", "age"), "warn",
        "there is none: run `mqp backup`"),
    "backup damaged": (lambda h: back_up(h, NOW).write_text("{"), ("backups", "age"), "warn",
        "1 days old; 1 with a damaged manifest"),
    "no bar of a member": (published_with("delete from marts.fct_prices where symbol = 'KO'"),
        ("equities", "bars"), "warn", "no bar of 2024-06-28 of KO"),
    "no bar of a fund": (published_with("delete from marts.fct_prices where symbol = 'VXX'"),
        ("volatility", "bars"), "warn", "no bar of 2024-06-28 of VXX"),
    "nothing decided": (published_with("delete from marts.fct_signals where strategy = 'credit'"),
        ("credit", "signal"), "fail", "nothing was decided for 2024-06-28: `mqp why credit`"),
    "decision frozen": (
        published_with("update intermediate.int_symbol_sessions_spanned set is_decided = false, "
                       "freeze_reason = 'quarantined' where symbol = 'HYG'"),
        ("credit", "frozen"), "warn", "the target stays as it is of HYG (quarantined)"),
    "no news for a week": (
        published_with("update marts.fct_sentiment set session_date = date '2024-06-21'"),
        ("equities", "sentiment"), "warn", "2024-06-21, 5 sessions before the night"),
    "no news at all": (published_with("delete from marts.fct_sentiment"),
        ("equities", "sentiment"), "warn", "no news is stored"),
    "spreads late": (
        published_with("update marts.fct_spreads set session_date = date '2024-06-25'"),
        ("credit", "spreads"), "warn", "2024-06-25, 3 sessions before the night, used up to 5"),
    "spreads too old": (
        published_with("update marts.fct_spreads set session_date = date '2024-06-20'"),
        ("credit", "spreads"), "warn", "the HYG/LQD proxy decides"),
    "spreads known too late": (
        published_with("update marts.fct_spreads set available_at = '2024-06-28 21:00:00+00'"),
        ("credit", "spreads"), "warn", "no ICE spreads are stored"),
    "no VIX3M of the night": (published_with("update marts.fct_term_structure set vix3m = null"),
        ("volatility", "term_structure"), "warn", "end nowhere: flat for 2024-06-28"),
    "5-minute bars late": (
        published_with("update marts.fct_intraday_signals set session_date = date '2024-06-27'"),
        ("intraday", "bars"), "warn", "no 5-minute bars of 2024-06-28 of SPY (up to 2024-06-27)"),
    "no 5-minute bars": (published_with("delete from marts.fct_intraday_signals"),
        ("intraday", "bars"), "warn", "no order rests on them"),
    "mart missing": (published_with("drop table marts.fct_spreads"), ("credit", "published"),
        "fail", "see `mqp health --component warehouse`"),
}  # fmt: skip
"""What is done to the home, the finding that tells of it, its state, and some of its words."""


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_said_with_what_to_do(home: Home, name: str) -> None:
    damage, pair, state, words = DAMAGES[name]
    damage(home)
    found = findings(home, pair[0] if pair[0] in CHECKS else ALL)[pair]
    assert (found.state, words in found.detail) == (state, True), found


def test_bond_holiday_does_not_make_spreads_late(home: Home) -> None:
    """Columbus Day: stocks trade, and nobody publishes a spread of that day."""
    publish(
        home,
        "update ops.build_context set night = date '2024-10-15', as_of_at = now()",
        "insert into ops.exchange_sessions select unnest([date '2024-10-11', date '2024-10-14', "
        "date '2024-10-15', date '2024-10-16']), timestamptz '2024-10-16 20:15:00+00'",
        "update marts.fct_spreads set session_date = date '2024-10-11'",
    )
    found = findings(home, "credit", now=datetime(2024, 10, 15, 22, tzinfo=UTC))
    assert found["credit", "spreads"].state == "ok"


def test_older_night_is_said_where_it_matters(home: Home) -> None:
    found = findings(home, now=datetime(2024, 7, 2, 12, tzinfo=UTC))
    late = {pair: each.detail for pair, each in found.items() if "2024-07-01 is due" in each.detail}
    assert set(late) == {
        ("warehouse", "published"), ("equities", "signal"), ("credit", "signal"),
        ("volatility", "signal"),
    }  # fmt: skip
    assert late["warehouse", "published"].startswith(f"shows night {NIGHT}")


def test_night_is_not_due_before_its_session_is_ready(home: Home) -> None:
    found = findings(home, "warehouse", now=datetime(2024, 7, 1, 20, 14, tzinfo=UTC))
    assert found["warehouse", "published"].state == "ok"


def test_night_that_a_schedule_should_have_run_fails_when_it_is_overdue(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last step 17:35 New York, and two and a half hours more: 00:05 UTC."""
    timetable = replace(load_timetable(), switched_on="always")
    monkeypatch.setattr(orchestration.timetable, "load_timetable", lambda: timetable)

    def found(hour: int, minute: int) -> Finding:
        now = datetime(2024, 7, 2, hour, minute, tzinfo=UTC)
        return findings(home, "warehouse", now=now)["warehouse", "published"]

    assert found(0, 4).state == "warn"
    assert found(0, 5).state == "fail"
    assert "Night 2024-07-01 is overdue since 2024-07-02 00:05 UTC" in found(0, 5).detail


def test_backup_is_old_after_a_week(home: Home) -> None:
    def state(days: float) -> str:
        return findings(home, now=NOW + timedelta(days=days))["backups", "age"].state

    assert (state(5.9), state(6.1)) == ("ok", "warn")


def test_running_night_is_reported_and_not_waited_for(home: Home) -> None:
    home.writer_lock.write_text("4711")
    with home.writer_lock.open() as lock, connect(home.ledger):  # which nobody else can open now
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = findings(home)
    assert "process 4711 is writing" in found["ledger", "ledger"].detail
    assert found["night", "last_run"].detail.endswith("process 4711 is writing now")
    assert {each.state for each in found.values()} == {"ok"}


def test_cache_is_read_while_a_run_writes_to_it(home: Home) -> None:
    with closing(sqlite3.connect(home.data / "cache" / "cache.db")) as cache:
        cache.execute("begin exclusive")
        assert findings(home)["cache", "cache"].state == "ok"


def test_full_disk_stops_the_next_night(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def free(count: int) -> Finding:
        usage = shutil._ntuple_diskusage(10**12, 10**12 - count, count)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        return findings(home)["disk", "free"]

    assert (free(10**9).state, free(10**10).state) == ("warn", "ok")
    full = free(10**7)
    assert (full.state, "a night takes 0.1: free space" in full.detail) == ("fail", True)


@pytest.mark.parametrize("component", ["equities", "credit", "volatility", "intraday"])
def test_strategy_alone_tells_only_of_itself(home: Home, component: str) -> None:
    assert {each.component for each in findings(home, component).values()} == {component}


def test_warehouse_alone_tells_of_its_files(home: Home) -> None:
    assert set(findings(home, "warehouse")) == {
        ("ledger", "ledger"), ("warehouse", "published"), ("quarantine", "quarantine"),
    }  # fmt: skip


def test_home_before_its_first_night_has_warnings_only(tmp_path: Path) -> None:
    found = findings(Home(tmp_path / "new"))
    assert {each.state for each in found.values()} == {"ok", "warn"}
    assert "run `mqp nightly` first" in found["warehouse", "published"].detail
    assert not (tmp_path / "new").exists()
