"""What a command imports in a process of its own."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

TOLD = "IMPORTED"


def heavy_imports(
    arguments: Sequence[str], heavy: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[list[str], float]:
    """Which of some packages a command has imported when it ends, and its CPU seconds.

    Parameters
    ----------
    environment : all that the command has; this process's own by default.
    """
    code = (
        "import sys, time\nfrom orchestration.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass\n"
        f"found = sorted({{*{list(heavy)!r}}} & set(sys.modules))\n"
        f"print('{TOLD}', time.process_time(), *found)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    told, seconds, *found = done.stdout.splitlines()[-1].split()
    assert told == TOLD
    return found, float(seconds)
