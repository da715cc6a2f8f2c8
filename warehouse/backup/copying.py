"""One file into a backup: hashed while it is copied, and looked through for keys."""

import gzip
import hashlib
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.backup.manifest import Backup, SavedFile, damage_of
from warehouse.backup.places import Found
from warehouse.files import writing_failures

CHUNK_BYTES = 4 * 1024**2
LONGEST_KEY_BYTES = 1024
"""So much of a piece is looked at again with the next one: a key may lie across both."""

HOLDS_A_KEY = "holds the text of a configured key"


@dataclass
class Copier:
    """Fills the folder of a backup, laid out as a home.

    `holds_key`: whether some bytes contain a configured key. `earlier`: a backup on the same disk
    whose stored responses are taken over by a second name, not copied, where they are still what
    they were. `saved`: all files; `copied`: those that the disk may not have yet. `left_out`: place
    to the reason.
    """

    folder: Path
    holds_key: Callable[[bytes], bool]
    earlier: Backup | None = None
    saved: dict[str, SavedFile] = field(default_factory=dict)
    taken_over: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def copied(self) -> list[str]:
        """The saved files whose bytes were written now."""
        return [name for name in self.saved if name not in self.taken_over]

    def save(self, file: Found) -> None:
        """Copy a file as it is now; one that is gone meanwhile is no part of the backup."""
        if file.name in self.saved or file.name in self.left_out:
            return
        try:
            source = file.path.open("rb")
        except FileNotFoundError:
            return
        except OSError as err:
            self.left_out[file.name] = f"cannot be read ({err.strerror})"
            return
        target = self.folder / file.name
        with source, writing_failures(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as copy:
                shutil.copyfileobj(source, copy, CHUNK_BYTES)
        self.account(file.name)

    def save_response(self, file: Found) -> None:
        """Save a stored response: it never changes, and the ledger has its rows too."""
        if not self._take_over(file):
            self.save(file)

    def save_sqlite(self, file: Found) -> None:
        """Copy an SQLite database as of one moment, whoever writes to it meanwhile."""
        target = self.folder / file.name
        try:
            with writing_failures(target):
                target.parent.mkdir(parents=True, exist_ok=True)
            with (
                closing(sqlite3.connect(f"{file.path.as_uri()}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(target)) as copy,
            ):
                source.backup(copy)
        except sqlite3.DatabaseError as err:
            target.unlink(missing_ok=True)
            self.left_out[file.name] = f"cannot be read ({err})"
            return
        self.account(file.name)

    def account(self, name: str) -> None:
        """Hash a file that stands in the folder now, unless it holds a key: then it goes."""
        target = self.folder / name
        digest, tail, is_clean = hashlib.sha256(), b"", True
        with target.open("rb") as content:
            while piece := content.read(CHUNK_BYTES):
                digest.update(piece)
                is_clean = is_clean and not self.holds_key(tail + piece)
                tail = piece[-LONGEST_KEY_BYTES:]
        if is_clean and target.suffix == ".gz":
            is_clean = not self.holds_key(_unpacked(target))
        if not is_clean:
            target.unlink()
            self.left_out[name] = HOLDS_A_KEY
            return
        self.saved[name] = SavedFile(target.stat().st_size, digest.hexdigest())

    def leave_out(self, name: str, reason: str) -> None:
        """Take a file out again, and say why."""
        (self.folder / name).unlink(missing_ok=True)
        self.saved.pop(name, None)
        self.left_out[name] = reason

    def _take_over(self, file: Found) -> bool:
        """Give a file of the earlier backup a second name here, after reading both."""
        if self.earlier is None or file.name in self.saved:
            return False
        known = self.earlier.manifest.files.get(file.name)
        if known is None or damage_of(self.earlier.folder, file.name, known):
            return False
        try:
            with file.path.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != known.sha256:
                    return False
            target = self.folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(self.earlier.folder / file.name)
        except OSError:  # gone meanwhile, or a file system without second names
            return False
        self.account(file.name)
        self.taken_over.add(file.name)
        return True


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):  # damaged: it is kept as it is
        return b""
