"""What a backup says of itself: `manifest.json`, and the seal that tells whether it was touched."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Self

from warehouse.backup.places import CONFIGURATION, unit_of
from warehouse.errors import CorruptFileError
from warehouse.files import write_text
from warehouse.seal import is_sealed, seal

KIND, FORMAT = "mqp backup", 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class SavedFile:
    """Size and sha256 of one file."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class State:
    """What the databases of a backup hold.

    `ledger_begun_at` with the world tells one ledger from another. `record`: rows of the ledger's
    own tables, by which a later state is known. `night` and `manifest_hash`: of the published file,
    None where there is none; `attempt` is None for a night of the past.
    """

    world: str
    ledger_begun_at: datetime
    ledger_version: int
    record: Mapping[str, int]
    night: date | None = None
    attempt: int | None = None
    manifest_hash: str | None = None


@dataclass(frozen=True)
class BackupManifest:
    """One backup. `left_out`: place to the reason why it is not saved."""

    made_at: datetime
    code_hash: str
    state: State
    files: Mapping[str, SavedFile]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def total_bytes(self) -> int:
        """How large everything is together."""
        return sum(file.bytes for file in self.files.values())

    def to_json(self) -> str:
        """JSON with sorted keys and ISO dates."""
        told = {"kind": KIND, "format": FORMAT, **asdict(self)}
        return json.dumps(told, sort_keys=True, default=_text, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError
            It is no manifest of a backup, or one of a later release.
        """
        try:
            told = json.loads(text)
            if told.pop("kind") != KIND or told.pop("format") != FORMAT:
                raise ValueError("another kind of file, or of a later release")
            return cls(
                made_at=datetime.fromisoformat(told["made_at"]),
                code_hash=str(told["code_hash"]),
                state=_state(told["state"]),
                files={str(name): SavedFile(**file) for name, file in told["files"].items()},
                left_out=told["left_out"],
            )
        except (KeyError, TypeError, AttributeError) as err:
            raise ValueError(f"not a manifest: {err}") from err


@dataclass(frozen=True)
class Backup:
    """A backup that is whole by its own word; its files are laid out as in a home."""

    folder: Path
    manifest: BackupManifest

    @property
    def name(self) -> str:
        """How people call it."""
        return self.folder.name


def write_manifest(folder: Path, manifest: BackupManifest) -> None:
    """Write a manifest and its seal."""
    write_text(folder / MANIFEST, manifest.to_json())
    seal(folder / MANIFEST)


def read_backup(place: Path) -> Backup:
    """Read a backup by its folder or its manifest; its files are not opened.

    Raises
    ------
    CorruptFileError
        There is no backup, its manifest was changed, or it names a place outside a home's outputs.
    """
    folder = place.parent if place.name == MANIFEST else place
    path = folder / MANIFEST
    if not path.is_file():
        raise CorruptFileError(f"{place} is no backup: there is no {MANIFEST} in it.")
    if not is_sealed(path):
        raise CorruptFileError(
            f"{path} is not what its seal says, so nothing in it can be trusted: take an older "
            "backup."
        )
    try:
        manifest = BackupManifest.from_json(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise CorruptFileError(f"{path} cannot be read ({err}).") from err
    for name in manifest.files:
        refuse_strange_place(name)
    return Backup(folder, manifest)


def refuse_strange_place(name: str) -> None:
    """Refuse a place that a restore must not write to.

    Raises
    ------
    CorruptFileError
        It is absolute, leads upwards, or is none of a home's outputs.
    """
    parts = PurePosixPath(name)
    is_plain = (
        name == parts.as_posix()
        and not parts.is_absolute()
        and ".." not in parts.parts
        and "\\" not in name
        and name.isprintable()
    )
    if not is_plain:
        raise CorruptFileError(
            f"The backup names the place {name!r}, which leaves the home: nothing was restored."
        )
    if unit_of(name) is None and not parts.is_relative_to(CONFIGURATION):
        raise CorruptFileError(
            f"The backup names the place {name!r}, which is no output of a night: nothing was "
            "restored."
        )


def damaged_files(backup: Backup) -> dict[str, str]:
    """Read every file of a backup; place to what is wrong with it, empty if nothing is."""
    found = {}
    for name, saved in backup.manifest.files.items():
        if problem := damage_of(backup.folder, name, saved):
            found[name] = problem
    return found


def damage_of(folder: Path, name: str, saved: SavedFile) -> str | None:
    """What is wrong with one saved file; None if it is what the manifest says."""
    path = folder / name
    if any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(folder)):
        return "is a link, and a backup has none"
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != saved.bytes:
        return f"has {path.stat().st_size:,} bytes and had {saved.bytes:,}"
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    return None if found == saved.sha256 else "has other content than was saved"


def refuse_damaged(backup: Backup) -> None:
    """Compare every file of a backup with its hash.

    Raises
    ------
    CorruptFileError
        Naming the files that differ.
    """
    if damaged := damaged_files(backup):
        named = "; ".join(f"{name} {problem}" for name, problem in list(damaged.items())[:3])
        more = f"; and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        raise CorruptFileError(
            f"The backup {backup.name} is damaged: {named}{more}. Nothing was touched: take an "
            "older one."
        )


def _state(told: Mapping[str, Any]) -> State:
    night = told["night"]
    return State(
        **{
            **told,
            "ledger_begun_at": datetime.fromisoformat(told["ledger_begun_at"]),
            "night": date.fromisoformat(night) if night else None,
        }
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
