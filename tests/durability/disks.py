"""Small disks, full ones, and files on which a bit has turned."""

import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

FILLER = "filler"
HEADER_BYTES, BLOCK_BYTES = 3 * 4096, 256 * 1024


@dataclass(frozen=True)
class SmallDisk:
    """A file system of its own, in memory."""

    folder: Path

    def free(self) -> None:
        """Delete what `fill` has written."""
        (self.folder / FILLER).unlink()

    def make_read_only(self) -> None:
        """Refuse every write from now on, also to the administrator."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)


@contextmanager
def mounted(folder: Path, *, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a small disk for the block, or skip the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command: full and read-only disks are not tried here")
    if done.returncode:
        pytest.skip(f"full and read-only disks are not tried here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Leave not a byte free on the disk of a folder."""
    with (folder / FILLER).open("wb", buffering=0) as filler:
        for size in (1024**2, 4096, 1):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError as err:
                if err.errno != errno.ENOSPC:
                    raise


def flip_every_block(database: Path) -> None:
    """Turn a byte in each block of a DuckDB file."""
    content = bytearray(database.read_bytes())
    for start in range(HEADER_BYTES + 1000, len(content), BLOCK_BYTES):
        content[start] ^= 0xFF
    database.write_bytes(content)
