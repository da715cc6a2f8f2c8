"""A rehearsed disaster: a backup restored to a scratch folder, and its night built again there.

The home is not touched, but for one row in `ops.drills` of the ledger.
"""

import logging
import tempfile
import time
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from orchestration.comeback import check_restored, restore_home
from orchestration.errors import CommandError, NightError
from orchestration.manifest import copy_project_memory
from orchestration.provenance import code_hash
from orchestration.rebuild import rebuilding
from orchestration.replay.nights import latest_published_night
from orchestration.replay.verify import Replay, replay_night
from orchestration.resources import Settings, utc_now
from warehouse.backup.manifest import Backup
from warehouse.backup.shelf import newest_backup
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.home import Home
from warehouse.ledger import opened_ledger
from warehouse.lock import writer_lock
from warehouse.sessions import new_york_sessions

log = logging.getLogger("mqp.backup")

NOT_RESTORED, NOT_REPLAYED = "not restored", "not replayed"


@dataclass(frozen=True)
class Drill:
    """A row of `ops.drills`, in the order of its columns."""

    drilled_at: datetime
    backup: str
    made_at: datetime
    world: str
    night: date | None
    ledger_version: int
    rpo_seconds: float
    restore_seconds: float | None
    rto_seconds: float | None
    is_successful: bool
    outcome: str
    detail: str
    code_hash: str

    @property
    def sentence(self) -> str:
        """The drill in one sentence, the replay's own last."""
        lost = f"a disk lost now would lose {_duration(self.rpo_seconds)} (RPO)"
        if self.rto_seconds is None:
            return f"DRILL FAILED: backup {self.backup} was {self.outcome}, {lost}: {self.detail}"
        head = "DRILL PASSED" if self.is_successful else "DRILL FAILED"
        return (
            f"{head}: backup {self.backup} was back after {_duration(self.restore_seconds or 0.0)} "
            f"and its night built again after {_duration(self.rto_seconds)} (RTO), {lost}: "
            f"{self.detail}"
        )


def backup_to_drill(settings: Settings) -> Backup:
    """The newest backup of this world.

    Raises
    ------
    NightError
        There is none.
    """
    newest = newest_backup(settings.backups, settings.world)
    if newest is None:
        raise NightError(
            f"There is no backup in {settings.backups}, so that a lost disk would lose everything: "
            "run `mqp backup` first."
        )
    return newest


def run_drill(settings: Settings, backup: Backup) -> Drill:
    """Restore a backup to a scratch folder and build its latest night again; record how it went.

    What goes wrong on the way is the result of the drill, and raises nothing.
    """
    with tempfile.TemporaryDirectory(prefix="mqp-drill-") as folder:
        scratch = replace(
            settings, home=Home(Path(folder).resolve() / "home"), holdings=None, backup_root=None
        )
        with writer_lock(settings.home.writer_lock, announce=log.info):
            copy_project_memory(settings.home, scratch.home)
        drill = _drilled(scratch, backup)
    _record(settings, drill)
    return drill


def _drilled(scratch: Settings, backup: Backup) -> Drill:
    now, state = utc_now(scratch), backup.manifest.state
    begun = time.monotonic()
    drill = Drill(
        drilled_at=now,
        backup=backup.name,
        made_at=backup.manifest.made_at,
        world=state.world,
        night=None,
        ledger_version=state.ledger_version,
        rpo_seconds=max((now - backup.manifest.made_at).total_seconds(), 0.0),
        restore_seconds=None,
        rto_seconds=None,
        is_successful=False,
        outcome=NOT_RESTORED,
        detail="",
        code_hash=code_hash(),
    )
    try:
        restore_home(scratch, backup, is_forced=False)
        check_restored(scratch.home, backup.manifest)
        drill = replace(
            drill, outcome=NOT_REPLAYED, restore_seconds=round(time.monotonic() - begun, 3)
        )
        replay, differing = _replayed(scratch)
    except (CommandError, WarehouseError) as err:
        return replace(drill, detail=str(err))
    verdict = replay.verdict
    told = f" Headline figures that differ: {'; '.join(differing)}." if differing else ""
    return replace(
        drill,
        night=replay.compared.night.night,
        rto_seconds=round(time.monotonic() - begun, 3),
        is_successful=verdict.exit_code == 0,
        outcome=verdict.outcome.value,
        detail=f"{verdict.sentence}{told}",
    )


def _replayed(scratch: Settings) -> tuple[Replay, list[str]]:
    """The latest night of the restored ledger, built again; and which headline figures differ."""
    home = scratch.home
    with rebuilding(home, scratch.world, new_york_sessions(), announce=log.info) as rebuilder:
        with connect(rebuilder.ledger, read_only=True) as ledger:
            night = latest_published_night(ledger)
        replay = replay_night(rebuilder, night, home, home.build, say=log.info)
        return replay, differing_figures(home.published, home.build)


def differing_figures(published: Path, rebuilt: Path) -> list[str]:
    """Headline figures, of the portfolio and each sleeve, that two files tell otherwise."""
    then, now = _figures(published), _figures(rebuilt)
    return [
        f"{strategy} {metric} was {then.get(key)} and is {now.get(key)}"
        for key in sorted(then.keys() | now.keys())
        for strategy, metric in [key]
        if then.get(key) != now.get(key)
    ]


def _figures(file: Path) -> dict[tuple[str, str], str]:
    from analytics.headline import HEADLINE_METRICS
    from warehouse.publish import KEPT_RESULTS

    if not file.exists():
        return {}
    paths = KEPT_RESULTS["analytics.backtest_daily"]
    with connect(file, read_only=True) as connection:
        has_metrics = connection.execute(
            "select 1 from duckdb_tables() where table_name = 'backtest_metrics'"
        ).fetchone()
        if not has_metrics:
            return {}
        rows = connection.execute(
            "select strategy, metric, printf('%.10g', value) from analytics.backtest_metrics "
            f"where sample = 'full' and ({paths}) and metric in (select unnest(?))",
            [list(HEADLINE_METRICS)],
        ).fetchall()
    return {(strategy, metric): value for strategy, metric, value in rows}


def _record(settings: Settings, drill: Drill) -> None:
    """Append the row; a home without a ledger has no place for it."""
    home = settings.home
    with writer_lock(home.writer_lock, announce=log.info):
        if not home.ledger.exists():
            log.warning("There is no ledger here: the drill is not recorded.")
            return
        with opened_ledger(home.ledger, settings.world, now=drill.drilled_at) as ledger:
            marks = ", ".join("?" for _ in astuple(drill))
            ledger.execute(f"insert into ops.drills values ({marks})", list(astuple(drill)))


def _duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"
