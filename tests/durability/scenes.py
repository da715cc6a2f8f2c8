"""Disasters: what befalls a copy of a home, and how the runbook's own commands mend it."""

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import orchestration.dbt_session
import orchestration.inputs
from tests.durability.disks import mounted
from tests.durability.night_checks import check_published, kept_manifest
from tests.durability.torture import check_acknowledged
from tests.durability.whole_night import FIRST_DAY, FRIDAY, parsed_project
from tests.quick_command import quick_mqp
from warehouse.connection import connect, quoted_path
from warehouse.home import Home

NIGHT = FRIDAY.date()
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "RUNBOOK.md"
KEPT = "schema_name = 'raw' or table_name in ('landings', 'decisions')"
"""The tables whose rows no disaster may cost, not even one that costs the ledger."""

SMALL_DISK_MEGABYTES = 400
KILLED = -9
MOST_SAID = 150


@dataclass
class Scene:
    """One disaster's home, and what was said and done there.

    `base`: the home before it, two nights published, never changed. `backup`: of that home.
    `chance`: decides what is left to chance. `said`: the sentences in which `mqp` told of it.
    `mended`: the commands that were run, as the runbook has them.
    """

    base: Path
    home: Home
    backup: Path
    chance: random.Random
    said: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)

    def tells(self, command: str, says: str, *, code: int = 1, **options: object) -> None:
        """A command must tell of the disaster, in one sentence that holds these words."""
        self.said.append(self._run(command, says, code=code, **options))

    def mends(self, command: str, says: str = "", *, code: int = 0, **options: object) -> None:
        """A command of the runbook must succeed."""
        self._run(command, says, code=code, **options)
        self.mended.append(command)

    def killed(self, command: str, arrange: Callable[[], None]) -> None:
        """A command is ended as by `kill -9`."""
        self._run(command, "", code=KILLED, arrange=arrange)
        self.said.append("(killed)")

    def same_night(self) -> None:
        """Readers see the night that was published, hash by hash, and no landed row is lost."""
        assert check_published(self.home.root, {NIGHT: kept_manifest(self.base, NIGHT)}) == NIGHT
        self.nothing_lost()

    def nothing_lost(self) -> None:
        """Every landed row, decision and acknowledged response is still there."""
        check_acknowledged(self.home.root)
        with connect(self.home.ledger, read_only=True) as ledger:
            ledger.execute(f"attach '{quoted_path(Home(self.base).ledger)}' as old (read_only)")
            tables = ledger.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                f"where database_name = 'old' and ({KEPT})"
            ).fetchall()
            for (name,) in tables:
                lost = ledger.execute(
                    f"select count(*) from (from old.{name} except all from {name})"
                ).fetchone()
                assert lost == (0,), f"rows of {name} are lost: {lost}"

    def flip_a_byte(self, path: Path, *, begin: int = 0) -> None:
        """Turn one byte of a file, chosen by chance."""
        content = bytearray(path.read_bytes())
        content[self.chance.randrange(begin, len(content))] ^= 0xFF
        path.write_bytes(content)

    def cut(self, path: Path) -> None:
        """Cut a file off at a place chosen by chance, in its middle."""
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * self.chance.uniform(0.2, 0.9))])

    def one_of(self, paths: list[Path]) -> Path:
        """One file of several, chosen by chance."""
        return self.chance.choice(sorted(paths))

    def _run(
        self,
        command: str,
        says: str,
        *,
        code: int,
        arrange: Callable[[], None] | None = None,
        **variables: object,
    ) -> str:
        """Run what stands in the runbook, its example paths replaced; returns what it said."""
        assert command in RUNBOOK.read_text(), f"the runbook does not know `{command}`"
        program, *words = map(self._place, command.split())
        if program in BY_HAND:
            BY_HAND[program](*(self.home.root / word for word in words))
            return ""
        told = {"MQP_SOURCES": "sandbox", "MQP_UNIVERSE": str(self.home.root / "universe.yaml")}
        done = quick_mqp(
            self.home.root,
            *words,
            expect=code,
            arrange=partial(arrange_command, arrange),
            **{**told, **{name: str(value) for name, value in variables.items()}},
        )
        printed = f"{done.stdout}\n{done.stderr}"
        assert "Traceback" not in printed, printed
        assert "unexpected" not in printed, printed
        lines = [line.strip() for line in printed.splitlines() if line.strip()]
        found = next((line for line in reversed(lines) if says in line), None)
        assert found is not None, f"`{command}` does not say '{says}':\n{printed}"
        return found

    def _place(self, word: str) -> str:
        places = {
            "backups/2026-11-20T22-30-00Z": str(self.backup),
            "my.yaml": str(self.home.root / "my.yaml"),
            "~/check.duckdb": str(self.home.root / "check.duckdb"),
        }
        return places.get(word, word)


