"""What a published night's folder says of its making: `warehouse/nights/<night>/`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from warehouse.errors import CorruptFileError
from warehouse.home import Home
from warehouse.publish import ENVIRONMENT, MANIFEST, Manifest


@dataclass(frozen=True)
class KeptManifest:
    """The manifest in one night's folder, of the attempt that was published last.

    `environment`: the machine and packages that computed it, empty where they were not recorded.
    """

    folder: Path
    manifest: Manifest
    environment: Mapping[str, Any]


def read_kept_manifest(home: Home, night: date) -> KeptManifest | None:
    """Read a night's folder; None where there is none, or none any more.

    Raises
    ------
    CorruptFileError
        Its manifest cannot be read.
    """
    folder = home.nights / night.isoformat()
    path = folder / MANIFEST
    if not path.exists():
        return None
    try:
        manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise CorruptFileError(
            f"The manifest of night {night} is damaged ({folder.name}/{MANIFEST})."
        ) from err
    return KeptManifest(folder, manifest, _environment(folder / ENVIRONMENT))


def _environment(path: Path) -> Mapping[str, Any]:
    """What computed the night; nothing where it cannot be told."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
