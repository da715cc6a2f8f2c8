import subprocess
import sys
import textwrap
from pathlib import Path

from warehouse.lock import lock_holder, writer_lock

HOLDER = textwrap.dedent("""
    import sys, pathlib
    from warehouse.lock import writer_lock
    with writer_lock(pathlib.Path(sys.argv[1])):
        print("held", flush=True)
        sys.stdin.readline()
""")


def _holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_second_writer_says_that_it_waits_and_then_gets_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "warehouse" / ".writer.lock"
    said: list[str] = []
    with _holder(path) as holder:

        def release(sentence: str) -> None:
            said.append(sentence)
            assert holder.stdin is not None
            holder.stdin.write("\n")
            holder.stdin.flush()

        with writer_lock(path, announce=release):
            holder.wait(timeout=30)
    assert said == [f"Another run is writing (process {holder.pid}): waiting for it to finish."]


def test_holder_is_told_without_waiting_and_without_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "warehouse" / ".writer.lock"
    assert lock_holder(path) is None
    assert not path.parent.exists()
    with _holder(path) as holder:
        assert lock_holder(path) == str(holder.pid)
        holder.kill()
        holder.wait(timeout=30)
    assert lock_holder(path) is None
    assert path.read_text() == str(holder.pid)


def test_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / ".writer.lock"
    with _holder(path) as holder:
        holder.kill()
        holder.wait(timeout=30)
    said: list[str] = []
    with writer_lock(path, announce=said.append):
        assert said == []
