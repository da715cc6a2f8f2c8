"""`mqp backup`: what is saved, what never is, and what happens while others write or fail."""

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.backups import make_backup
from orchestration.commands.backup import backup_command
from orchestration.errors import UsageError
from orchestration.resources import Settings
from tests.backup.homes import (
    DATABASES,
    FILES,
    KEY,
    NEVER,
    RESPONSE,
    add_attempt,
    content_of,
    full_home,
    in_fork,
    write,
    write_response,
)
from tests.durability.disks import flip_every_block, mounted
from warehouse.backup import copying
from warehouse.backup.manifest import Backup, damaged_files, read_backup
from warehouse.backup.shelf import backups_in
from warehouse.connection import connect
from warehouse.errors import CorruptFileError, NotPublishedError, StorageError
from warehouse.home import Home
from warehouse.lock import writer_lock

CONFIGURATION = {
    *("config/portfolio.yaml", "config/schedule.yaml", "config/universes/core_equities.yaml"),
}


def made(settings: Settings, *, keep: int = 7) -> Backup:
    return make_backup(settings, settings.backups, keep=keep).backup


def test_everything_a_person_would_miss_is_saved(settings: Settings) -> None:
    backup = made(settings)
    assert set(backup.manifest.files) == {*FILES, RESPONSE, *DATABASES, *CONFIGURATION}
    assert backup.folder == settings.home.root / "backups" / "2017-06-30T23-00-00Z"
    for name in FILES:
        assert (backup.folder / name).read_bytes() == (settings.home.root / name).read_bytes()
    assert damaged_files(backup) == {}
    assert not any((backup.folder / name).exists() for name in NEVER)


def test_manifest_says_what_the_databases_hold(settings: Settings) -> None:
    state = made(settings).manifest.state
    with connect(settings.home.published, read_only=True) as published:
        ((digest,),) = published.execute("select manifest_hash from ops.nights").fetchall()
    assert (str(state.night), state.attempt, state.manifest_hash) == ("2017-06-30", 1, digest)
    assert (state.world, state.record["ops.nights"]) == ("custom:replay", 1)


