"""dbt's manifest, from which the asset graph is made: parsed again only after a change."""

import hashlib
import json
import logging
import shutil
from pathlib import Path

from orchestration.build import DBT_PROJECT, run_dbt
from warehouse.files import write_text
from warehouse.home import Home

log = logging.getLogger("mqp.dbt")

STAMP = "manifest.stamp"
PROJECT_SUFFIXES = frozenset({".sql", ".yml", ".py", ".csv"})


def ensure_manifest(home: Home) -> Path:
    """Return the path of an up-to-date manifest, parsing the project when needed.

    Raises
    ------
    NightError
        The project does not parse; dbt's last lines say why.
    """
    manifest = home.dbt_target / "manifest.json"
    if not _is_whole(manifest) or not is_current(home):
        log.info("Reading the dbt project (once after every change of it).")
        home.make_folders()
        run_dbt(home, ("parse",))
        mark_as_current(home)
    return manifest


def copy_project_memory(home: Home, other: Home) -> None:
    """Give another home what dbt remembers of the project: it saves seconds, decides nothing."""
    if home.dbt_target.is_dir():
        shutil.copytree(home.dbt_target, other.dbt_target, dirs_exist_ok=True)


def mark_as_current(home: Home) -> None:
    """Remember that the home's manifest has just been made of the project as it is."""
    write_text(home.dbt_target / STAMP, project_hash())


def is_current(home: Home) -> bool:
    """Whether the project is still as it was when it was read last."""
    stamp = home.dbt_target / STAMP
    return stamp.exists() and stamp.read_text() == project_hash()


def _is_whole(manifest: Path) -> bool:
    """Whether the file is there and complete; dbt writes it in place, a kill can cut it."""
    try:
        return bool(json.loads(manifest.read_text()))
    except (OSError, ValueError):
        return False


def project_hash() -> str:
    """sha256 over the dbt project's sources."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT.rglob("*")):
        if path.suffix in PROJECT_SUFFIXES and "target" not in path.parts:
            digest.update(path.relative_to(DBT_PROJECT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
