"""The trial registry: every (strategy, parameter set) ever evaluated, once, in the ledger.

A night puts its own into the published file and the ledger takes them from there; a research
command registers what it has evaluated before it shows the result. Proofs and replays compute on
copies and register nothing. No command takes a row out.
"""

from typing import TYPE_CHECKING

from orchestration.provenance import code_hash
from warehouse.connection import Connection
from warehouse.frames import read_frame
from warehouse.ledger import newest_version

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

NIGHT = "night"


def trials_before(ledger: Connection, ledger_version: int) -> "pd.DataFrame":
    """Read what had been evaluated before a version of the ledger.

    What was first evaluated *at* the version is left out: it may have come after the night that was
    built there, and a replay of that night must count what the night counted.
    """
    return read_frame(
        ledger,
        "select strategy, parameters, sharpe_per_session from analytics.trials "
        "where first_ledger_version < $version order by strategy, parameters",
        {"version": ledger_version},
    )


def all_trials(ledger: Connection) -> "pd.DataFrame":
    """Read everything that has been evaluated so far."""
    return read_frame(
        ledger,
        "select strategy, parameters, sharpe_per_session from analytics.trials "
        "order by strategy, parameters",
    )


def register_trial(
    ledger: Connection, trial: "pd.DataFrame", *, evaluated_by: str, evaluated_at: "datetime"
) -> None:
    """Append what a command has evaluated, unless it is known.

    `trial`: rows of `analytics.trials.trial_rows`. Its first ledger version is the newest.
    """
    own = trial.assign(
        evaluated_by=evaluated_by,
        first_ledger_version=newest_version(ledger),
        first_code_hash=code_hash(),
        first_evaluated_at=evaluated_at,
    )
    ledger.register("trial", own)
    append_trials(ledger, "trial")
    ledger.unregister("trial")


def register_night(build: Connection, ledger_version: int, *, evaluated_at: "datetime") -> None:
    """Add the night's own parameter sets to the build's copy of the registry, the new ones."""
    from analytics.arrays import PER_ROOT_YEAR

    build.execute(
        """
        insert into analytics.trials
        select v.strategy, v.parameters, v.variant, $3, m.value / $4, d.session_count, $1, $2, $5
        from marts.dim_variants as v
        inner join (
            select strategy, variant, count(*) as session_count
            from analytics.backtest_daily group by all
        ) as d using (strategy, variant)
        inner join analytics.backtest_metrics as m
            on m.strategy = v.strategy and m.variant = v.variant
                and m.sample = 'full' and m.metric = 'sharpe'
        anti join analytics.trials as t
            on t.strategy = v.strategy and t.parameters = v.parameters
        order by v.strategy, v.variant
        """,
        [ledger_version, code_hash(), NIGHT, PER_ROOT_YEAR, evaluated_at],
    )


def append_trials(ledger: Connection, source: str) -> None:
    """Append the rows that the registry lacks of a relation like it, one row per parameter set."""
    ledger.execute(f"""
        insert into analytics.trials by name
        select s.* replace (
            case when isfinite(s.sharpe_per_session) then s.sharpe_per_session end
                as sharpe_per_session
        )
        from {source} as s
        anti join analytics.trials as t
            on t.strategy = s.strategy and t.parameters = s.parameters
        order by s.strategy, s.parameters
    """)
