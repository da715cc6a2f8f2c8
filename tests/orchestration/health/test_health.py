"""`mqp health` as people and machines call it, and what it says of providers and keys."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from ingestion.chains import CHAINS
from ingestion.settings import KEY_VARIABLES
from orchestration.cli import app
from orchestration.health.files import backup_finding
from orchestration.health.keys import WITHOUT, key_findings, source_findings
from orchestration.key_record import LOG, remember_keys
from orchestration.resources import Settings, load_settings
from tests.conftest import mqp
from tests.orchestration.health.homes import NOW, back_up, healthy_home, say_status
from tests.traces import traces_in
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.landing_log import append_to_log
from warehouse.ledger import open_ledger

LANDED_AT = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
KEYS = {"finnhub": "c8k2m4n6p8q0r2s4t6u8", "polygon": "aB3_dE6fGh9Jk2LmN5pQr8StU1vWx4Yz"}


def test_home_without_a_night_yet_is_told_to_run_one(tmp_path: Path) -> None:
    assert "! ledger     not there yet: run `mqp nightly`" in mqp(tmp_path, "health").stdout


def test_lost_ledger_is_told_to_be_restored(tmp_path: Path) -> None:
    ledger_path = tmp_path / "warehouse" / "ledger.duckdb"
    ledger_path.parent.mkdir()
    with connect(ledger_path) as ledger:
        open_ledger(ledger, "sandbox:7", now=LANDED_AT)
        rows = bars([("KO", date(2024, 6, 28), 1.0)], fetched_at=LANDED_AT)
        put(ledger, LANDED_AT, polygon__daily_bars=rows)
        append_to_log(ledger, tmp_path / "data" / "raw")
    ledger_path.unlink()

    done = mqp(tmp_path, "health", expect=1)
    assert "✗ ledger     gone" in done.stdout
    assert "run `mqp restore --from-responses`" in done.stdout


def health(home: Path, *arguments: str) -> Result:
    environment = {"MQP_HOME": str(home), "MQP_NOW": NOW.isoformat(), "MQP_SOURCES": "sandbox"}
    return CliRunner().invoke(app, ["health", *arguments], env=environment)


def test_warnings_end_with_zero_and_a_failure_with_one(tmp_path: Path) -> None:
    home = healthy_home(tmp_path)
    back_up(home, NOW).write_text("{")
    assert health(tmp_path).exit_code == 0
    say_status(home, "FAILED", ("Gate 2 refuses.",))
    failed = health(tmp_path)
    assert failed.exit_code == 1
    assert "✗ night      night 2024-06-28 is FAILED" in failed.stdout
    assert "! backups    the newest is" in failed.stdout
    assert health(tmp_path, "--component", "credit").exit_code == 0


def test_machines_get_component_state_detail_and_check(tmp_path: Path) -> None:
    healthy_home(tmp_path)
    found = json.loads(health(tmp_path, "--component", "volatility", "--json").stdout)
    assert found[0] == {
        "component": "volatility",
        "state": "ok",
        "detail": "bars of 2024-06-28 of 2 symbols (SVXY, VXX)",
        "check": "bars",
    }


def test_unknown_component_is_wrong_usage(tmp_path: Path) -> None:
    assert health(tmp_path, "--component", "bonds").exit_code == 2


def live(home: Path, **variables: str) -> Settings:
    keys = {KEY_VARIABLES[name]: key for name, key in KEYS.items()}
    return load_settings({"MQP_HOME": str(home), **keys, **variables})


def test_missing_key_is_said_with_what_it_costs(tmp_path: Path) -> None:
    found = {each.check: each for each in source_findings(live(tmp_path))}
    assert {name: each.state for name, each in found.items()} == {
        "polygon": "ok", "finnhub": "ok", "fmp": "warn", "fred": "warn",
    }  # fmt: skip
    assert found["fred"].detail.startswith("FRED_API_KEY is not set: credit spreads come from")


def test_what_only_one_provider_serves_is_named_as_lost() -> None:
    sole = {(feeds[0].provider, dataset) for dataset, feeds in CHAINS.items() if len(feeds) == 1}
    assert sole == {("fmp", "profiles"), ("fmp", "treasury_rates")}
    assert set(WITHOUT) == set(KEY_VARIABLES)
    assert "no profiles" in WITHOUT["fmp"]


def test_old_key_is_warned_about_with_the_date_since_when(tmp_path: Path) -> None:
    settings = live(tmp_path, FMP_API_KEY="your_fmp_key")
    remember_keys(settings.home, settings.api_keys, now=NOW)
    found = {each.check: each for each in key_findings(settings, NOW + timedelta(days=90))}
    assert {each.state for each in found.values()} == {"warn"}
    assert "is in use since 2024-06-28 and was to be replaced on" in found["finnhub"].detail
    assert "`mqp keys reviewed polygon`" in found["polygon"].detail
    assert found["fmp"].detail.startswith("FMP_API_KEY is a placeholder, not a key")
    assert traces_in("".join(each.detail for each in found.values()), KEYS) == []


def test_health_records_no_key_itself(tmp_path: Path) -> None:
    found = list(key_findings(live(tmp_path), NOW))
    assert {each.state for each in found} == {"ok"}
    assert "has not been used by a night yet" in found[0].detail
    assert list(tmp_path.iterdir()) == []


def test_damaged_record_of_keys_is_said(tmp_path: Path) -> None:
    settings = live(tmp_path)
    settings.home.data.mkdir()
    (settings.home.data / LOG).write_text("{\n{\n")
    found = {each.check: each for each in key_findings(settings, NOW)}
    assert found["record"].detail.startswith("2 lines of data/keys.jsonl are damaged")


def test_open_file_with_keys_is_warned_about_in_any_world(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.touch(mode=0o644)
    sandbox = replace(live(tmp_path), world="sandbox:7")
    (opened,) = key_findings(sandbox, NOW)
    assert (opened.state, f"run `chmod 600 {path}`" in opened.detail) == ("warn", True)
    path.chmod(0o600)
    (closed,) = key_findings(sandbox, NOW)
    assert closed.state == "ok"


def test_backups_are_looked_for_where_they_are_made(tmp_path: Path) -> None:
    """On another disk, which backups of another world share."""
    home, disk = healthy_home(tmp_path / "home"), tmp_path / "disk"
    settings = load_settings(
        {"MQP_HOME": str(home.root), "MQP_SOURCES": "sandbox", "BACKUP_ROOT": str(disk)}
    )
    assert backup_finding(settings, NOW).detail == "there is none: run `mqp backup`"
    back_up(home, NOW - timedelta(days=2), disk)
    assert backup_finding(settings, NOW).state == "ok"
    assert "2 days old" in backup_finding(settings, NOW).detail
    other = replace(settings, world="sandbox:8")
    assert backup_finding(other, NOW).detail == "there is none: run `mqp backup`"
