"""Kill whole nights, look at what is left, and let them run again.

A victim is one process with everything a night does. After each kill a reader must see the old
night or the new one, whole; nothing that was recorded may be lost; and a second run must make the
very night that an undisturbed run makes.
"""

import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.durability.boundaries import Boundary, Change, watch_changes
from tests.durability.night_checks import (
    attempts_seen,
    check_converged,
    check_nothing_lost,
    check_published,
    kept_manifest,
)
from tests.durability.readers import Reader
from tests.durability.torture import process_factory
from tests.durability.whole_night import (
    FRIDAY,
    THURSDAY,
    NightOrder,
    Stage,
    run_night,
    run_night_and_tell,
)
from warehouse.home import Home
from warehouse.publish import Manifest

PATIENCE_SECONDS = 900.0
SECOND_TRY = "second_try"
NIGHT, NIGHT_BEFORE = FRIDAY.date(), THURSDAY.date()

Place = Boundary | Change


@dataclass(frozen=True)
class Victim:
    """Where a run is to end.

    `situation`: `first` night of a home, `second`, or the same night `again`. `place`: a boundary;
    None to end it from outside after `fraction` of a night's length. `is_resumed`: it goes on from
    where an undisturbed run was laid aside, before it published.
    """

    situation: str = "second"
    place: Place | None = None
    fraction: float = 0.0
    is_resumed: bool = False


@dataclass(frozen=True)
class Found:
    """What one kill hit and left.

    `step`: the one it fell into. `seen`: the night that readers saw then: old, new, or none yet.
    `was_finished`: the night had ended before the kill. `lost` and `diverged`: what was wrong with
    what the kill left, and with what the second run made of it; empty if nothing was.
    """

    step: str
    seen: str
    was_finished: bool = False
    lost: str = ""
    diverged: str = ""


