"""A published night, built again and compared with what was published."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.sentiment import METHOD
from orchestration.rebuild import Rebuilder
from orchestration.replay.comparison import Comparison, compare_with_published
from orchestration.replay.nights import PublishedNight
from orchestration.replay.rebuilt import rebuild_night
from orchestration.replay.verdict import Findings, Verdict, judge
from warehouse.connection import Connection, connect
from warehouse.home import Home
from warehouse.kept_results import ResultDifference, difference_from_kept
from warehouse.landing_check import changed_landings
from warehouse.publish import KEPT_RESULTS

log = logging.getLogger("mqp.replay")


@dataclass(frozen=True)
class Replay:
    """A night built again. `file` holds it for as long as the rebuilding lasts."""

    compared: Comparison
    findings: Findings
    verdict: Verdict
    file: Path


def replay_night(
    rebuilder: Rebuilder,
    night: PublishedNight,
    home: Home,
    file: Path,
    *,
    say: Callable[[str], None],
) -> Replay:
    """Build a night again into `file` and judge it beside what the home keeps of it.

    Raises
    ------
    NightError
        The models cannot be built.
    """
    say(f"Building night {night.name} at ledger version {night.ledger_version}.")
    rebuilt = rebuild_night(rebuilder, night, file)
    say("Comparing it with what was published.")
    compared = compare_with_published(home, night, rebuilt)
    findings = (
        Findings() if compared.is_identical else _look_closer(rebuilder, compared, home, file)
    )
    return Replay(compared, findings, judge(compared, findings), file)


def _look_closer(rebuilder: Rebuilder, compared: Comparison, home: Home, file: Path) -> Findings:
    """Look up what explains a difference, and how large it is."""
    with connect(rebuilder.ledger, read_only=True) as ledger:
        version = compared.night.ledger_version
        removed = _removals(ledger, version)
        changed = changed_landings(ledger, home.raw_responses, version)
        scored_by = _other_methods(ledger, version)
    results, compared_results = compare_results(compared, file)
    return Findings(
        results=tuple(results),
        compared_results=tuple(compared_results),
        removed=removed,
        changed_landings=changed,
        scored_by=scored_by,
    )


def compare_results(compared: Comparison, file: Path) -> tuple[list[ResultDifference], list[str]]:
    """What differs in the kept results, and all of them that could be compared."""
    found, names = [], []
    with connect(file, read_only=True) as rebuilt:
        for name, path in _kept_results(compared).items():
            try:
                difference = difference_from_kept(rebuilt, name, path, where=KEPT_RESULTS[name])
            except duckdb.Error as err:  # the file is damaged, or the table is another one now
                log.warning("%s cannot be compared row by row: %s", name, str(err).splitlines()[0])
                continue
            names.append(name)
            if difference is not None:
                found.append(difference)
    return found, names


def _kept_results(compared: Comparison) -> Mapping[str, Path]:
    """The files of kept results of which there is a table again."""
    if compared.kept is None:
        return {}
    files = {name: compared.kept.folder / f"{name}.parquet" for name in KEPT_RESULTS}
    return {
        name: path
        for name, path in files.items()
        if path.exists() and name in compared.rebuilt.tables
    }


def _removals(ledger: Connection, ledger_version: int) -> tuple[str, ...]:
    """What was taken out of the versions that a night read."""
    rows = ledger.execute(
        "select row_count, table_name, coalesce(symbol, 'every symbol'), buried_at::date, why "
        "from ops.tombstones where first_version <= ? order by buried_at, table_name, symbol",
        [ledger_version],
    ).fetchall()
    return tuple(
        f"{count:,} rows of {table} ({whose}) were removed on {day}: {why}"
        for count, table, whose, day, why in rows
    )


def _other_methods(ledger: Connection, ledger_version: int) -> tuple[str, ...]:
    """The methods of a night's scores, if the present one had not scored anything by then."""
    rows = ledger.execute(
        "select distinct method from raw.mqp__headline_scores where ledger_version <= ? order by 1",
        [ledger_version],
    ).fetchall()
    methods = tuple(row[0] for row in rows)
    return () if METHOD in methods else methods
