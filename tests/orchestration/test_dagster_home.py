import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration.dagster_home import forget_old_runs, opened_instance, prepare_dagster_home
from warehouse.home import Home


@dg.asset
def nothing() -> None:
    """An asset of no consequence."""


def run_files(home: Home) -> set[str]:
    return {path.name for path in (home.dagster / "history" / "runs").glob("*-*.db")} | {
        path.name for path in (home.dagster / "storage").glob("*-*")
    }


def test_old_runs_go_with_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "MQP_HOME"):
        monkeypatch.setenv(name, "")  # put back afterwards
    home = Home(tmp_path)
    prepare_dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        runs = [dg.materialize([nothing], instance=instance).run_id for _ in range(4)]
        assert forget_old_runs(instance, home, keep=2) == 2
        assert forget_old_runs(instance, home, keep=2) == 0
        assert [run.run_id for run in instance.get_runs()] == runs[:1:-1]
        assert instance.get_latest_materialization_event(dg.AssetKey("nothing")) is not None
    assert {name.removesuffix(".db") for name in run_files(home)} == set(runs[2:])


def test_run_that_has_not_finished_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DAGSTER_HOME", "MQP_HOME"):
        monkeypatch.setenv(name, "")
    home = Home(tmp_path)
    prepare_dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        job = dg.define_asset_job("job", [nothing]).resolve(
            asset_graph=dg.Definitions([nothing]).resolve_asset_graph()
        )
        begun = instance.create_run_for_job(job).run_id
        dg.materialize([nothing], instance=instance)
        assert forget_old_runs(instance, home, keep=0) == 1
        assert [run.run_id for run in instance.get_runs()] == [begun]


def test_event_log_keeps_one_engine_per_file_and_every_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster._core.storage.event_log.sqlite import sqlite_event_log

    for name in ("DAGSTER_HOME", "MQP_HOME"):
        monkeypatch.setenv(name, "")
    home = Home(tmp_path)
    prepare_dagster_home(home)
    with opened_instance(home) as instance:
        runs = [dg.materialize([nothing], instance=instance) for _ in range(2)]
        for run in runs:
            kept = [event.dagster_event for event in instance.all_logs(run.run_id)]
            assert [event for event in kept if event in run.all_events] == run.all_events
    one, again, other = (
        sqlite_event_log.create_engine(f"sqlite:///{tmp_path}/{name}.db") for name in "aab"
    )
    assert one is again
    assert one is not other


OPENS = """
import sys
from pathlib import Path
import dagster
from orchestration.dagster_home import opened_instance, prepare_dagster_home
from warehouse.home import Home

home = Home(Path(sys.argv[1]))
prepare_dagster_home(home)
print("ready", flush=True)
sys.stdin.readline()
with opened_instance(home) as instance:
    instance.get_runs()
"""


def test_two_processes_may_be_the_first_to_open_the_storage(tmp_path: Path) -> None:
    opening = [
        subprocess.Popen(
            [sys.executable, "-c", OPENS, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for one in opening:
        assert one.stdout.readline() == "ready\n"
    for one in opening:
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in opening:
        one.communicate(timeout=120)
    assert [one.returncode for one in opening] == [0] * 4
