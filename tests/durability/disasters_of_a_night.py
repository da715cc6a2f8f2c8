"""Disasters that befall a night while it runs: full disks, kills, clocks, locks, Dagster."""

import sqlite3
from functools import partial

from tests.durability.boundaries import Boundary, after, before, die
from tests.durability.disks import FILLER, SmallDisk, fill
from tests.durability.scenes import Scene, disaster
from tests.orchestration.test_servers import free_port, started

FULL = "free disk space"


def fill_at(scene: Scene, place: Boundary) -> None:
    """The disk fills up there; what stood stays, and the next night finishes."""
    harm = partial(place.arrange, partial(fill, scene.home.root))
    scene.tells("mqp nightly", FULL, arrange=harm)
    (scene.home.root / FILLER).unlink()
    scene.same_night()
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("the disk fills up while rows land", needs_disk=True)
def disk_fills_while_landing(scene: Scene) -> None:
    fill_at(scene, before("orchestration.inputs:land"))


@disaster("the disk fills up during publication", needs_disk=True)
def disk_fills_while_publishing(scene: Scene) -> None:
    fill_at(scene, before("orchestration.publication:swap"))


@disaster("the home becomes read-only", needs_disk=True)
def home_is_read_only(scene: Scene) -> None:
    disk = SmallDisk(scene.home.root.parent)
    disk.make_read_only()
    scene.tells("mqp nightly", "correct the rights")
    scene.same_night()


@disaster("kill -9 while a night builds")
def killed_while_building(scene: Scene) -> None:
    place = after("orchestration.night:NightRun.begin_build")
    scene.killed("mqp nightly", partial(place.arrange, die))
    scene.same_night()
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("kill -9 just after the swap")
def killed_while_publishing(scene: Scene) -> None:
    place = before("warehouse.publish:_place_results")
    scene.killed("mqp nightly", partial(place.arrange, die))
    scene.same_night()
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("the daemon and its run are killed")
def daemon_is_killed(scene: Scene) -> None:
    place = after("orchestration.night:NightRun.begin_build")
    scene.killed("mqp nightly", partial(place.arrange, die))
    assert statuses(scene) == {"STARTED"}
    with started(scene.home, "ui", free_port()) as (_, line):
        assert line.startswith("Dagster is on http://127.0.0.1:"), line
    scene.mended.append("mqp ui")
    assert statuses(scene) == {"FAILURE"}
    scene.same_night()


def statuses(scene: Scene) -> set[str]:
    """What Dagster believes of the latest run."""
    with sqlite3.connect(scene.home.dagster / "history" / "runs.db") as runs:
        return {row[0] for row in runs.execute("select status from runs order by id desc limit 1")}


@disaster("the clock jumps back a week")
def clock_jumps_back(scene: Scene) -> None:
    scene.tells("mqp nightly", "is already published", MQP_NOW="2024-06-21T22:30:00Z")
    scene.same_night()
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("the clock jumps ahead a week")
def clock_jumps_ahead(scene: Scene) -> None:
    scene.mends("mqp nightly", code=0, MQP_NOW="2024-07-05T22:30:00Z")
    scene.tells("mqp nightly", "is already published")
    scene.nothing_lost()
    scene.mends("mqp restore backups/2026-11-20T22-30-00Z --force")
    scene.same_night()


@disaster("the lock of a dead process is left")
def lock_is_left(scene: Scene) -> None:
    scene.home.writer_lock.write_text("4194304")
    scene.mends("mqp nightly")
    scene.same_night()


@disaster("Dagster's own database is damaged")
def dagster_is_damaged(scene: Scene) -> None:
    path = scene.home.dagster / "history" / "runs.db"
    path.write_bytes(scene.chance.randbytes(path.stat().st_size))
    scene.tells("mqp health", "Dagster's history is lost, no night is", code=0)
    scene.mends("mv data/dagster data/dagster.damaged")
    scene.mends("mqp nightly")
    scene.same_night()
