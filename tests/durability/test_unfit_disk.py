"""A night that could not be written does not begin: one sentence, and nothing has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import mqp
from tests.durability.disks import SmallDisk, fill, mounted
from warehouse.home import Home


def refused(home: Path) -> str:
    done = mqp(home, "nightly", expect=1)
    *_, sentence = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    return sentence


def files(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def disk_with_home(small_disk: SmallDisk) -> Home:
    home = Home(small_disk.folder / "home")
    home.make_folders()
    home.published.write_bytes(b"the published night" * 1000)
    return home


def test_disk_without_room_for_a_night_is_told_beforehand(
    small_disk: SmallDisk, disk_with_home: Home
) -> None:
    fill(small_disk.folder)
    before = files(disk_with_home.root)
    sentence = refused(disk_with_home.root)
    assert "0 MB are free and a night takes 67" in sentence
    assert "free disk space" in sentence
    after = files(disk_with_home.root)
    assert {path: after[path] for path in before} == before
    logs = disk_with_home.logs  # that it was refused is told, as far as there is room for names
    names = ("signal_engine.log", "alerts/alerts_20240628.jsonl", "alerts/.sending.lock")
    assert after.keys() - before.keys() <= {logs / name for name in names}
    assert all(after[path] == b"" for path in after.keys() - before.keys())


def test_home_on_a_read_only_disk_is_told_beforehand(
    small_disk: SmallDisk, disk_with_home: Home
) -> None:
    before = files(disk_with_home.root)
    small_disk.make_read_only()
    assert "correct the rights" in refused(disk_with_home.root)
    assert files(disk_with_home.root) == before


@pytest.mark.parametrize(
    "folder", [lambda home: home.warehouse, lambda home: home.reports], ids=["warehouse", "reports"]
)
def test_read_only_folder_of_a_home_is_named(
    tmp_path: Path, folder: Callable[[Home], Path]
) -> None:
    home = Home(tmp_path / "home")
    home.make_folders()
    with mounted(folder(home), megabytes=100) as disk:
        home.make_folders()
        disk.make_read_only()
        sentence = refused(home.root)
    assert f"{folder(home)} cannot be written" in sentence
    assert not home.ledger.exists()