class NightTorture:
    """Undisturbed nights, and victims beside them."""

    def __init__(self, folder: Path, stage: Stage | None = None) -> None:
        self._folder, self._processes = folder, process_factory()
        self._stage = stage or Stage()
        self._seconds: dict[str, float] = {}

    def kill(self, number: int, victim: Victim) -> Found:
        """Kill one night, check what is left, let a second run finish, and check that too."""
        home = self._folder / f"victim_{number}"
        before = self.before(victim.situation)
        shutil.copytree(self.laid_aside / "home" if victim.is_resumed else before, home)
        with Reader(Home(home).published) as reader:
            found = self._killed(home, victim)
            try:
                found = replace(found, seen=self._check_left(home, victim, reader))
            except AssertionError as problem:
                found = replace(found, lost=str(problem))
        try:
            self._run_again(home, victim.situation)
            check_converged(home, self.undisturbed(victim.situation), NIGHT, SECOND_TRY)
        except AssertionError as problem:
            return replace(found, diverged=str(problem))
        if not found.lost:
            shutil.rmtree(home)
        return found

    def _check_left(self, home: Path, victim: Victim, reader: Reader) -> str:
        """Old or new, and nothing lost; returns which."""
        known = self._known(victim.situation)
        seen = check_published(home, known)
        check_nothing_lost(home, self.before(victim.situation))
        if victim.situation == "second":
            assert reader.content() == known[NIGHT_BEFORE].tables, "an open file has changed"
        if seen is None:
            return "none"
        return "new" if attempts_seen(home, NIGHT) > (victim.situation == "again") else "old"

    def _run_again(self, home: Path, situation: str) -> None:
        begun = time.monotonic()
        self._run(NightOrder(home, FRIDAY, SECOND_TRY, stage=self._stage))
        self._seconds[situation] = time.monotonic() - begun

    def disturb(self, home: Path, place: Boundary, harm: Callable[[], None]) -> str:
        """Run a second night that something happens to; returns the sentence with which it ends.

        The harm is a function that other processes can import, or a partial of one.
        """
        shutil.copytree(self.before("second"), home)
        mine, theirs = self._processes.Pipe(duplex=False)
        order = NightOrder(home, FRIDAY, "disturbed", stage=self._stage)
        process = self._processes.Process(target=_run_disturbed, args=(order, place, harm, theirs))
        process.start()
        theirs.close()
        try:
            assert mine.poll(PATIENCE_SECONDS), "the disturbed run did not end"
            sentence: str = mine.recv()
        except EOFError:
            raise AssertionError("the disturbed run ended without a word") from None
        finally:
            process.join(PATIENCE_SECONDS)
        return sentence

    def check_old_night_and_rerun(self, home: Path) -> None:
        """After a failed night readers see the one before, and the next run makes the new one."""
        assert check_published(home, self._known("second")) == NIGHT_BEFORE
        check_nothing_lost(home, self.before("second"))
        self._run_again(home, "second")
        wanted = kept_manifest(self.undisturbed("second"), NIGHT)
        assert check_published(home, {NIGHT: wanted}) == NIGHT
        assert kept_manifest(home, NIGHT) == wanted

    def undisturbed(self, situation: str) -> Path:
        """The home of a Friday night that nobody disturbed."""
        home = self._folder / f"undisturbed_{situation}"
        if not home.exists():
            shutil.copytree(self.before(situation), home)
            begun = time.monotonic()
            self._run(NightOrder(home, FRIDAY, "undisturbed", stage=self._stage))
            self._seconds[situation] = time.monotonic() - begun
        return home

    @cached_property
    def laid_aside(self) -> Path:
        """A second night as it was before it published."""
        folder, home = self._folder / "laid_aside", self._folder / "to_be_laid_aside"
        shutil.copytree(self.before("second"), home)
        order = NightOrder(home, FRIDAY, "laid_aside", lay_aside=folder, stage=self._stage)
        self._run(order)
        return folder

    def changes(self, within: str) -> list[str]:
        """What a resumed night changes within a function, in order."""
        home, told = self._folder / "watched", self._folder / "changes"
        shutil.copytree(self.laid_aside / "home", home)
        order = NightOrder(home, FRIDAY, "watched", resumed=self._aside, stage=self._stage)
        process = self._processes.Process(target=_run_watched, args=(order, within, told))
        process.start()
        self._finish(process)
        shutil.rmtree(home)
        return told.read_text().splitlines()

    @property
    def _aside(self) -> Path:
        return self.laid_aside / "run.pickle"

    def before(self, situation: str) -> Path:
        """The home that a night begins in."""
        if situation == "again":
            return self.undisturbed("second")
        home = self._folder / situation
        if not home.exists():
            home.mkdir()
            if situation == "second":
                self._run(NightOrder(home, THURSDAY, "thursday", stage=self._stage))
        return home

    def _known(self, situation: str) -> Mapping[date, Manifest]:
        known = {NIGHT: kept_manifest(self.undisturbed(situation), NIGHT)}
        if situation == "second":
            known[NIGHT_BEFORE] = kept_manifest(self.before(situation), NIGHT_BEFORE)
        return known

    def _killed(self, home: Path, victim: Victim) -> Found:
        """Start a run and end it; the step that it was in."""
        self.undisturbed(victim.situation)
        length = self._seconds[victim.situation]
        progress = self._folder / "progress"
        progress.unlink(missing_ok=True)
        order = NightOrder(
            home,
            FRIDAY,
            "victim",
            progress=progress,
            resumed=self._aside if victim.is_resumed else None,
            stage=self._stage,
        )
        process = self._processes.Process(target=_run_victim, args=(order, victim.place))
        process.start()
        if victim.place is None:
            process.join(victim.fraction * length)
            process.kill()
        process.join(PATIENCE_SECONDS)
        was_finished = process.exitcode == 0
        assert was_finished or process.exitcode == -signal.SIGKILL, f"ended {process.exitcode}"
        if victim.place is not None:
            assert not was_finished, f"the night never came to '{victim.place}'"
        told = progress.read_text().splitlines() if progress.exists() else []
        return Found(told[-1] if told else "start", "none", was_finished)

    def _run(self, order: NightOrder) -> None:
        process = self._processes.Process(target=run_night, args=(order,))
        process.start()
        self._finish(process)

    def _finish(self, process: ForkServerProcess) -> None:
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == 0, f"an undisturbed run ended with {process.exitcode}"


def _run_victim(order: NightOrder, place: Place | None) -> None:
    run_night(order, place.arrange if place else None)


def _run_disturbed(
    order: NightOrder, place: Boundary, harm: Callable[[], None], told: Connection
) -> None:
    run_night_and_tell(order, lambda: place.arrange(harm), told)


def _run_watched(order: NightOrder, within: str, told: Path) -> None:
    with told.open("w") as lines:
        run_night(order, lambda: watch_changes(within, lambda _, kind: print(kind, file=lines)))