BY_HAND: dict[str, Callable[..., object]] = {"mv": shutil.move}


def arrange_command(then: Callable[[], None] | None) -> None:
    """Keep the small world's short history, and what a warm process has read of dbt's project."""
    orchestration.inputs.FIRST_DAY = FIRST_DAY
    orchestration.dbt_session._remembered = lambda _: parsed_project()
    if then is not None:
        then()


@dataclass(frozen=True)
class Disaster:
    """`name`: in words. `play`: harms, asks `mqp`, mends, and checks, by assertions.

    `needs_disk`: its home stands on a small disk of its own.
    """

    name: str
    play: Callable[[Scene], None]
    needs_disk: bool = False


DISASTERS: dict[str, Disaster] = {}
"""By the name of the function, in the order in which they are written down."""


def disaster(name: str, *, needs_disk: bool = False) -> Callable[..., Callable[[Scene], None]]:
    """Register a disaster."""

    def register(play: Callable[[Scene], None]) -> Callable[[Scene], None]:
        DISASTERS[play.__name__] = Disaster(name, play, needs_disk)
        return play

    return register


@dataclass(frozen=True)
class Outcome:
    """A row of the table; `problem` is empty where all is well."""

    name: str
    seed: int
    said: str
    mended: str
    seconds: float
    problem: str = ""

    def lines(self) -> list[str]:
        """For people."""
        verdict = "FAILED" if self.problem else "mended" if self.mended else "refused"
        first = f"{self.name:<46}{self.seed:>4}  {verdict:<8}{self.seconds:>6.1f} s  {self.mended}"
        said = self.said if len(self.said) <= MOST_SAID else f"{self.said[: MOST_SAID - 1]}…"
        rest = [f"    said: {said}"] if said else []
        return [first.rstrip(), *rest, *(f"    {line}" for line in self.problem.splitlines())]


HEAD = f"{'disaster':<46}{'seed':>4}  {'verdict':<8}{'time':>8}  the runbook's commands"


def play(one: Disaster, base: Path, backup: Path, folder: Path, *, seed: int) -> Outcome:
    """Let a disaster befall a copy of a home, in an empty folder."""
    if one.needs_disk:
        with mounted(folder / "disk", megabytes=SMALL_DISK_MEGABYTES) as disk:
            return _played(one, base, backup, disk.folder / "home", seed)
    return _played(one, base, backup, folder / "home", seed)


def _played(one: Disaster, base: Path, backup: Path, home: Path, seed: int) -> Outcome:
    shutil.copytree(base, home)
    scene = Scene(base, Home(home), backup, random.Random(f"{seed} {one.name}"))
    begun, problem = time.monotonic(), ""
    try:
        one.play(scene)
    except Exception as err:  # a damaged file can end a check in any way: the others go on
        problem = f"{type(err).__name__} in {one.play.__name__}: {err}"
    seconds = time.monotonic() - begun
    said = (
        scene.said[0].removeprefix("mqp: ").lstrip("✗! ").replace(f"{home}/", "")
        if scene.said
        else ""
    )
    return Outcome(one.name, seed, said, "; ".join(scene.mended), seconds, problem)
