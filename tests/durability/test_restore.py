"""A deleted ledger comes back from the stored responses: every version, every stamp."""

import gzip
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.sandbox.faults import FaultRule
from orchestration.cli import main
from tests.durability.small_world import (
    WORLD,
    Order,
    differing_rows,
    fetch_and_land,
    run_nights,
    sandbox,
)
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.landing_log import NAME, append_to_log, read_log

# FRED's ICE spread of 2024-06-26 is corrected in the sandbox between the second and the third
NIGHTS = tuple(datetime(2024, month, day, 22, 30, tzinfo=UTC) for month, day in
               ((6, 27), (6, 28), (7, 1)))  # fmt: skip


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("three_nights")
    run_nights(home, *NIGHTS)
    return home


@pytest.fixture
def lost(three_nights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home whose ledger is gone; what it was lies in `three_nights`."""
    home = tmp_path / "home"
    shutil.copytree(three_nights, home)
    Home(home).ledger.unlink()
    monkeypatch.setenv("MQP_HOME", str(home))
    monkeypatch.setenv("MQP_SOURCES", "sandbox")
    return Home(home)


def restore(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["restore", "--from-responses", *arguments])
    return int(ended.value.code or 0)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with connect(path, read_only=True) as ledger:
        return ledger.execute(query).fetchall()


def stored(home: Home, provider: str, symbol: str) -> list[Path]:
    """The stored responses of a provider about a symbol, the oldest first."""
    found = []
    for path in home.raw_responses.glob(f"{provider}/*/*.gz"):
        about = json.loads(gzip.decompress(path.read_bytes()).partition(b"\n")[0])
        if about["symbol"] == symbol:
            found.append(path)
    return sorted(found, key=lambda path: path.parent.name)


def test_restored_ledger_equals_the_lost_one_row_by_row(three_nights, lost, capsys):
    assert restore() == 0
    assert differing_rows(Home(three_nights).ledger, lost.ledger) == {}
    revised = (
        "select count(*) from (select series_id, observed_date from raw.fred__observations "
        "group by all having count(*) > 1)"
    )
    assert rows(lost.ledger, revised) == [(1,)]
    assert "up to version 3 (sandbox:7): every landed row is back" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("without", "table"),
    [
        (("polygon",), "raw.fmp__daily_prices"),
        (("polygon", "fmp"), "raw.finnhub__daily_candles"),
        (("polygon", "fmp", "finnhub"), "raw.yahoo__daily_bars"),
        (("finnhub",), "raw.polygon__news_sentiment"),
        (("finnhub", "polygon", "fred"), "raw.fmp__news"),
    ],
)
def test_rows_of_every_fallback_are_restored(tmp_path, monkeypatch, without, table):
    run_nights(tmp_path, *NIGHTS[1:], without=without)
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    monkeypatch.setenv("MQP_SOURCES", "sandbox")
    copy = tmp_path / "copy.duckdb"
    assert restore("--to", str(copy)) == 0
    assert rows(copy, f"select count(*) > 0 from {table}") == [(True,)]
    assert differing_rows(Home(tmp_path).ledger, copy) == {}


def test_nights_of_failing_providers_are_restored(tmp_path, monkeypatch):
    incidents = (
        (),
        (FaultRule("truncated_json", provider="polygon", after_n=1, times=3),
         FaultRule("duplicate_rows", provider="finnhub")),
        (FaultRule("nan_values", provider="polygon"), FaultRule("huge_jump", provider="fmp")),
    )  # fmt: skip
    for number, (moment, faults) in enumerate(zip(NIGHTS, incidents, strict=True)):
        with sandbox(moment, faults=faults) as (urls, keys):
            fetch_and_land(Order(tmp_path, urls, keys, moment, f"run-{number}"))
    monkeypatch.setenv("MQP_HOME", str(tmp_path))
    monkeypatch.setenv("MQP_SOURCES", "sandbox")
    assert restore("--to", str(tmp_path / "copy.duckdb")) == 0
    assert differing_rows(Home(tmp_path).ledger, tmp_path / "copy.duckdb") == {}


def test_ledger_that_exists_is_not_touched(three_nights, lost, capsys):
    shutil.copy2(Home(three_nights).ledger, lost.ledger)
    before = lost.ledger.read_bytes()
    assert restore() == 2
    assert "exists and is not overwritten" in capsys.readouterr().err
    assert lost.ledger.read_bytes() == before


def test_restore_in_another_world_is_refused(lost, monkeypatch, capsys):
    monkeypatch.setenv("MQP_SANDBOX_SEED", "8")
    assert restore() == 1
    assert "'sandbox:7' and this run to 'sandbox:8'" in capsys.readouterr().err
    assert not lost.ledger.exists()


def test_half_built_ledger_and_foreign_wal_do_not_matter(three_nights, lost):
    lost.ledger.with_name("ledger.duckdb.restoring").write_bytes(b"left by a killed restore")
    lost.ledger.with_name("ledger.duckdb.wal").write_bytes(b"of the lost ledger")
    assert restore() == 0
    assert differing_rows(Home(three_nights).ledger, lost.ledger) == {}
    assert lost.ledger.with_name("ledger.duckdb.wal.lost").exists()


def test_damaged_response_is_named_and_the_rest_is_restored(three_nights, lost, capsys):
    path = stored(lost, "polygon", "KO")[0]
    path.write_bytes(path.read_bytes()[:-20])
    assert restore("--json") == 3
    told = json.loads(capsys.readouterr().out)
    assert [name for name, count in told["tables"].items() if not count["is_equal"]] == [
        "raw.polygon__daily_bars"
    ]
    assert any("(KO)" in note and "cannot be unpacked" in note for note in told["notes"])
    assert rows(lost.ledger, "select distinct symbol from raw.polygon__daily_bars order by 1") == [
        ("AAPL",), ("KO",), ("NVDA",),
    ]  # fmt: skip
    assert set(differing_rows(Home(three_nights).ledger, lost.ledger)) == {
        "raw.polygon__daily_bars", "ops.landings",
    }  # fmt: skip


def test_revision_whose_first_version_is_lost_is_known_from_its_own_fetch(lost):
    for path in stored(lost, "fred", "BAMLH0A0HYM2")[:2]:
        path.unlink()
    assert restore() == 3
    early = (
        "select count(*) from raw.fred__observations "
        "where series_id = 'BAMLH0A0HYM2' and available_at < fetched_at"
    )
    assert rows(lost.ledger, early) == [(0,)]
    assert rows(lost.ledger, "select count(*) > 0 from raw.fred__observations") == [(True,)]


def test_lost_line_of_the_log_keeps_the_later_versions_in_place(lost, capsys):
    log = lost.raw_responses / NAME
    lines = log.read_text().splitlines()
    second = next(number for number, line in enumerate(lines) if '"ledger_version": 2' in line)
    log.write_text("\n".join([*lines[:second], "{torn", *lines[second + 1 :]]) + "\n")
    assert restore() == 3
    assert "nothing says what had landed up to version 2" in capsys.readouterr().out
    assert rows(lost.ledger, "select ledger_version from ops.landings order by 1") == [
        (1,), (2,), (3,),
    ]  # fmt: skip


def test_home_without_a_log_is_told_what_to_do(lost, capsys):
    (lost.raw_responses / NAME).unlink()
    assert restore() == 1
    assert "begins a new ledger, or writes the log again" in capsys.readouterr().err
    assert not lost.ledger.exists()


def test_restore_without_its_source_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["restore"])
    assert ended.value.code == 2
    assert "mqp restore --from-responses" in capsys.readouterr().err


def test_log_of_a_ledger_that_never_wrote_one_is_written_from_its_rows(three_nights, lost):
    shutil.copy2(Home(three_nights).ledger, lost.ledger)
    written = (lost.raw_responses / NAME).read_text()
    (lost.raw_responses / NAME).unlink()
    with connect(lost.ledger) as ledger:
        assert append_to_log(ledger, lost.raw_responses) == len(written.splitlines())
        assert append_to_log(ledger, lost.raw_responses) == 0
    assert (lost.raw_responses / NAME).read_text() == written


def test_log_of_an_earlier_ledger_is_moved_aside(lost):
    run_nights(lost.root, NIGHTS[2])
    assert [entry.run_id for entry in read_log(lost.raw_responses).landings] == ["run-0"]
    aside = lost.raw_responses / "landings.001.jsonl"
    assert [json.loads(line).get("landing", {}).get("run_id") for line in
            aside.read_text().splitlines() if "landing" in json.loads(line)] == [
        "run-0", "run-1", "run-2",
    ]  # fmt: skip


def test_removed_rows_do_not_come_back(three_nights, lost, capsys):
    shutil.copy2(Home(three_nights).ledger, lost.ledger)
    with pytest.raises(SystemExit):
        main(["cache", "purge", "--provider", "fred", "--symbol", "DGS3MO", "--with-history",
              "--yes", "--why", "a test"])  # fmt: skip
    lost.ledger.unlink()
    capsys.readouterr()
    assert restore() == 0
    assert "removed on purpose" in capsys.readouterr().out
    assert rows(lost.ledger, "select distinct series_id from raw.fred__observations") == [
        ("BAMLH0A0HYM2",)
    ]
    assert rows(lost.ledger, "select provider, symbol, why from ops.tombstones") == [
        ("fred", "DGS3MO", "a test")
    ]


def test_world_of_the_restored_ledger_is_the_lost_ones(three_nights, lost):
    restore()
    assert rows(lost.ledger, "from ops.world") == [(WORLD, NIGHTS[0])]
