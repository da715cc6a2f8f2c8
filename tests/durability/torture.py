"""`make torture`: kill a fetching and landing process at random moments, and see what is left.

Seeded: the moments are the same in every run, as far as a machine's speed is.
"""

import argparse
import json
import multiprocessing
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ingestion.responses import read_response
from orchestration.restore import restore_from_responses
from tests.durability.small_world import (
    FRIDAY,
    WORLD,
    Order,
    differing_rows,
    fetch_and_land,
    sandbox,
)
from warehouse.connection import connect
from warehouse.home import Home

THURSDAY = FRIDAY - timedelta(days=1)
PATIENCE_SECONDS = 60.0
PROVENANCE = ("fetched_at", "response_hash", "run_id")


def process_factory() -> multiprocessing.context.ForkServerContext:
    """Processes that start in no time: one server has imported everything once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.durability.warm", "tests.durability.warm_night"])
    return context


@dataclass(frozen=True)
class Victim:
    """What one kill left: `version` of the ledger found, `acknowledged` responses in the log."""

    after_seconds: float
    was_finished: bool
    acknowledged: int
    version: int


class Torture:
    """A market that stays up, an undisturbed night beside it, and victims.

    Every second victim already has the night before in its ledger.
    """

    def __init__(self, folder: Path, base_urls: Mapping[str, str], keys: Mapping[str, str]) -> None:
        self._folder, self._processes = folder, process_factory()
        self._urls, self._keys = base_urls, keys
        self.undisturbed = {True: folder / "undisturbed_second", False: folder / "undisturbed"}
        self._thursday = folder / "thursday"
        with sandbox(THURSDAY) as (urls, other_keys):
            # in a process, too: the first one is slow to start, and the next ones are timed
            order = Order(self._thursday, urls, other_keys, THURSDAY, "thursday")
            self._finish(self._started(order))
        self._seconds = {}
        for is_second, home in self.undisturbed.items():
            if is_second:
                shutil.copytree(self._thursday, home)
            process = self._started(self._order(home, "undisturbed"))
            begun = time.monotonic()
            self._finish(process)
            self._seconds[is_second] = time.monotonic() - begun

    def kill_once(self, number: int, seed: int) -> Victim:
        """Kill one run, check what it left, let a second run finish, and check that too."""
        is_second, home = bool(number % 2), self._folder / f"victim_{number}"
        if is_second:
            shutil.copytree(self._thursday, home)
        delay = random.Random(f"{seed} {number}").uniform(0.0, 0.9 * self._seconds[is_second])
        process = self._started(self._order(home, "victim"))
        time.sleep(delay)
        was_finished = not process.is_alive()
        process.kill()
        process.join()
        victim = Victim(delay, was_finished, check_acknowledged(home), self._check_ledger(home))
        self._finish(self._started(self._order(home, "second_try")))
        self._check_result(home, is_second)
        shutil.rmtree(home)
        return victim

    def _order(self, home: Path, run_id: str) -> Order:
        return Order(home, self._urls, self._keys, FRIDAY, run_id)

    def _started(self, order: Order) -> multiprocessing.context.ForkServerProcess:
        """A run that has had its first response, or has ended without any."""
        logged, begun = _log_size(order.home), time.monotonic()
        process = self._processes.Process(target=fetch_and_land, args=(order,))
        process.start()
        while _log_size(order.home) == logged and process.is_alive():
            assert time.monotonic() - begun < PATIENCE_SECONDS, "no response came at all"
            time.sleep(0.001)
        return process

    def _finish(self, process: multiprocessing.context.ForkServerProcess) -> None:
        process.join(PATIENCE_SECONDS)
        assert process.exitcode == 0, f"the run ended with {process.exitcode}"

    def _check_ledger(self, home: Path) -> int:
        """A ledger is the old one or the new one, whole."""
        path = Home(home).ledger
        if not path.exists():
            return 0
        with connect(path) as ledger:  # as the next run opens it: with what the log of writes holds
            tables = ledger.execute(
                "select count(*) from duckdb_tables() where schema_name = 'ops' "
                "and table_name = 'landings'"
            ).fetchone()
            if tables == (0,):
                return 0
            found = ledger.execute(
                "select coalesce(max(ledger_version), 0) from ops.landings"
            ).fetchone()
        return int(found[0]) if found else 0

    def _check_result(self, home: Path, is_second: bool) -> None:
        ledger = Home(home).ledger
        assert (
            differing_rows(Home(self.undisturbed[is_second]).ledger, ledger, ignoring=PROVENANCE)
            == {}
        ), "the second run's rows differ from those of an undisturbed one"
        copy = home / "restored.duckdb"
        done = restore_from_responses(Home(home), WORLD, copy, say=lambda _: None)
        assert done.is_complete, done.notes
        assert differing_rows(ledger, copy) == {}, "the ledger cannot be restored exactly"
        left = [path for path in home.rglob("*") if path.name.endswith(".new")]
        assert left == [], f"half-written files are left: {left}"


def check_acknowledged(home: Path) -> int:
    """Every response whose line is in the log is on the disk, and whole; returns how many."""
    log, raw = Home(home).logs / "ingestion.log", Home(home).raw_responses
    acknowledged = 0
    for text in log.read_text().splitlines() if log.exists() else []:
        line = json.loads(text)
        if line.get("response_hash"):
            files = list(raw.glob(f"{line['provider']}/*/{line['response_hash']}-*.gz"))
            assert files, f"the acknowledged response {line['response_hash']} is lost"
            for path in files:
                read_response(path)
            acknowledged += 1
    return acknowledged


def _log_size(home: Path) -> int:
    try:
        return (Home(home).logs / "ingestion.log").stat().st_size
    except FileNotFoundError:
        return 0


def main() -> int:
    """Kill as often as asked; returns 1 after the first that left something wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{asked.moments} kills, seed {asked.seed}")
    with tempfile.TemporaryDirectory() as folder, sandbox(FRIDAY) as (urls, keys):
        torture = Torture(Path(folder), urls, keys)
        for number in range(asked.moments):
            try:
                victim = torture.kill_once(number, asked.seed)
            except AssertionError as problem:
                print(f"kill {number}: {problem}")
                return 1
            state = "finished before" if victim.was_finished else f"version {victim.version}"
            print(
                f"kill {number:>3} {victim.after_seconds:6.3f} s after the first response: "
                f"{victim.acknowledged:>3} acknowledged, ledger {state}; the next run completed"
            )
    print("No acknowledged response was lost, and every next run completed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
