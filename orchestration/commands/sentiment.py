"""`mqp sentiment`: which stories are stored and scored; `--recompute` scores all of them again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import typer

from ingestion.sentiment import METHOD
from orchestration.errors import NightError
from orchestration.resources import Settings, load_settings, utc_now
from orchestration.scores import NOTABLE_MOVE, Recomputation, recompute_scores
from warehouse.connection import Connection, connect
from warehouse.landing_log import append_to_log
from warehouse.ledger import opened_ledger
from warehouse.lock import writer_lock

RUN_PREFIX = "sentiment-recompute"


@dataclass(frozen=True)
class Coverage:
    """Stories of one symbol from one provider, as the published night knows them.

    `age_sessions`: sessions between the one that the newest story counts for and the night, 0 when
    it counts for the night itself. `scored_fraction`: of the stories, by the night's method.
    """

    provider: str
    symbol: str
    stories: int
    newest_published_at: datetime
    age_sessions: int
    scored_fraction: float


def recompute_command(*, as_json: bool) -> int:
    """Score every stored story with the present method, without a network, and say what moved."""
    settings = load_settings()
    if not settings.home.ledger.exists():
        raise NightError("No stories are stored yet: run `mqp nightly` first.")
    now = utc_now(settings)
    with (
        writer_lock(settings.home.writer_lock, announce=_tell),
        opened_ledger(settings.home.ledger, settings.world, now=now) as ledger,
    ):
        run_id = f"{RUN_PREFIX}-{now:%Y%m%dT%H%M%SZ}"
        done = recompute_scores(ledger, run_id=run_id, now=now)
        append_to_log(ledger, settings.home.raw_responses)
    if as_json:
        from orchestration.cli import print_json

        print_json(asdict(done))
    else:
        _print_recomputation(done)
    return 0


def coverage_command(*, as_json: bool) -> int:
    """Print what the published night read: stories per provider and symbol, and their age."""
    settings = load_settings()
    with connect(settings.home.published, read_only=True) as published:
        night, method = _night_and_method(published)
        found = _coverage(published, method)
    if as_json:
        from orchestration.cli import print_json

        print_json(
            {
                "night": night,
                "method": method,
                "present_method": METHOD,
                "coverage": [asdict(each) for each in found],
            }
        )
    else:
        _print_coverage(settings, night, method, found)
    return 0


def _print_recomputation(done: Recomputation) -> None:
    typer.echo(f"{done.texts:,} distinct texts scored by {done.method}.")
    if done.first_scores:
        typer.echo(f"{done.first_scores:,} of them had no score before.")
    typer.echo(
        f"{done.changed:,} moved by more than {NOTABLE_MOVE}; "
        f"mean absolute change {done.mean_absolute_change:.4f}."
    )
    if done.largest_moves:
        _print_table(
            "The largest moves",
            ("symbol", "published", "headline", "before", "after"),
            [
                (
                    move.symbol,
                    f"{move.published_date}",
                    move.headline,
                    f"{move.before:+.3f}",
                    f"{move.after:+.3f}",
                )
                for move in done.largest_moves
            ],
        )
    if done.ledger_version is None:
        typer.echo("Every stored score is up to date: nothing was written.")
    else:
        typer.echo(
            f"Stored at ledger version {done.ledger_version}: the next night reads these scores, "
            "earlier nights keep theirs."
        )


def _night_and_method(published: Connection) -> tuple[Any, str]:
    night = published.execute("select night from ops.build_context").fetchone()
    method = published.execute("select max(method) from marts.fct_sentiment").fetchone()
    return (night[0] if night else None), (method[0] if method and method[0] else METHOD)


def _coverage(published: Connection, method: str) -> list[Coverage]:
    """Per provider and symbol, from the staging tables of news that the file has."""
    tables = published.execute(
        "select distinct table_name from duckdb_columns() where schema_name = 'staging' "
        "and column_name = 'story_id' and table_name like '%news' order by 1"
    ).fetchall()
    if not tables:
        return []
    stories = " union all ".join(
        f"select '{name.removeprefix('stg_').partition('__')[0]}' as provider, symbol, story_id, "
        f"published_at, headline_hash from staging.{name}"
        for (name,) in tables
    )
    rows = published.execute(
        f"""
        with stories as ({stories}),
        scored as (
            select distinct headline_hash from staging.stg_mqp__headline_scores where method = ?
        ),
        night as (
            select max(session_number) as session_number from staging.stg_exchange__sessions
            where session_date = (select night from ops.build_context)
        ),
        counted as (
            select provider, symbol, count(distinct story_id) as stories,
                max(published_at) as newest,
                count(*) filter (headline_hash in (select headline_hash from scored)) / count(*)
                    as scored_fraction
            from stories group by provider, symbol
        )
        select provider, symbol, stories, newest,
            coalesce((select session_number from night) - (
                select min(s.session_number) from staging.stg_exchange__sessions as s
                where s.news_cutoff_at >= newest
            ), 0), scored_fraction
        from counted order by provider, symbol
        """,
        [method],
    ).fetchall()
    return [Coverage(*row) for row in rows]


def _print_coverage(settings: Settings, night: Any, method: str, found: Sequence[Coverage]) -> None:
    typer.echo(f"World {settings.world}, night {night}, method {method}")
    if not found:
        typer.echo("No stories are stored: sentiment counts as 0.")
        return
    _print_table(
        "Stories per provider and symbol",
        ("provider", "symbol", "stories", "newest story (UTC)", "age", "scored"),
        [
            (
                each.provider,
                each.symbol,
                f"{each.stories:,}",
                f"{each.newest_published_at:%Y-%m-%d %H:%M}",
                f"{each.age_sessions} session{'' if each.age_sessions == 1 else 's'}",
                f"{each.scored_fraction:.0%}",
            )
            for each in found
        ],
    )
    if method != METHOD:
        typer.echo(
            f"This release scores by {METHOD}: the next night uses it, "
            "`mqp sentiment --recompute` shows beforehand what moves."
        )


def _print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Left-aligned text, cut by nothing: a terminal's width is its own affair."""
    widths = [max(len(row[at]) for row in (columns, *rows)) for at in range(len(columns))]
    typer.echo(f"{title}:")
    for row in (columns, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(f"  {line.rstrip()}")


def _tell(sentence: str) -> None:
    typer.echo(sentence, err=True)
