"""The command in a process forked from a warm one, for tests of what it does and not of its start.

Imports alone take a command up to ten seconds, and Great Expectations as long again in the worker
of a night. Every command has a test that starts it as a user does, with `tests.conftest.mqp`.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory

import orchestration.gate_worker
from orchestration.cli import main
from tests.conftest import environment
from tests.durability.torture import process_factory
from tests.durability.whole_night import GatesHere, Stage

PATIENCE_SECONDS = 600.0


def quick_mqp(
    home: Path,
    *arguments: str,
    expect: int | None = 0,
    arrange: Callable[[], None] | None = None,
    **variables: str,
) -> CompletedProcess[str]:
    """As `tests.conftest.mqp`: what the command printed, and the exit code with which it ended.

    `arrange`: called in the command's process before it begins; it travels there.
    """
    with TemporaryDirectory() as folder:
        streams = (Path(folder) / "stdout", Path(folder) / "stderr")
        process = process_factory().Process(
            target=_command, args=(arguments, environment(home, variables), streams, arrange)
        )
        process.start()
        process.join(PATIENCE_SECONDS)
        if process.exitcode is None:
            process.kill()
            process.join()
        assert process.exitcode is not None
        printed = [path.read_text() for path in streams]
    if expect is not None:
        assert process.exitcode == expect, "\n".join(printed)
    return CompletedProcess(arguments, process.exitcode, *printed)


def _command(
    arguments: Sequence[str],
    variables: Mapping[str, str],
    streams: tuple[Path, Path],
    arrange: Callable[[], None] | None,
) -> None:
    os.environ.clear()
    os.environ.update(variables)
    for number, path in enumerate(streams, start=1):
        with path.open("w") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["mqp", *arguments]
    orchestration.gate_worker._worker[:] = [GatesHere(Stage())]
    if arrange is not None:
        arrange()
    main()
