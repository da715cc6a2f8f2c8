"""`make torture`: every disaster that we could think of, one after the other, and their table.

Seeded: which byte turns, where a file is cut.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

import tests.durability.disasters
import tests.durability.disasters_of_a_night
import tests.durability.disasters_of_configuration  # noqa: F401  (each registers its own)
from tests.durability.scenes import DISASTERS, HEAD, Outcome, arrange_command, play
from tests.durability.whole_night import FRIDAY, THURSDAY, prepared_home
from tests.quick_command import quick_mqp


def two_nights(folder: Path) -> tuple[Path, Path]:
    """A home with two published nights of the small world, and a backup of it."""
    home, backups = prepared_home(folder / "base").root, folder / "backups"
    variables = {"MQP_SOURCES": "sandbox", "MQP_UNIVERSE": str(home / "universe.yaml")}
    for moment in (THURSDAY, FRIDAY):
        quick_mqp(home, "nightly", arrange=arrange_alone, **variables, MQP_NOW=moment.isoformat())
    quick_mqp(home, "backup", "--to", str(backups), arrange=arrange_alone, **variables)
    (backup,) = (path for path in backups.iterdir() if path.name[0].isdigit())
    return home, backup


def arrange_alone() -> None:
    """For a command that nothing befalls."""
    arrange_command(None)


def play_all(base: Path, backup: Path, folder: Path, *, seed: int, only: str) -> list[Outcome]:
    """Play every disaster whose function's name holds `only`, and tell of each."""
    outcomes = []
    for name, one in DISASTERS.items():
        if only not in name:
            continue
        place = folder / name
        place.mkdir()
        try:
            outcomes.append(play(one, base, backup, place, seed=seed))
        except pytest.skip.Exception as reason:
            print(f"NOT TRIED: {one.name}: {reason}", flush=True)
            continue
        print("\n".join(outcomes[-1].lines()), flush=True)
        shutil.rmtree(place)
    return outcomes


def main() -> int:
    """Play them all; returns 1 if one was not mended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="part of a disaster's name in the code")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not any(asked.only in name for name in DISASTERS):
        parser.error(f"no disaster's name holds '{asked.only}': there are {', '.join(DISASTERS)}")
    os.environ["DO_NOT_TRACK"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        print(f"Disasters, seed {asked.seed}; first two nights and a backup", flush=True)
        base, backup = two_nights(Path(folder))
        print(f"\n{HEAD}", flush=True)
        outcomes = play_all(base, backup, Path(folder), seed=asked.seed, only=asked.only)
    failed = [one.name for one in outcomes if one.problem]
    told = f"{len(failed)} FAILED: {', '.join(failed)}" if failed else "all mended or refused"
    print(f"\n{len(outcomes)} disasters, {told}.")
    return int(bool(failed) or not outcomes)


if __name__ == "__main__":
    sys.exit(main())
