"""`mqp replay`: a published night, built again from the ledger."""

import logging
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import typer

from orchestration.commands.text_tables import table_lines
from orchestration.errors import NightError, UsageError
from orchestration.progress import shown_progress
from orchestration.rebuild import rebuilding
from orchestration.replay.nights import latest_published_night, published_night_of
from orchestration.replay.published import published_damage, restore_published
from orchestration.replay.verdict import AS_IT_SHOULD_BE
from orchestration.replay.verify import Replay, replay_night
from orchestration.resources import Settings, load_settings
from warehouse.comparison import Example
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.landing_log import read_log
from warehouse.ledger import refuse_other_world
from warehouse.lock import writer_lock
from warehouse.publish import HASHED_SCHEMAS
from warehouse.sessions import new_york_sessions

log = logging.getLogger("mqp.replay")

MOST_TABLES_SHOWN = 20


@dataclass(frozen=True)
class ReplayOptions:
    """What is asked for.

    `night`: None for the latest published one. `attempt`: None for its latest published attempt.
    `verify`: compare with what was published. `to`: write the night to a new file. `threads`: of
    dbt and DuckDB, None as a night runs.
    """

    night: date | None = None
    attempt: int | None = None
    verify: bool = False
    to: Path | None = None
    threads: int | None = None


def replay_command(options: ReplayOptions, *, as_json: bool) -> int:
    """Replay a night and print what came of it; returns the exit code."""
    settings = load_settings()
    home = settings.home
    _refuse_missing_ledger(home)
    refuse_other_world(home.ledger, home.published, settings.world)
    if options.to is not None and options.to.exists():
        raise UsageError(f"{options.to} exists and is not overwritten: name another file.")
    with shown_progress(quiet=as_json):
        if options.verify or options.to is not None:
            return _replay(settings, options, as_json=as_json)
        return _put_back(settings, options, as_json=as_json)


def _refuse_missing_ledger(home: Home) -> None:
    if home.ledger.exists():
        return
    if read_log(home.raw_responses).landings:
        raise NightError("The ledger is gone: bring it back with `mqp restore --from-responses`.")
    raise NightError("There is no ledger yet: run `mqp nightly` first.")


def _put_back(settings: Settings, options: ReplayOptions, *, as_json: bool) -> int:
    """Restore the published file where it is lost or damaged, and only there."""
    home = settings.home
    with writer_lock(home.writer_lock, announce=log.info):
        with connect(home.ledger, read_only=True) as ledger:
            latest = latest_published_night(ledger)
            if options.night is not None:
                published_night_of(ledger, options.night, options.attempt)
        if options.night not in (None, latest.night) or options.attempt is not None:
            raise UsageError(
                f"The published file shows the latest night, {latest.night}: compare another one "
                "with --verify, or write it to a file of its own with --to FILE."
            )
        damage = published_damage(home)
        if damage is None:
            done = (
                f"{home.published.name} is sound{_shown_night(home)}: nothing was done. --verify "
                "compares a night built again, --to FILE writes it elsewhere."
            )
            restored = None
        else:
            log.warning(damage)
            restored = restore_published(settings, log.info, holds_lock=True)
            done = restored.sentence
    if as_json:
        _print_json({"damage": damage, "restored": restored is not None, "sentence": done})
    else:
        typer.echo(done)
    return 0


def _shown_night(home: Home) -> str:
    with connect(home.published, read_only=True) as published:
        row = published.execute("select night from ops.build_context").fetchone()
    return f" and shows night {row[0]}" if row else ""


def _replay(settings: Settings, options: ReplayOptions, *, as_json: bool) -> int:
    """Build the night again, judge it, and keep the file if that was asked for."""
    home = settings.home
    log.info("Copying the ledger and reading the dbt project.")
    with (
        tempfile.TemporaryDirectory(prefix="mqp-replay-") as folder,
        rebuilding(
            home,
            settings.world,
            new_york_sessions(),
            announce=log.info,
            threads=options.threads,
        ) as rebuilder,
    ):
        with connect(rebuilder.ledger, read_only=True) as ledger:
            night = (
                latest_published_night(ledger)
                if options.night is None
                else published_night_of(ledger, options.night, options.attempt)
            )
        file = Path(folder) / "quant.duckdb"
        replay = replay_night(rebuilder, night, home, file, say=log.info)
        if options.to is not None:
            _write_to(file, options.to)
    if as_json:
        _print_json(as_dict(replay) | {"written_to": options.to})
    else:
        for line in replay_lines(replay, settings):
            typer.echo(line)
        if options.to is not None:
            typer.echo(f"Written to {options.to}.")
    return replay.verdict.exit_code if options.verify else 0


