"""Our scores of the stored stories: of those that have none yet, and of all of them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from ingestion.masking import one_line
from ingestion.sentiment import METHOD, Story, score_stories
from warehouse.connection import Connection, transaction
from warehouse.landed_rows import count_landed
from warehouse.ledger import newest_version
from warehouse.sessions import NEW_YORK

SCORES = "raw.mqp__headline_scores"
NEWS_TABLES = ("raw.finnhub__company_news", "raw.polygon__news", "raw.fmp__news")
TEXT_HASH = "md5(concat_ws(chr(31), headline, nullif(trim(summary), '')))"
"""What a score is of, as `headline_hash` in the ledger and in staging: the headline, and the
summary where there is one."""

NOTABLE_MOVE = 0.05
"""VADER's own border between neutral and not."""

MOVES_SHOWN = 10
LONGEST_HEADLINE = 90
_SCORED_SCHEMA = pa.schema({"headline_hash": pa.string(), "score": pa.float64()})


@dataclass(frozen=True)
class Move:
    """One text whose score changed: a symbol and day that it was told of, and both scores."""

    symbol: str
    published_date: date
    headline: str
    before: float
    after: float


@dataclass(frozen=True)
class Recomputation:
    """What scoring everything again changed.

    `texts`: distinct stored texts. `first_scores`: those that had none. `changed`: those that moved
    by more than 0.05; `mean_absolute_change`: of those that had a score, 0 if none had.
    `ledger_version`: at which the new scores stand; None when every score was there already.
    """

    method: str
    texts: int
    first_scores: int
    changed: int
    mean_absolute_change: float
    largest_moves: tuple[Move, ...]
    ledger_version: int | None


def score_new_stories(ledger: Connection) -> int:
    """Score the stored texts that the present method has not scored; returns how many.

    A score is arithmetic on words and known as soon as they are. It belongs to the newest ledger
    version: the caller has just landed the stories.
    """
    scored = _unscored(ledger)
    if scored.num_rows:
        with transaction(ledger):
            _append(ledger, scored, newest_version(ledger))
    return int(scored.num_rows)


def score_landed_stories(ledger: Connection, *, run_id: str, now: datetime) -> int:
    """Score what has no score yet, after a landing; returns the newest ledger version.

    Where nothing has landed and the newest version was read by a published night, what is scored
    are stories of old, by a new release's method: the night keeps the version that it read, and the
    scores begin one of their own. A version that no night has read (a killed run's) is completed.
    """
    newest = newest_version(ledger)
    is_read = ledger.execute(
        "select 1 from ops.nights where status in ('CLEAN', 'DEGRADED') and ledger_version >= ? "
        "limit 1",
        [newest],
    ).fetchone()
    if is_read is None:
        score_new_stories(ledger)
    elif (scored := _unscored(ledger)).num_rows:
        _append_version(ledger, scored, newest + 1, run_id=run_id, now=now)
    return newest_version(ledger)


def recompute_scores(ledger: Connection, *, run_id: str, now: datetime) -> Recomputation:
    """Score every stored text again and append what differs, as a ledger version of its own.

    Nights up to now have a smaller version and keep what they read; the next one reads these. A
    text is compared with its newest score, be it of an earlier method.
    """
    scored = _scored(
        ledger.execute(
            f"select headline_hash, headline, summary from ({_stored_stories()}) order by 1"
        ).fetchall()
    )
    ledger.register("scored", scored)
    ledger.execute(f"""
        create or replace temp table rescored as
        with newest as (
            select * from {SCORES}
            qualify row_number() over (
                partition by headline_hash, method order by ledger_version desc, row_hash desc
            ) = 1
        ),
        latest as (
            select headline_hash, score from newest
            qualify row_number() over (
                partition by headline_hash order by ledger_version desc, method desc
            ) = 1
        ),
        told as ({_stored_stories()})
        select headline_hash, symbol, published_at, headline, scored.score as after,
            same.score as same_method, coalesce(own.score, without_summary.score) as before
        from scored
        inner join told using (headline_hash)
        left join newest as same
            on scored.headline_hash = same.headline_hash and same.method = '{METHOD}'
        left join latest as own on scored.headline_hash = own.headline_hash
        -- earlier releases read headlines only
        left join latest as without_summary
            on md5(told.headline) = without_summary.headline_hash
    """)
    differing = ledger.execute(
        "select headline_hash, after as score from rescored "
        "where same_method is distinct from after order by 1"
    ).to_arrow_table()
    ledger.unregister("scored")
    version = newest_version(ledger) + 1 if differing.num_rows else None
    if version is not None:
        _append_version(ledger, differing, version, run_id=run_id, now=now)
    return _recomputation(ledger, version)


def _unscored(ledger: Connection) -> pa.Table:
    """Hash and score of the stored texts that the present method has not scored."""
    return _scored(
        ledger.execute(
            f"select headline_hash, headline, summary from ({_stored_stories()}) "
            f"where headline_hash not in (select headline_hash from {SCORES} where method = ?) "
            "order by 1",
            [METHOD],
        ).fetchall()
    )


def _scored(stories: Sequence[tuple[str, str, str | None]]) -> pa.Table:
    """Hash and score of texts that are given as hash, headline and summary."""
    scores = score_stories(Story(headline, summary) for _, headline, summary in stories)
    return pa.table([[story[0] for story in stories], scores], schema=_SCORED_SCHEMA)


def _stored_stories() -> str:
    """SQL of the distinct texts, each with the first story that told it."""
    columns = "symbol, published_at, headline, summary"
    union = " union all ".join(f"select {columns} from {table}" for table in NEWS_TABLES)
    return (
        f"select *, {TEXT_HASH} as headline_hash from ({union}) qualify row_number() over ("
        "partition by headline_hash order by published_at, symbol, headline, summary) = 1"
    )


def _append(ledger: Connection, scored: pa.Table, version: int) -> None:
    ledger.register("scored", scored)
    ledger.execute(
        f"insert into {SCORES} select headline_hash, $method, score, $version, "
        "md5(concat_ws('|', $method, score)) from scored",
        {"method": METHOD, "version": version},
    )
    ledger.unregister("scored")
    count_landed(ledger, version, {SCORES: int(scored.num_rows)})


def _append_version(
    ledger: Connection, scored: pa.Table, version: int, *, run_id: str, now: datetime
) -> None:
    with transaction(ledger):
        _append(ledger, scored, version)
        ledger.execute(
            "insert into ops.landings values (?, ?, ?, ?)", [version, now, run_id, scored.num_rows]
        )


def _recomputation(ledger: Connection, version: int | None) -> Recomputation:
    counts = ledger.execute(
        "select count(*), count(*) filter (before is null), "
        "count(*) filter (abs(after - before) > ?), coalesce(avg(abs(after - before)), 0) "
        "from rescored",
        [NOTABLE_MOVE],
    ).fetchone()
    texts, first_scores, changed, mean = counts or (0, 0, 0, 0.0)
    moved = ledger.execute(
        "select symbol, published_at, headline, before, after from rescored "
        "where abs(after - before) > ? order by abs(after - before) desc, headline_hash limit ?",
        [NOTABLE_MOVE, MOVES_SHOWN],
    ).fetchall()
    return Recomputation(
        method=METHOD,
        texts=texts,
        first_scores=first_scores,
        changed=changed,
        mean_absolute_change=mean,
        largest_moves=tuple(
            Move(
                symbol,
                published_at.astimezone(NEW_YORK).date(),
                one_line(headline, length=LONGEST_HEADLINE),
                before,
                after,
            )
            for symbol, published_at, headline, before, after in moved
        ),
        ledger_version=version,
    )
