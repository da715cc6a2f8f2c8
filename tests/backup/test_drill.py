"""`mqp drill` where it fails; `tests/nights` has one that passes."""

import json

import duckdb
import pytest

from orchestration.backups import make_backup
from orchestration.commands.drill import drill_command
from orchestration.drill import NOT_RESTORED
from orchestration.errors import NightError, UsageError
from orchestration.rebuild import rebuilding
from orchestration.resources import Settings
from tests.backup.homes import RESPONSE, content_of
from warehouse.connection import connect
from warehouse.sessions import new_york_sessions


def test_home_without_a_backup_is_told_what_that_means(settings: Settings) -> None:
    with pytest.raises(NightError, match="a lost disk would lose everything: run `mqp backup`"):
        drill_command(None, is_fresh=False, as_json=False)


def test_damaged_backup_fails_the_drill_and_is_recorded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = make_backup(settings, settings.backups, keep=7).backup
    (backup.folder / RESPONSE).write_bytes(b"")
    before = content_of(settings.home.root)
    monkeypatch.setenv("MQP_NOW", "2017-07-01T11:00:00Z")
    assert drill_command(None, is_fresh=False, as_json=False) == 1
    said = capsys.readouterr().out
    assert f"DRILL FAILED: backup {backup.name} was not restored" in said
    assert "would lose 12.0 hours (RPO)" in said
    assert f"{RESPONSE} has 0 bytes" in said
    with connect(settings.home.ledger, read_only=True) as ledger:
        rows = ledger.execute(
            "select backup, rpo_seconds, rto_seconds, is_successful, outcome from ops.drills"
        ).fetchall()
    assert rows == [(backup.name, 43200.0, None, False, NOT_RESTORED)]
    after = content_of(settings.home.root)
    assert [name for name in after if after[name] != before.get(name)] == [
        "warehouse/ledger.duckdb"
    ]


def test_night_that_cannot_be_built_again_fails_the_drill(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(settings.home.ledger) as ledger:
        ledger.execute("delete from ops.configs")
    assert drill_command(None, is_fresh=True, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == "not replayed"
    assert told["restore_seconds"] > 0
    assert not settings.backups.exists()


def test_backup_and_fresh_exclude_each_other(settings: Settings) -> None:
    with pytest.raises(UsageError, match="not both"):
        drill_command(settings.backups, is_fresh=True, as_json=False)


def test_ledger_of_an_earlier_release_can_be_built_from(settings: Settings) -> None:
    """Its copy gets the tables that came since; the ledger itself only by a writer."""
    home = settings.home
    with connect(home.ledger) as ledger:
        ledger.execute("drop table ops.drills")
    with (
        rebuilding(home, settings.world, new_york_sessions(), announce=print) as rebuilder,
        connect(rebuilder.ledger, read_only=True) as copy,
    ):
        assert copy.execute("from ops.drills").fetchall() == []
    with (
        connect(home.ledger, read_only=True) as ledger,
        pytest.raises(duckdb.CatalogException),
    ):
        ledger.execute("from ops.drills")