def _write_to(file: Path, target: Path) -> None:
    """Move a finished file to a new place, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.new")
    shutil.move(file, fresh)
    if target.exists():
        fresh.unlink()
        raise UsageError(f"{target} exists and is not overwritten: name another file.")
    fresh.rename(target)


def replay_lines(replay: Replay, settings: Settings) -> list[str]:
    """The replay as people read it, the verdict last."""
    night = replay.compared.night
    banner = f"  {settings.banner} ({settings.world})" if settings.banner else ""
    lines = [
        f"Night {night.name}, {night.status}, ledger version {night.ledger_version}, code "
        f"{night.code_hash}{banner}",
        "",
        *_schema_lines(replay),
    ]
    if replay.verdict.outcome != "identical":
        lines += _difference_lines(replay)
    lines += ["", *replay.verdict.remarks, replay.verdict.sentence]
    return lines


def _schema_lines(replay: Replay) -> list[str]:
    """Of each layer how many tables have the hash that was published."""
    rows = []
    for schema in HASHED_SCHEMAS:
        tables = [row for row in _tables(replay) if row["table"].startswith(f"{schema}.")]
        equal = sum(row["is_equal"] is True for row in tables)
        known = any(row["is_equal"] is not None for row in tables)
        count = f"{sum(row['rows'] or 0 for row in tables):,}"
        rows.append((schema, str(len(tables)), count, str(equal) if known else "unknown"))
    return table_lines(("layer", "tables", "rows", "equal hashes"), rows)


def _difference_lines(replay: Replay) -> list[str]:
    """Each table that differs, and the rows of the results that were kept."""
    different = [row for row in _tables(replay) if row["is_equal"] is False]
    rows = [
        (row["table"], _count(row["rows_published"]), _count(row["rows"]))
        for row in different[:MOST_TABLES_SHOWN]
    ]
    lines = ["", *table_lines(("differs", "rows published", "rows now"), rows)] if rows else []
    if len(different) > MOST_TABLES_SHOWN:
        lines.append(f"and {len(different) - MOST_TABLES_SHOWN} more (--json names them)")
    for result in replay.findings.results:
        lines += ["", result.sentence, *map(_example_line, result.examples)]
    return lines


def _count(rows: int | None) -> str:
    return "-" if rows is None else f"{rows:,}"


def _example_line(example: Example) -> str:
    key = ", ".join(f"{name} {value}" for name, value in example.key.items())
    values = "; ".join(
        f"{name} was {then} and is {now}" for name, (then, now) in example.differing.items()
    )
    return f"  {example.kind}: {key}" + (f": {values}" if values else "")


def _tables(replay: Replay) -> list[dict[str, Any]]:
    """Every table of either side; `is_equal` is None where the published hash is not known."""
    compared = replay.compared
    now = compared.rebuilt.tables
    then = compared.kept.manifest.tables if compared.kept else {}
    rows = []
    for name in sorted(now.keys() | then.keys()):
        before, after = then.get(name), now.get(name)
        is_equal: bool | None = before == after
        if compared.kept is None:
            is_equal = True if compared.is_identical else None
        rows.append(
            {
                "table": name,
                "rows": after.rows if after else None,
                "rows_published": before.rows if before else None,
                "is_equal": is_equal,
            }
        )
    return rows


def as_dict(replay: Replay) -> dict[str, Any]:
    """The replay for machines."""
    night, verdict = replay.compared.night, replay.verdict
    return {
        "night": night.night,
        "attempt": night.attempt,
        "ledger_version": night.ledger_version,
        "outcome": verdict.outcome,
        "is_as_it_should_be": verdict.outcome in AS_IT_SHOULD_BE,
        "sentence": verdict.sentence,
        "remarks": verdict.remarks,
        "code": {"published": night.code_hash, "now": replay.compared.rebuilt.code_hash},
        "environment_changes": replay.compared.environment_changes,
        "tables": _tables(replay),
        "results": [asdict(result) for result in replay.findings.results],
    }


def _print_json(content: Any) -> None:
    from orchestration.cli import print_json

    print_json(content)
