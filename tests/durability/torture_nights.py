"""`make torture`: whole nights killed at seeded random moments and at every step boundary.

Prints one line per kill and a table at the end; returns 1 when anything was lost, or when a second
run did not make the night that an undisturbed run makes.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.durability.boundaries import Boundary, Change, after, before
from tests.durability.night_torture import Found, NightTorture, Victim
from tests.durability.whole_night import STEPS

SITUATIONS = ("second", "second", "second", "first", "again")
PUBLISHING, REPORTING = (f"orchestration.night:NightRun.{name}" for name in ("publish", "report"))
FROM_THE_START: tuple[Boundary, ...] = (
    before("orchestration.night:NightRun.ingest"),
    after("orchestration.night:catch_up_with_published"),
    after("orchestration.night:fetch_inputs"),
    after("orchestration.inputs:_log_fetches"),
    after("orchestration.inputs:land"),
    after("orchestration.scores:score_new_stories"),
    after("orchestration.inputs:append_to_log"),
    after("orchestration.night:NightRun.ingest"),
    before("orchestration.gates:_remember_extents"),
    after("orchestration.gates:_remember_extents"),
    after("orchestration.night:NightRun.gate_1"),
    before("orchestration.night:begin_build"),
    after("orchestration.night:NightRun.begin_build"),
    after("tests.durability.whole_night:run_dbt_here"),
    after("orchestration.night:compute_analytics"),
    after("orchestration.night:NightRun.analyse"),
    after("orchestration.night:NightRun.gate_2"),
)
REPORT_CHANGES = 8


def boundary_victims(torture: NightTorture) -> Iterator[Victim]:
    """Every step boundary; every single change of the publication; some of the report's."""
    for place in FROM_THE_START:
        yield Victim(place=place)
    for number in range(len(torture.changes(PUBLISHING))):
        yield Victim(place=Change(PUBLISHING, number + 1), is_resumed=True)
    yield Victim(place=after(PUBLISHING), is_resumed=True)
    count = len(torture.changes(REPORTING))
    for number in sorted({1 + (count - 1) * part // REPORT_CHANGES for part in range(9)}):
        yield Victim(place=Change(REPORTING, number), is_resumed=True)
    yield Victim(place=after(REPORTING), is_resumed=True)


def random_victims(moments: int, seed: int) -> Iterator[Victim]:
    """Seeded moments over the whole length of a night, in three situations."""
    for number in range(moments):
        fraction = random.Random(f"{seed} {number}").uniform(0.0, 1.0)
        yield Victim(SITUATIONS[number % len(SITUATIONS)], fraction=fraction)


def torture_all(torture: NightTorture, victims: Iterable[Victim], first: int) -> list[Found]:
    """Kill one after the other, and tell of each."""
    found = []
    for number, victim in enumerate(victims, start=first):
        begun = time.monotonic()
        one = torture.kill(number, victim)
        found.append(one)
        where = str(victim.place) if victim.place else f"at {victim.fraction:.0%} of the night"
        ended = "had ended" if one.was_finished else f"in '{one.step}', readers saw: {one.seen}"
        verdict = one.lost or one.diverged or "nothing lost, converged"
        print(
            f"kill {number:>3} ({victim.situation} night) {where}: {ended}; {verdict} "
            f"[{time.monotonic() - begun:.0f} s]",
            flush=True,
        )
    return found


def print_table(title: str, found: Iterable[Found]) -> None:
    """One line per step: kills, what readers saw, what was lost, what converged."""
    found = list(found)
    killed = [one for one in found if not one.was_finished]
    print(f"\n{title}")
    heads = ("step", "kills", "saw old", "saw new", "none yet", "losses", "converged")
    print(f"{heads[0]:<16}" + "".join(f"{head:>11}" for head in heads[1:]))
    for step in ("start", *STEPS, "all"):
        rows = [one for one in killed if step in (one.step, "all")]
        if rows:
            counts = (
                len(rows),
                *(sum(one.seen == seen for one in rows) for seen in ("old", "new", "none")),
                sum(bool(one.lost) for one in rows),
                sum(not one.diverged for one in rows),
            )
            print(f"{step:<16}" + "".join(f"{count:>11}" for count in counts))
    if ended := sum(one.was_finished for one in found):
        print(f"({ended} nights had ended before their moment and count for nothing above)")


def main() -> int:
    """Kill as often as asked; returns 1 if one kill left something wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=100, help="kills at random moments")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--no-boundaries", action="store_true", help="random moments only")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{asked.moments} kills of whole nights at random moments, seed {asked.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        torture = NightTorture(Path(folder))
        at_boundaries: list[Found] = []
        if not asked.no_boundaries:
            at_boundaries = torture_all(torture, boundary_victims(torture), 1)
        moments = random_victims(asked.moments, asked.seed)
        at_moments = torture_all(torture, moments, len(at_boundaries) + 1)
    if at_boundaries:
        print_table("Kills at step boundaries", at_boundaries)
    print_table(f"Kills at random moments (seed {asked.seed})", at_moments)
    return int(any(one.lost or one.diverged for one in (*at_boundaries, *at_moments)))


if __name__ == "__main__":
    sys.exit(main())
