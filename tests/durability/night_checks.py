"""What a killed night may leave, and what the next one must make of it."""

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.record import RECORD_COPIES
from tests.durability.small_world import differing_rows
from tests.durability.torture import PROVENANCE, check_acknowledged
from warehouse.connection import Connection, connect, quoted_path
from warehouse.home import Home
from warehouse.publish import Manifest, TableDigest, digest_tables

WRITTEN_ONCE = (
    *("quality.quarantine", "quality.history_extents"),
    *("ops.configs", "analytics.decisions", "analytics.trials"),
)


def kept_manifest(home: Path, night: date) -> Manifest:
    """The manifest in a night's folder."""
    told = json.loads((Home(home).nights / night.isoformat() / "manifest.json").read_text())
    tables = {name: TableDigest(**digest) for name, digest in told["tables"].items()}
    return Manifest(**{**told, "night": date.fromisoformat(told["night"]), "tables": tables})


def published_content(path: Path) -> tuple[date, str, Mapping[str, TableDigest]]:
    """Night, the hash that its record names, and what the file's tables really hold."""
    with connect(path, read_only=True) as published:
        night, recorded = published.execute(
            "select c.night, max_by(n.manifest_hash, n.attempt) from ops.build_context as c "
            "left join ops.nights as n using (night) group by all"
        ).fetchall()[0]
        for name in RECORD_COPIES.values():
            published.execute(f"select sum(hash(t)::hugeint) from {name} as t").fetchall()
        return night, recorded, digest_tables(published)


def attempts_seen(home: Path, night: date) -> int:
    """How many attempts at a night the published file shows."""
    with connect(Home(home).published, read_only=True) as published:
        row = published.execute("select count(*) from ops.nights where night = ?", [night])
        return int((row.fetchone() or (0,))[0])


def check_published(home: Path, known: Mapping[date, Manifest]) -> date | None:
    """Readers see one of the known nights, whole; returns which, None while there is none."""
    path = Home(home).published
    if not path.exists():
        assert len(known) == 1, "the published file is gone"
        return None
    night, recorded, tables = published_content(path)
    assert night in known, f"readers see the night {night}"
    assert tables == known[night].tables, f"night {night} is not what its manifest says"
    assert recorded == known[night].digest, f"night {night} is recorded with another manifest"
    return night


def check_nothing_lost(home: Path, before: Path) -> None:
    """Every row of the ledger before the night is still there, every told response is kept.

    A copy of the ledger is opened: the next run must find what the kill has left.
    """
    check_acknowledged(home)
    old, new = Home(before).ledger, Home(home).ledger
    if not old.exists():
        return
    assert new.exists(), "the ledger is gone"
    with _opened_copy(new) as connection:
        connection.execute(f"attach '{quoted_path(old)}' as old (read_only)")
        for name in _tables(connection, "old"):
            lost = connection.execute(
                f"select count(*) from (from old.{name} except all from {name})"
            ).fetchone()
            assert lost == (0,), f"{lost} rows of {name} are lost"


def check_converged(home: Path, undisturbed: Path, night: date, run_id: str) -> None:
    """The rerun published the same night as an undisturbed run, and recorded it once."""
    wanted = kept_manifest(undisturbed, night)
    assert check_published(home, {night: wanted}) == night
    assert kept_manifest(home, night) == wanted, "the kept manifest is not the published one"
    one, other = Home(undisturbed).ledger, Home(home).ledger
    assert differing_rows(one, other, ignoring=PROVENANCE) == {}, "landed rows differ"
    with connect(other, read_only=True) as ledger:
        ledger.execute(f"attach '{quoted_path(one)}' as other (read_only)")
        for name in WRITTEN_ONCE:
            assert _differing(ledger, f"from {name}", f"from other.{name}") == 0, f"{name} differs"
        _check_attempts(ledger, night, wanted.digest, run_id)
        _check_judgements(ledger)
        ledger.execute(f"attach '{quoted_path(Home(home).published)}' as published (read_only)")
        for name in ("ops.nights", "analytics.decisions", "quality.validation_results"):
            same = _differing(ledger, f"from {name}", f"from published.{name}") == 0
            assert same, f"{name} of the ledger is not what was published"
    check_no_leftovers(home, undisturbed)


def _check_attempts(ledger: Connection, night: date, digest: str, run_id: str) -> None:
    rows = ledger.execute(
        "select attempt, status, run_id, manifest_hash from ops.nights where night = ? order by 1",
        [night],
    ).fetchall()
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), f"attempts: {rows}"
    assert {(row[1], row[3]) for row in rows} == {("CLEAN", digest)}, f"attempts: {rows}"
    assert rows[-1][2] == run_id, f"attempts: {rows}"


def _check_judgements(ledger: Connection) -> None:
    """Every recorded attempt has its claims once, and no other attempt has any."""
    rows = ledger.execute(
        "select night, attempt, count(*), count(distinct (gate, suite, expectation, table_name)) "
        "from quality.validation_results group by all"
    ).fetchall()
    known = ledger.execute("select night, attempt from ops.nights").fetchall()
    assert {(row[0], row[1]) for row in rows} == set(known), f"judged: {rows}, recorded: {known}"
    assert all(row[2] == row[3] for row in rows), f"claims stand twice: {rows}"
    assert len({row[2] for row in rows}) == 1, f"claims are missing: {rows}"


def check_no_leftovers(home: Path, undisturbed: Path) -> None:
    """The same files as after a run that nobody killed, apart from what is named by chance."""
    left = [
        path.relative_to(home)
        for path in home.rglob("*")
        if path.name.endswith((".new", ".wal", ".tmp", ".restoring")) or ".partial" in path.parts
        if path.is_file()
    ]
    assert left == [], f"half-written files are left: {left}"
    for folder in ("warehouse", "reports"):
        here, there = (_names(root / folder) for root in (home, undisturbed))
        assert here == there, f"{folder} holds {here ^ there} in one of the two"


def _names(root: Path) -> set[str]:
    """Files below a folder, without dbt's own artefacts."""
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if "dbt_target" not in path.parts
    }


def _differing(connection: Connection, one: str, other: str) -> int:
    row = connection.execute(
        f"select (select count(*) from (({one}) except all ({other}))) "
        f"+ (select count(*) from (({other}) except all ({one})))"
    ).fetchone()
    return int(row[0]) if row else 0


def _tables(connection: Connection, database: str) -> list[str]:
    found = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ? "
        "order by 1",
        [database],
    ).fetchall()
    return [row[0] for row in found]


def _opened_copy(ledger: Path) -> Any:
    """The ledger with its log of writes, opened where the next run does not see it."""
    copy = ledger.parents[1] / "ledger_copy" / ledger.name
    shutil.rmtree(copy.parent, ignore_errors=True)
    copy.parent.mkdir()
    for path in ledger.parent.glob(f"{ledger.name}*"):
        shutil.copy2(path, copy.parent / path.name)
    return connect(copy)
