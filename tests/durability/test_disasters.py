"""Five of the disasters that `make torture` plays: each is mended or refused in words."""

from collections.abc import Callable
from pathlib import Path

import pytest

import tests.durability.disasters
import tests.durability.disasters_of_configuration  # noqa: F401  (each registers its own)
from tests.durability.night_torture import NightTorture
from tests.durability.scenes import DISASTERS, HEAD, arrange_command, play
from tests.quick_command import quick_mqp

pytestmark = pytest.mark.xdist_group("durability")  # they share nights that were run already

SEED = 1
PLAYED = (
    "published_file_is_deleted",
    "ledger_is_cut",
    "backup_is_cut",
    "env_is_no_text",
    "portfolio_is_no_yaml",
)


def arrange_alone() -> None:
    """For a command that nothing befalls."""
    arrange_command(None)


@pytest.fixture(scope="module")
def backup(torture: NightTorture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of two nights."""
    folder = tmp_path_factory.mktemp("backups")
    home = torture.undisturbed("second")
    quick_mqp(home, "backup", "--to", str(folder), arrange=arrange_alone, MQP_SOURCES="sandbox")
    (made,) = (path for path in folder.iterdir() if path.name.startswith("2024"))
    return made


@pytest.mark.parametrize("name", PLAYED)
def test_disaster_is_mended_by_the_runbook_or_refused(
    name: str,
    torture: NightTorture,
    backup: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    home = torture.undisturbed("second")
    outcome = play(DISASTERS[name], home, backup, tmp_path, seed=SEED)
    record_property("disaster", [HEAD, *outcome.lines()])
    assert outcome.problem == ""
