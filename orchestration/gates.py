"""The two gates in their place in the night: what they read, and what follows from the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.expectations.outcome import (
    CheckResult,
    ExposureLimits,
    GateContext,
    GateOutcome,
    HistoryExtent,
)
from orchestration.expectations.thresholds import ASSET_CLASSES
from orchestration.freshness import REQUIRED_INDEXES, SERIES, expected_observation
from orchestration.gate_worker import gate_worker
from orchestration.quarantine import (
    active_quarantine,
    release_corrected,
    released_by_people,
    write_quarantine,
)
from orchestration.record import NEWEST_EXTENTS
from orchestration.universe import Universe
from warehouse.availability import RAW_TABLES
from warehouse.connection import Connection, connect, transaction
from warehouse.frames import read_frame
from warehouse.sessions import Sessions

if TYPE_CHECKING:
    import pandas as pd

    from analytics.settings import PortfolioConfig
    from orchestration.expectations.canaries.judging import CanaryResult

BUILT_TABLES = (
    "marts.fct_prices",
    "marts.fct_sentiment",
    "marts.fct_spreads",
    "marts.fct_term_structure",
    "marts.fct_equity_features",
    "marts.fct_signals",
    "marts.fct_intraday_signals",
    "marts.dim_instruments",
    "marts.dim_variants",
    "marts.fct_provider_disagreements",
    "analytics.backtest_daily",
    "analytics.backtest_positions",
    "analytics.backtest_trades",
    "analytics.backtest_metrics",
    "analytics.walk_forward_windows",
    "analytics.sleeve_weights",
    "analytics.target_weights",
    "analytics.portfolio_daily",
    "analytics.limit_usage",
    "analytics.portfolio_tracking",
    "analytics.orders",
    "analytics.holdings",
    "analytics.risk_daily",
    "analytics.risk_tests",
    "analytics.risk_exposures",
    "analytics.stress_results",
    "analytics.record_daily",
    "analytics.record_metrics",
)


@dataclass(frozen=True)
class Gate:
    """One gate's verdict on one night.

    `rows`: for `quality.validation_results`. `active_quarantine`: what is withheld now (gate 1).
    `canaries`: whether each check of both gates can still fail (gate 2).
    """

    outcome: GateOutcome
    rows: tuple[tuple[Any, ...], ...]
    active_quarantine: tuple[Mapping[str, Any], ...] = ()
    canaries: "tuple[CanaryResult, ...]" = ()

    @property
    def number(self) -> int:
        """1 for landed rows, 2 for what was built."""
        return self.outcome.gate

    @property
    def is_blocked(self) -> bool:
        """Whether the night must not be published."""
        return self.outcome.blocked

    @property
    def sentence(self) -> str:
        """The verdict for people."""
        results = self.outcome.results
        failed = self.outcome.failures
        text = f"Gate {self.number}: {len(results) - len(failed)} of {len(results)} claims hold"
        withheld = sorted({str(row["symbol"]) for row in self.active_quarantine})
        if withheld:
            text += f"; quarantined: {', '.join(withheld)}"
        return text + "."

    @property
    def blocking_sentence(self) -> str:
        """The claims that block, in one sentence."""
        return "; ".join(
            f"{result.table_name}: {result.expectation} ({result.detail or 'not met'})"
            for result in self.outcome.failures
            if result.severity == "block"
        )


@dataclass(frozen=True)
class NightScope:
    """What both gates must know about the night they judge.

    `is_fetching`: whether the night is today's; a night of the past is not compared with what later
    nights saw.
    """

    night: date
    attempt: int
    sessions: Sessions
    universe: Universe
    portfolio: "PortfolioConfig"
    is_fetching: bool

    @property
    def decided_at(self) -> datetime:
        """Nothing known later is judged."""
        return self.sessions.decided_at(self.night)


def judge_landed(
    ledger: Connection, scope: NightScope, *, ledger_version: int
) -> "tuple[GateOutcome, Mapping[str, pd.DataFrame]]":
    """Judge the newest visible version of every landed row; nothing is written.

    Returns
    -------
    What gate 1 found, and the frames that it looked at.
    """
    from orchestration.expectations.gates import run_gate_1

    night, sessions = scope.night, scope.sessions
    context = GateContext(
        night=night,
        decided_at=scope.decided_at,
        sessions=sessions.days,
        required_symbols=scope.universe.required_symbols(night),
        required_indexes=REQUIRED_INDEXES,
        series_due={name: expected_observation(name, night, sessions) for name in SERIES},
        asset_classes=dict.fromkeys(scope.portfolio.funds - set(ASSET_CLASSES), "fund"),
        released=released_by_people(ledger, scope.decided_at),
        previous_extents=_previous_extents(ledger) if scope.is_fetching else {},
    )
    frames = {
        table.name: _newest_versions(
            ledger, table.name, table.key, ledger_version, scope.decided_at
        )
        for table in RAW_TABLES
    }
    return gate_worker().call(run_gate_1, frames, context=context), frames


def check_landed(ledger: Connection, scope: NightScope, *, ledger_version: int) -> Gate:
    """Gate 1: judge the newest visible version of every landed row, and write the quarantine.

    Rows that fail are withheld from staging for their dates. A quarantine ends by itself on the
    night whose gate no longer reports it, or once a person has said that the rows are right.
    """
    from orchestration.expectations.coverage import history_extents

    night = scope.night
    outcome, frames = judge_landed(ledger, scope, ledger_version=ledger_version)
    written_by: Any = {
        "night": night,
        "decided_at": scope.decided_at,
        "attempt": scope.attempt,
    }
    if scope.is_fetching:  # a night of the past is judged, but its record stays as it was
        with transaction(ledger):  # half a verdict would be taken for a whole one
            write_quarantine(ledger, outcome.quarantine, **written_by)
            release_corrected(
                ledger, outcome.quarantine, **written_by, ledger_version=ledger_version
            )
            _remember_extents(ledger, history_extents(frames), night, ledger_version)
    active = active_quarantine(ledger, scope.decided_at)
    return Gate(outcome, _rows(outcome, night, scope.attempt), active)


def check_build(
    build: Path,
    scope: NightScope,
    tested: Sequence[CheckResult],
    canaries: "Sequence[CanaryResult]",
) -> Gate:
    """Gate 2: judge marts and results of the build before anybody sees them.

    `tested`: what dbt's tests found in the same results. `canaries`: what became of the defects
    planted for each check; a dead check blocks.
    """
    from orchestration.expectations.canaries.judging import canary_check
    from orchestration.expectations.gates import run_gate_2

    with connect(build, read_only=True) as connection:
        frames = {
            name: read_frame(connection, f"select * from {name} order by all")
            for name in BUILT_TABLES
        }
        frozen = connection.execute(
            "select distinct symbol from marts.fct_signals where session_date = ? "
            "and split_part(reason, ':', 1) in ('quarantined', 'no_bar') order by 1",
            [scope.night],
        ).fetchall()
    limits = scope.portfolio.limits
    context = GateContext(
        night=scope.night,
        decided_at=scope.decided_at,
        sessions=scope.sessions.days,
        required_symbols=scope.universe.required_symbols(scope.night),
        frozen_symbols=tuple(row[0] for row in frozen),
        limits=ExposureLimits(
            gross=limits.gross,
            net=limits.net,
            stock=limits.single_stock,
            fund=limits.etf,
            max_leverage=scope.portfolio.max_leverage,
        ),
    )
    judged = gate_worker().call(run_gate_2, frames, context=context)
    outcome = judged.with_results((*tested, canary_check(canaries)))
    return Gate(outcome, _rows(outcome, scope.night, scope.attempt), canaries=tuple(canaries))


def _newest_versions(
    ledger: Connection, name: str, key: Sequence[str], ledger_version: int, decided_at: datetime
) -> "pd.DataFrame":
    """The newest version of each row that the night may know."""
    keys = ", ".join(key)
    return read_frame(
        ledger,
        f"select * from {name} where ledger_version <= ? and available_at <= ? "
        f"qualify row_number() over (partition by {keys} order by ledger_version desc) = 1 "
        f"order by {keys}",
        [ledger_version, decided_at],
    )


def _rows(outcome: GateOutcome, night: date, attempt: int) -> tuple[tuple[Any, ...], ...]:
    def row(result: CheckResult) -> tuple[Any, ...]:
        return (
            night,
            attempt,
            result.gate,
            result.suite,
            result.expectation,
            result.table_name,
            result.success,
            result.unexpected_count,
            result.severity,
            result.detail,
        )

    return tuple(row(result) for result in outcome.results)


def _previous_extents(ledger: Connection) -> dict[tuple[str, str], HistoryExtent]:
    """What the latest earlier gate saw of each subject."""
    rows = ledger.execute(
        "select dataset, symbol, first_date, row_count from quality.history_extents "
        f"{NEWEST_EXTENTS}"
    ).fetchall()
    return {(row[0], row[1]): HistoryExtent(row[2], row[3]) for row in rows}


def _remember_extents(
    ledger: Connection,
    extents: Mapping[tuple[str, str], HistoryExtent],
    night: date,
    ledger_version: int,
) -> None:
    """Append what this gate saw of the subjects of which it saw something else than before."""
    before = _previous_extents(ledger)
    changed = [
        [night, *subject, extent.first_date, extent.row_count, ledger_version]
        for subject, extent in sorted(extents.items())
        if extent != before.get(subject)
    ]
    if changed:
        ledger.executemany("insert into quality.history_extents values (?, ?, ?, ?, ?, ?)", changed)
