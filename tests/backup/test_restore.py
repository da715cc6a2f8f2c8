"""`mqp restore FILE`: checked first, nothing lost, whatever happens in between."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.backups import chosen_backup, make_backup
from orchestration.comeback import check_restored, restore_home
from orchestration.commands.restore import restore_backup_command, restore_command
from orchestration.errors import UsageError
from orchestration.resources import Settings
from tests.backup.homes import (
    NIGHT,
    RESPONSE,
    STAMP,
    add_attempt,
    attempts,
    content_of,
    in_fork,
    write,
)
from tests.durability.disks import mounted
from warehouse.backup import restore as product
from warehouse.backup.manifest import MANIFEST, Backup, SavedFile, read_backup, write_manifest
from warehouse.connection import connect
from warehouse.errors import CorruptFileError, StorageError, WorldMismatchError
from warehouse.home import Home
from warehouse.seal import is_sealed


@pytest.fixture
def backup(settings: Settings, saved: Path, tmp_path: Path) -> Backup:
    """A backup of the home, which may be spoilt."""
    return read_backup(shutil.copytree(saved / "safe" / STAMP, tmp_path / "safe" / STAMP))


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """The same run on another machine, where nothing is yet."""
    return replace(settings, home=Home(tmp_path / "new"), cache_root=tmp_path / "new/data/cache")


def outputs_of(home: Home) -> dict[str, bytes]:
    """What a home holds, apart from what stood there before."""
    return {
        name: content
        for name, content in content_of(home.root).items()
        if not name.startswith(("replaced/", ".env"))
    }


def test_lost_disk_comes_back_with_the_published_hashes(
    home: Home,
    backup: Backup,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MQP_HOME", str(tmp_path / "new"))
    assert restore_backup_command(backup.folder, verifies=True, is_forced=False, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    with connect(home.published, read_only=True) as published:
        ((digest,),) = published.execute("select manifest_hash from ops.nights").fetchall()
    assert (told["night"], told["manifest_hash"], told["is_verified"]) == (
        *(str(NIGHT), digest),
        True,
    )
    restored = Home(tmp_path / "new")
    assert is_sealed(restored.published)
    assert told["published_sha256"] in restored.published.with_suffix(".sha256").read_text()
    saved = content_of(backup.folder)
    assert outputs_of(restored) == {
        name: saved[name] for name in saved if not name.startswith(("config/", "manifest."))
    }


def test_what_stood_there_is_moved_aside(settings: Settings, backup: Backup) -> None:
    home = settings.home
    write(home.reports / "latest.html", "<p>spoilt</p>")
    home.published.write_bytes(b"spoilt")
    aside = restore_home(settings, backup, is_forced=False).restored.aside
    assert aside == home.root / "replaced" / "2017-06-30T23-00-00Z"
    assert (aside / "reports" / "latest.html").read_text() == "<p>spoilt</p>"
    assert (aside / "warehouse" / "quant.duckdb").read_bytes() == b"spoilt"
    assert (home.reports / "latest.html").read_text() == "<p>report</p>"
    check_restored(home, backup.manifest)


@pytest.mark.parametrize("name", ["warehouse/ledger.duckdb", RESPONSE, "reports/latest.html"])
def test_one_turned_bit_is_refused_by_name(settings: Settings, backup: Backup, name: str) -> None:
    path = backup.folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = content_of(settings.home.root)
    with pytest.raises(CorruptFileError, match=f"{name} has other content than was saved"):
        restore_home(settings, backup, is_forced=True)
    assert content_of(settings.home.root) == before


def test_missing_and_shortened_files_are_refused_by_name(
    settings: Settings, backup: Backup
) -> None:
    (backup.folder / RESPONSE).unlink()
    with pytest.raises(CorruptFileError, match=f"{RESPONSE} is missing"):
        restore_home(settings, backup, is_forced=True)


def test_changed_manifest_is_no_backup(backup: Backup) -> None:
    path = backup.folder / MANIFEST
    path.write_text(path.read_text().replace("custom:replay", "custom:other!"))
    with pytest.raises(CorruptFileError, match="not what its seal says"):
        read_backup(path)


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "warehouse/nights/../../../outside",
        "/tmp/outside",
        "warehouse//ledger.duckdb",
        "data\\raw\\x.gz",
        "orchestration/cli.py",
        "warehouse/lock.py",
        ".env",
        "data/raw/a\nb.gz",
    ],
)
def test_place_that_leaves_the_outputs_is_refused(backup: Backup, name: str) -> None:
    files = {**backup.manifest.files, name: SavedFile(1, "0" * 64)}
    write_manifest(backup.folder, replace(backup.manifest, files=files))
    with pytest.raises(CorruptFileError, match="names the place"):
        read_backup(backup.folder)


def test_link_in_a_backup_is_refused(settings: Settings, backup: Backup, tmp_path: Path) -> None:
    """Also a link to the very same bytes: tomorrow it points to others."""
    path = backup.folder / RESPONSE
    path.rename(tmp_path / "moved.gz")
    path.symlink_to(tmp_path / "moved.gz")
    with pytest.raises(CorruptFileError, match=f"{RESPONSE} is a link"):
        restore_home(settings, backup, is_forced=True)


def test_home_whose_part_is_a_link_is_not_left_through_it(
    elsewhere: Settings, backup: Backup, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    elsewhere.home.root.mkdir()
    elsewhere.home.data.symlink_to(outside)
    with pytest.raises(StorageError, match="is a link, and a restore does not leave the home"):
        restore_home(elsewhere, backup, is_forced=True)
    assert list(outside.iterdir()) == []


def test_disk_without_room_is_told_with_sizes(
    elsewhere: Settings, backup: Backup, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", megabytes=8) as disk:
        there = replace(elsewhere, home=Home(disk.folder))
        with pytest.raises(StorageError, match=r"8 MB are free and the backup takes \d"):
            restore_home(there, backup, is_forced=False)
        assert list(disk.folder.iterdir()) == []


def test_other_world_is_refused(settings: Settings, backup: Backup) -> None:
    with pytest.raises(WorldMismatchError, match="'custom:replay' and this run to 'live'"):
        restore_home(replace(settings, world="live"), backup, is_forced=True)


def test_newer_data_are_not_replaced_unless_told_to(settings: Settings, backup: Backup) -> None:
    home = settings.home
    add_attempt(home)
    before = content_of(home.root)
    with pytest.raises(UsageError, match=r"1 later attempts at nights.*--force"):
        restore_home(settings, backup, is_forced=False)
    assert content_of(home.root) == before

    aside = restore_home(settings, backup, is_forced=True).restored.aside
    assert aside is not None
    assert (attempts(home), attempts(Home(aside))) == (1, 2)


def test_another_ledger_is_newer(settings: Settings, backup: Backup) -> None:
    with connect(settings.home.ledger) as ledger:
        ledger.execute("update ops.world set created_at = created_at + interval 1 day")
    with pytest.raises(UsageError, match="another ledger"):
        restore_home(settings, backup, is_forced=False)


def test_published_night_without_its_ledger_is_newer(settings: Settings, backup: Backup) -> None:
    earlier = replace(backup.manifest.state, night=NIGHT.replace(day=29))
    write_manifest(backup.folder, replace(backup.manifest, state=earlier))
    settings.home.ledger.unlink()
    with pytest.raises(UsageError, match="the published night 2017-06-30"):
        restore_home(settings, read_backup(backup.folder), is_forced=False)


def test_trials_since_the_backup_stay_in_the_registry(settings: Settings, backup: Backup) -> None:
    home = settings.home
    row = {
        "strategy": "equities", "parameters": '{"a":1}', "variant": "v",
        "evaluated_by": "mqp equities", "sharpe_per_session": None, "session_count": 9,
        "first_ledger_version": 1, "first_code_hash": "c",
        "first_evaluated_at": "2017-06-30T22:00:00+00:00",
    }  # fmt: skip
    write(home.data / "trials.jsonl", json.dumps(row, sort_keys=True) + "\n")
    notes = restore_home(settings, backup, is_forced=False).notes
    assert "1 trials evaluated since the backup stay in the registry" in notes
    with connect(home.ledger, read_only=True) as ledger:
        assert ledger.execute("select strategy from analytics.trials").fetchall() == [("equities",)]
    assert json.loads((home.data / "trials.jsonl").read_text()) == row


def test_logs_that_tell_what_happened_stay(settings: Settings, backup: Backup) -> None:
    write(settings.home.logs / "signal_engine.log", "the disk began to fail\n")
    restore_home(settings, backup, is_forced=False)
    assert (settings.home.logs / "signal_engine.log").read_text() == "the disk began to fail\n"


def test_configuration_is_never_written_over(
    settings: Settings, backup: Backup, tmp_path: Path
) -> None:
    mine = tmp_path / "portfolio.yaml"
    mine.write_text("mine: 1\n")
    notes = restore_home(replace(settings, portfolio=mine), backup, is_forced=False).notes
    assert mine.read_text() == "mine: 1\n"
    assert notes == (
        f"{backup.folder}/config/portfolio.yaml is not the one in use ({mine}): copy it there if "
        "you want it back",
    )


def test_configuration_that_is_not_in_use_is_told_where_it_would_be(
    settings: Settings, tmp_path: Path
) -> None:
    mine, universe = tmp_path / "holdings.csv", tmp_path / "mine.yaml"
    mine.write_text("symbol,quantity_shares\nCASH,1\n")
    universe.write_text("members: [AAPL]\n")
    with_mine = replace(settings, holdings=mine, universe=universe)
    backup = make_backup(with_mine, tmp_path / "mine", keep=7).backup
    notes = restore_home(settings, backup, is_forced=False).notes
    assert [note.partition(" is not in use")[2] for note in sorted(notes)] == [
        f": copy it to {settings.home.root}/config/holdings.csv if you want it back",
        f" ({settings.universe} is): name it in MQP_UNIVERSE if you want it back",
    ]


@pytest.mark.parametrize("renames", [0, 1, 5, 17])
def test_killed_restore_loses_nothing_and_ends_when_run_again(
    settings: Settings, backup: Backup, renames: int
) -> None:
    home = settings.home
    add_attempt(home)
    assert in_fork(_die_after, renames, settings, backup) == 9
    assert home.ledger.exists()
    assert attempts(home) == 2  # the old ledger stands until the last rename

    restore_home(settings, backup, is_forced=True)
    check_restored(home, backup.manifest)
    assert not (home.root / product.READY).exists()
    aside = [Home(folder) for folder in (home.root / "replaced").iterdir()]
    assert [attempts(each) for each in aside if each.ledger.exists()] == [2]


def _die_after(renames: int, settings: Settings, backup: Backup) -> None:
    exchange_one, left = product._exchange_one, renames

    def exchange(*places: Path) -> None:
        nonlocal left
        if left == 0:
            os._exit(9)
        left -= 1
        exchange_one(*places)

    product._exchange_one = exchange
    restore_home(settings, backup, is_forced=True)


def test_restored_home_that_differs_is_not_called_verified(
    settings: Settings, backup: Backup
) -> None:
    add_attempt(settings.home)
    with pytest.raises(CorruptFileError, match="its backup recorded"):
        check_restored(settings.home, backup.manifest)


def test_command_without_a_source_names_the_newest_backup(settings: Settings) -> None:
    backup = make_backup(settings, settings.backups, keep=7).backup
    with pytest.raises(UsageError, match=f"mqp restore {backup.folder} --verify"):
        restore_command(from_responses=False, to=None, as_json=False)


def test_backup_is_found_from_the_home_and_by_its_name(settings: Settings) -> None:
    backup = make_backup(settings, settings.backups, keep=7).backup
    for place in (backup.name, f"backups/{backup.name}", f"backups/{backup.name}/{MANIFEST}"):
        assert chosen_backup(settings, Path(place)) == backup
    with pytest.raises(UsageError, match=f"holds 1 backups: name one; newest: {backup.folder}"):
        chosen_backup(settings, Path("backups"))


def test_folder_that_is_no_backup_is_said_so(home: Home) -> None:
    with pytest.raises(CorruptFileError, match=r"is no backup: there is no manifest\.json in it"):
        restore_backup_command(home.logs, verifies=False, is_forced=False, as_json=False)
