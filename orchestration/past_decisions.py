"""What earlier nights decided, and what has happened since to the rows that they had read."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from warehouse.availability import RAW_TABLES, RULES, RawTable
from warehouse.connection import Connection
from warehouse.frames import read_frame

if TYPE_CHECKING:
    from analytics.record import PastDecisions

DECISIONS = """
    select night, symbol, strategy, final_weight, reason, ledger_version, code_hash
    from analytics.decisions
    where night < $night and decided_at <= $decided_at
"""

READ_BY_DATE = tuple(
    table for table in RAW_TABLES if table.policy == "restate" and table.rule in RULES
)
"""Tables of which a build reads the newest version only: bars, actions, index closes."""


def past_decisions(
    ledger: Connection, night: date, decided_at: datetime, ledger_version: int
) -> "PastDecisions":
    """Read the record of the nights before one, as it stood at that night's decision.

    Parameters
    ----------
    ledger : an open ledger, or a copy of one.
    night : the night that is being computed; what it decides itself has earned nothing yet.
    decided_at : its moment; decisions taken later are not read.
    ledger_version : rows that landed later are not read.
    """
    from analytics.record import PastDecisions

    moment = {"night": night, "decided_at": decided_at}
    decisions = read_frame(ledger, f"{DECISIONS} order by night, strategy, symbol", moment)
    nights = read_frame(
        ledger,
        f"""
        with decisions as ({DECISIONS}),
        decided as (
            select night, max(ledger_version) as ledger_version, max(code_hash) as code_hash
            from decisions group by night
        ),
        -- a night decides once: its first published attempt
        deciding as (
            select night, config_hash from ops.nights
            where status in ('CLEAN', 'DEGRADED')
            qualify row_number() over (partition by night order by attempt) = 1
        ),
        -- what became of a night at last: published counts more than failed
        ended as (
            select night, status from ops.nights
            where night < $night
            qualify row_number() over (
                partition by night order by status in ('CLEAN', 'DEGRADED') desc, attempt desc
            ) = 1
        ),
        restated as ({_restated_rows()}),
        reread as (
            select decided.night, count(*) as restated_rows
            from decided
            inner join restated
                on restated.about_date <= decided.night
                    and restated.replaced_version <= decided.ledger_version
                    and restated.ledger_version > decided.ledger_version
            group by decided.night
        )
        select night, ended.status, decided.code_hash,
            case when decided.night is not null then deciding.config_hash end as config_hash,
            coalesce(reread.restated_rows, 0) as restated_rows
        from ended
        full join decided using (night)
        left join deciding using (night)
        left join reread using (night)
        order by night
        """,
        {**moment, "version": ledger_version},
    )
    return PastDecisions(decisions, nights)


def _restated_rows() -> str:
    """SQL of the versions that replaced another one since the first recorded night."""
    return " union all ".join(_replacements(table) for table in READ_BY_DATE)


def _replacements(table: RawTable) -> str:
    """SQL of one table's replacements; only keys with a row landed since are looked at."""
    keys = ", ".join(table.key)
    return f"""(
        with since as (
            select {keys} from {table.name}
            where ledger_version > (select min(ledger_version) from decided)
            group by all
        ),
        versions as (
            select {table.date_column} as about_date, ledger_version,
                lag(ledger_version) over (
                    partition by {keys} order by ledger_version
                ) as replaced_version
            from {table.name}
            semi join since using ({keys})
            where ledger_version <= $version and available_at <= $decided_at
        )
        select * from versions where replaced_version is not null
    )"""