def test_command_tells_machines_what_it_saved(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home.root / "config" / "holdings.csv", "symbol,quantity_shares\nCASH,1\n")
    assert backup_command(None, None, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["left_out"] == {}
    assert "config/holdings.csv" in read_backup(Path(told["backup"])).manifest.files


@pytest.mark.parametrize("name", ["logs/signal_engine.log", RESPONSE], ids=["log", "response"])
def test_file_with_a_key_is_left_out_by_name(
    home: Home, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == RESPONSE:
        write_response(home.root / name, KEY.encode())  # compressed: its bytes do not show the key
    else:
        write(home.root / name, f"GET https://x/?apikey={KEY}\n")
    assert backup_command(None, None, as_json=False) == 3
    assert f"✗ {name} holds the text of a configured key: not saved." in capsys.readouterr().out
    (backup,) = backups_in(home.root / "backups")
    assert name not in backup.manifest.files
    assert not any(KEY.encode() in content for content in content_of(backup.folder).values())


def test_key_across_two_pieces_of_a_file_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "CHUNK_BYTES", 32)
    write(settings.home.root / "reports" / "report.json", "x" * 20 + KEY)
    assert "reports/report.json" in made(settings).manifest.left_out


def test_ledger_with_a_key_is_no_backup(settings: Settings) -> None:
    with connect(settings.home.ledger) as ledger:
        ledger.execute("insert into ops.configs values ('x', ?)", [KEY])
    with pytest.raises(CorruptFileError, match=r"ledger\.duckdb holds the text of a configured"):
        made(settings)
    assert backups_in(settings.backups) == []


def test_link_is_not_followed(settings: Settings) -> None:
    (settings.home.logs / "env").symlink_to(settings.home.root / ".env")
    backup = made(settings)
    assert backup.manifest.left_out == {"logs/env": "is a link"}
    assert not (backup.folder / "logs" / "env").exists()


def test_backup_waits_for_a_night_and_shows_its_end(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mqp.backup")
    response = RESPONSE.replace("31e3", "ffff")
    has_begun = threading.Event()

    def night() -> None:
        with writer_lock(settings.home.writer_lock):
            has_begun.set()
            while "waiting for it to finish" not in caplog.text:
                time.sleep(0.01)
            add_attempt(settings.home)
            write_response(settings.home.root / response, b"of tonight")

    writer = threading.Thread(target=night, daemon=True)
    writer.start()
    has_begun.wait(20)
    backup = made(settings)
    writer.join(20)
    assert backup.manifest.state.record["ops.nights"] == 2
    assert response in backup.manifest.files


def test_what_a_killed_writer_left_beside_the_ledger_is_saved(settings: Settings) -> None:
    die_while_writing = (
        "import duckdb, os, sys\nledger = duckdb.connect(sys.argv[1])\n"
        "ledger.execute(\"insert into ops.configs values ('of a killed run', 'x')\")\nos._exit(9)"
    )
    subprocess.run([sys.executable, "-c", die_while_writing, settings.home.ledger], check=False)
    assert settings.home.ledger.with_name("ledger.duckdb.wal").exists()
    backup = made(settings)
    assert "warehouse/ledger.duckdb.wal" not in backup.manifest.files
    with connect(backup.folder / "warehouse/ledger.duckdb", read_only=True) as ledger:
        assert ledger.execute("select config_hash from ops.configs where content = 'x'").fetchall()


def test_damaged_published_file_is_left_out(settings: Settings) -> None:
    published = settings.home.published
    published.write_bytes(published.read_bytes()[:5000])
    backup = made(settings)
    assert "`mqp replay` builds it again" in backup.manifest.left_out["warehouse/quant.duckdb"]
    assert backup.manifest.state.night is None
    assert damaged_files(backup) == {}


def test_damaged_ledger_takes_no_good_backups_place(settings: Settings) -> None:
    good = made(settings)
    flip_every_block(settings.home.ledger)
    with pytest.raises(CorruptFileError, match=r"ledger\.duckdb"):
        made(settings, keep=1)
    assert [each.name for each in backups_in(settings.backups)] == [good.name]


def test_disk_without_room_is_told_with_sizes_before_anything_is_written(
    settings: Settings, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", megabytes=8) as disk:
        with pytest.raises(StorageError, match=r"8 MB are free and this backup takes \d\d"):
            make_backup(settings, disk.folder, keep=7)
        assert [path.name for path in disk.folder.iterdir()] == [".lock"]


def test_killed_backup_is_none_and_the_next_one_clears_it(settings: Settings) -> None:
    assert in_fork(_die_half_way, settings) == 9
    (left,) = settings.backups.glob("*.partial")
    assert (left / "warehouse" / "ledger.duckdb").exists()
    assert backups_in(settings.backups) == []
    backup = made(settings)
    assert not left.exists()
    assert backups_in(settings.backups) == [backup]


def _die_half_way(settings: Settings) -> None:
    copying.Copier.save_sqlite = lambda *_: os._exit(9)
    made(settings)


def test_oldest_backups_go_and_others_stay(settings: Settings, tmp_path: Path) -> None:
    write(settings.backups / "2016-01-01T00-00-00Z" / "mine.txt", "no backup of ours")
    other = full_home(tmp_path / "other")
    with connect(other.ledger) as ledger:
        ledger.execute("update ops.world set created_at = created_at + interval 1 day")
    theirs = make_backup(replace(settings, home=other), settings.backups, keep=7).backup
    first, second = made(settings, keep=2), made(settings, keep=2)
    done = make_backup(settings, settings.backups, keep=2)
    assert done.forgotten == (first.name,)
    left = {path.name for path in settings.backups.iterdir()} - {".lock"}
    assert left == {"2016-01-01T00-00-00Z", theirs.name, second.name, done.backup.name}


def test_damaged_backup_is_not_counted_as_one_that_is_kept(settings: Settings) -> None:
    first, second = made(settings), made(settings)
    (second.folder / "warehouse" / "ledger.duckdb").write_bytes(b"")
    done = make_backup(settings, settings.backups, keep=2)
    assert done.forgotten == ()
    assert first in backups_in(settings.backups)


def test_responses_share_bytes_with_earlier_backups_and_never_with_the_home(
    settings: Settings,
) -> None:
    first, second = made(settings), made(settings)
    places = [root / RESPONSE for root in (first.folder, second.folder, settings.home.root)]
    mine, again, original = (path.stat().st_ino for path in places)
    assert mine == again != original
    ledgers = [each.folder / "warehouse/ledger.duckdb" for each in (first, second)]
    assert not ledgers[0].samefile(ledgers[1])

    places[0].write_bytes(b"a bit has turned")
    third = made(settings)
    assert (third.folder / RESPONSE).read_bytes() == places[2].read_bytes()
    assert damaged_files(third) == {}


def test_folder_that_is_saved_itself_is_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="is saved itself"):
        make_backup(settings, settings.home.logs / "backups", keep=7)


def test_home_without_a_ledger_has_nothing_to_save(settings: Settings) -> None:
    settings.home.ledger.unlink()
    with pytest.raises(NotPublishedError, match="no ledger to save yet"):
        made(settings)
    assert not settings.backups.exists()
