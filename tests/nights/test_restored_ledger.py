"""A published home loses its ledger or its disk, gets it back, and the night is the same night."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import mqp
from tests.durability.whole_night import FRIDAY
from tests.nights.conftest import QuickNight
from tests.quick_command import quick_mqp
from warehouse.connection import connect, quoted_path
from warehouse.home import Home

RECORD = (
    *("ops.nights", "ops.fetches", "ops.configs", "quality.validation_results"),
    *("quality.quarantine", "quality.history_extents", "analytics.decisions"),
    "analytics.trials",
)
LANDINGS = ("ops.landings", "ops.landed_rows")


@pytest.fixture(scope="module")
def whole(small_night: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a published night."""
    return small_night(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def restored(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the night's home whose ledger was deleted and restored."""
    home = tmp_path_factory.mktemp("restored") / "home"
    shutil.copytree(whole, home)
    Home(home).ledger.unlink()
    refused = quick_mqp(home, "nightly", expect=1)
    assert "run `mqp restore --from-responses` first" in refused.stderr
    assert not Home(home).ledger.exists()
    done = mqp(home, "restore", "--from-responses")
    assert "every landed row is back as it was" in done.stdout
    return home


def differing(one: Path, other: Path, tables: list[str]) -> list[str]:
    with connect(":memory:") as connection:
        for name, path in (("one", one), ("other", other)):
            connection.execute(f"attach '{quoted_path(path)}' as {name} (read_only)")
        return [
            table
            for table in tables
            if connection.execute(
                f"(from one.{table} except all from other.{table}) "
                f"union all (from other.{table} except all from one.{table}) limit 1"
            ).fetchall()
        ]


def manifest(home: Path) -> dict[str, Any]:
    path = home / "warehouse" / "nights" / "2024-06-28" / "manifest.json"
    return dict(json.loads(path.read_text()))


def test_every_table_of_the_ledger_is_restored(whole: Path, restored: Path) -> None:
    lost, back = Home(whole).ledger, Home(restored).ledger
    with connect(lost, read_only=True) as ledger:
        raw = ledger.execute(
            "select 'raw.' || table_name from duckdb_tables() where schema_name = 'raw' order by 1"
        ).fetchall()
    assert differing(lost, back, [*(row[0] for row in raw), *RECORD, *LANDINGS]) == []


def test_night_on_the_restored_ledger_has_equal_content_hashes(
    restored: Path, quick_night: QuickNight
) -> None:
    before = manifest(restored)
    quick_night(restored, FRIDAY)
    assert manifest(restored) == before
    assert any(name.startswith("staging.") for name in before["tables"])


def test_restore_beside_an_existing_ledger_is_refused(restored: Path) -> None:
    done = quick_mqp(restored, "restore", "--from-responses", expect=2)
    assert "exists and is not overwritten" in done.stderr


def test_lost_disk_comes_back_and_its_night_is_built_again_with_equal_hashes(
    whole: Path, tmp_path: Path
) -> None:
    """One backup, put into an empty home, and drilled there."""
    saved = json.loads(quick_mqp(whole, "backup", "--to", str(tmp_path), "--json").stdout)
    new = Home(tmp_path / "new")
    told = json.loads(quick_mqp(new.root, "restore", saved["backup"], "--verify", "--json").stdout)
    with connect(Home(whole).published, read_only=True) as published:
        ((digest,),) = published.execute("select manifest_hash from ops.nights").fetchall()
    assert told["manifest_hash"] == digest
    assert new.published.read_bytes() == Home(whole).published.read_bytes()
    assert manifest(new.root) == manifest(whole)

    shutil.copytree(Home(whole).dbt_target, new.dbt_target)  # saves reading the project again
    evening = "2024-06-29T04:30:00Z"
    said = quick_mqp(new.root, "drill", saved["backup"], MQP_NOW=evening).stdout
    assert "(RTO), a disk lost now would lose 6.0 hours (RPO): IDENTICAL: night 2024-06-28" in said
    with connect(new.ledger, read_only=True) as ledger:
        ((rpo, restored, rto, is_successful, outcome),) = ledger.execute(
            "select rpo_seconds, restore_seconds, rto_seconds, is_successful, outcome "
            "from ops.drills"
        ).fetchall()
    assert (rpo, is_successful, outcome) == (21600.0, True, "identical")
    assert 0 < restored < rto
