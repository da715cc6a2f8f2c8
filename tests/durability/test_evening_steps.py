"""An evening in steps makes the very night that one run makes."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.errors import NightError
from orchestration.finished import FinishedBuild, NothingToPublishError
from orchestration.night import NightOptions, NightRun
from orchestration.resources import load_settings
from orchestration.steps import land_part
from tests.durability.night_checks import check_converged
from tests.durability.night_torture import NIGHT, NIGHT_BEFORE, NightTorture
from tests.durability.torture import process_factory
from tests.durability.whole_night import (
    FRIDAY,
    NightOrder,
    night_environment,
    resumed_run,
    set_stage,
)
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.landed_rows import raw_tables

pytestmark = pytest.mark.xdist_group("durability")

MONDAY = datetime(2024, 7, 1, 14, 0, tzinfo=UTC)
"""After the open that Friday's night decides."""


def in_a_process(work: Callable[..., None], *arguments: object) -> None:
    """Run in a warm process of its own; what it asserts fails here."""
    process = process_factory().Process(target=work, args=arguments)
    process.start()
    process.join(600)
    assert process.exitcode == 0, "see the trace above"


def arranged(order: NightOrder) -> NightRun:
    """A run that has not begun, or that goes on where it was laid aside."""
    set_stage(order)
    return resumed_run(order)


def finish(order: NightOrder) -> None:
    with night_environment(order):
        run = arranged(order)
        run.finish()
        waiting = FinishedBuild.of(run.settings.home)
        assert waiting is not None
        assert (waiting.manifest.night, waiting.status.status) == (NIGHT, "CLEAN")


def publish_late(order: NightOrder) -> None:
    with night_environment(order), pytest.raises(NightError, match="has opened since"):
        arranged(order).publish()


def publish_twice(order: NightOrder) -> None:
    with night_environment(order):
        run = arranged(order)
        run.publish()
        run.report()
        with pytest.raises(NothingToPublishError, match=f"night {NIGHT} is published"):
            arranged(order).publish()


def test_build_finished_by_one_run_is_published_by_another(
    torture: NightTorture, tmp_path: Path
) -> None:
    home, undisturbed = tmp_path / "home", torture.undisturbed("second")
    shutil.copytree(torture.laid_aside / "home", home)
    made = NightOrder(home, run_id="portfolio", resumed=torture.laid_aside / "run.pickle")
    in_a_process(finish, made)
    with connect(Home(home).published, read_only=True) as published:
        seen = published.execute("select night from ops.build_context").fetchone()
    assert seen == (NIGHT_BEFORE,), "a reader sees the build before its time"
    in_a_process(publish_late, NightOrder(home, MONDAY, "reports"))
    in_a_process(publish_twice, NightOrder(home, run_id="reports"))
    check_converged(home, undisturbed, NIGHT, "portfolio")


def land_in_steps(order: NightOrder) -> None:
    with night_environment(order):
        late = []
        for parts in (("prices", "news"), ("companies", "macro", "indices")):
            done = land_part(arranged(order), parts)
            assert done.results
            assert all(result.success for result in done.results), parts
            late.append(len(done.late))
        assert late[0] > late[1] == 0, "every step brings the night nearer"
        night = NightRun(load_settings(), NightOptions(), "night")
        assert {fetch.served_from for fetch in night.fetch().fetches} == {"cache"}


def test_night_after_its_steps_asks_nobody_and_knows_the_same(
    torture: NightTorture, tmp_path: Path
) -> None:
    home, undisturbed = tmp_path / "home", torture.undisturbed("second")
    shutil.copytree(torture.before("second"), home)
    in_a_process(land_in_steps, NightOrder(home, FRIDAY, "step"))
    with connect(Home(home).ledger, read_only=True) as ledger:
        ledger.execute(f"attach '{Home(undisturbed).ledger}' as other (read_only)")
        for name in raw_tables(ledger, "other"):
            counts = ledger.execute(
                f"select (select count(*) from {name}), (select count(*) from other.{name})"
            ).fetchone()
            assert counts is not None
            assert counts[0] == counts[1], name
        recorded = ledger.execute("select count(*) from ops.nights").fetchone()
        assert recorded == (1,), "a step is no attempt at the night"
