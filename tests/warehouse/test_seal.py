"""A sealed file is the same, byte by byte."""

import subprocess
from pathlib import Path

from warehouse.seal import is_sealed, seal


def test_every_changed_byte_breaks_the_seal(tmp_path: Path) -> None:
    file = tmp_path / "quant.duckdb"
    file.write_bytes(b"content" * 1000)
    seal(file)
    assert is_sealed(file)
    file.write_bytes(b"content" * 999 + b"Content")
    assert not is_sealed(file)


def test_file_without_a_seal_is_not_sealed(tmp_path: Path) -> None:
    assert not is_sealed(tmp_path / "quant.duckdb")
    (tmp_path / "quant.duckdb").write_bytes(b"content")
    assert not is_sealed(tmp_path / "quant.duckdb")


def test_seal_is_what_other_programs_read(tmp_path: Path) -> None:
    (tmp_path / "quant.duckdb").write_bytes(b"content")
    seal(tmp_path / "quant.duckdb")
    command = ["sha256sum", "--check", "quant.sha256"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "quant.duckdb: OK\n")
