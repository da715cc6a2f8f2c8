"""A run whose process was killed does not hold up the others."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.presence import SAID, end_dead_runs, present
from warehouse.home import Home

LIVES = """
import sys, time
from pathlib import Path
from orchestration.presence import present
from warehouse.home import Home

with present(Home(Path(sys.argv[1])), sys.argv[2]):
    print("alive", flush=True)
    time.sleep(600)
"""


@dg.op
def nothing() -> None:
    """An op of no consequence."""


@dg.job
def empty_job() -> None:
    nothing()


def begun(instance: dg.DagsterInstance) -> str:
    """A run that Dagster believes to go on."""
    run = instance.create_run_for_job(empty_job, status=dg.DagsterRunStatus.STARTED)
    return str(run.run_id)


def test_killed_run_is_failed_and_a_living_one_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        killed, living = begun(instance), begun(instance)
        command = [sys.executable, "-c", LIVES, str(tmp_path), killed]
        with (
            present(home, living),
            subprocess.Popen(command, stdout=subprocess.PIPE) as child,
        ):
            assert child.stdout is not None
            assert child.stdout.readline() == b"alive\n"
            assert end_dead_runs(instance, home) == []
            child.kill()
            child.wait()
            assert end_dead_runs(instance, home) == [killed]
            assert end_dead_runs(instance, home) == [], "told once"
        run = instance.get_run_by_id(killed)
        assert run is not None
        assert run.status == dg.DagsterRunStatus.FAILURE
        assert SAID in [entry.message for entry in instance.all_logs(killed)][-1]
        still = instance.get_run_by_id(living)
        assert still is not None
        assert still.status == dg.DagsterRunStatus.STARTED


def test_run_that_ended_or_has_not_begun_is_not_taken_for_dead(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        ended = begun(instance)
        with present(home, ended):
            pass
        begun(instance)
        assert end_dead_runs(instance, home) == []


def test_run_is_present_once_however_often_it_says_so(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with present(home, "one"):
        with present(home, "one"):
            pass
        assert list((home.dagster / "running").iterdir()), "the inner block ended nothing"
    assert list((home.dagster / "running").iterdir()) == []


@pytest.fixture(autouse=True)
def _no_home_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
