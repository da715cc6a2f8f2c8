"""What is said of a disk, and what is not."""

from pathlib import Path

import pytest

from warehouse.disk import is_refusal, prepare_home, refuse_full_disk
from warehouse.errors import StorageError
from warehouse.home import Home


@pytest.mark.parametrize(
    "said",
    [
        "[Errno 28] No space left on device",
        "(sqlite3.OperationalError) database or disk is full",
        "IO Error: Could not write all bytes to file",
        "[Errno 30] Read-only file system: 'x'",
        "attempt to write a readonly database",
    ],
)
def test_words_of_system_and_libraries_are_understood(said: str) -> None:
    assert is_refusal(said)
    with pytest.raises(StorageError, match=r"cannot be written .*: free disk space"):
        refuse_full_disk(Path("/nowhere"), said)


def test_other_failures_are_not_put_on_the_disk(tmp_path: Path) -> None:
    assert not is_refusal("Binder Error: column close_usd not found")
    refuse_full_disk(tmp_path, "Binder Error: column close_usd not found")


def test_home_with_room_is_prepared(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prepare_home(home)
    assert all(folder.is_dir() for folder in home.folders)


def test_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("no folder")
    with pytest.raises(StorageError, match="home cannot be written"):
        prepare_home(Home(tmp_path / "home"))
