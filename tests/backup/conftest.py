"""A home to be saved, and an environment that points to it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.backups import make_backup
from orchestration.resources import Settings, load_settings
from tests.backup.homes import KEY, full_home
from warehouse.home import Home


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home`, and its backup in `safe`; made once, copied to be changed."""
    folder = tmp_path_factory.mktemp("saved")
    full_home(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        point_to(folder / "home", patch)
        make_backup(load_settings(), folder / "safe", keep=7)
    return folder


@pytest.fixture
def home(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    point_to(tmp_path / "home", monkeypatch)
    yield Home(shutil.copytree(saved / "home", tmp_path / "home"))
    shutil.rmtree(tmp_path)  # databases of some MB each


@pytest.fixture
def settings(home: Home) -> Settings:
    return load_settings()


def point_to(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Let the environment name a home of the replayed market, with a key."""
    variables = {
        "MQP_HOME": str(home),
        "MQP_SOURCES": "live",
        "MQP_WORLD": "replay",
        "MQP_NOW": "2017-06-30T23:00:00Z",
        "FMP_API_KEY": KEY,
        "FMP_BASE_URL": "http://127.0.0.1:9",
    }
    for name, value in variables.items():
        patch.setenv(name, value)
    for name in ("BACKUP_ROOT", "BACKUPS_KEPT", "CACHE_ROOT", "MQP_HOLDINGS"):
        patch.delenv(name, raising=False)
