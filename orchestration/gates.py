"""The two gates in their place in the night: what they read, and what follows from the verdict."""

from collections.abc import Iterable, Mapping, Sequence
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
    Released,
)
from orchestration.expectations.thresholds import ASSET_CLASSES
from orchestration.freshness import REQUIRED_INDEXES, SERIES, expected_observation
from orchestration.gate_worker import gate_worker
from orchestration.record import NEWEST_EXTENTS
from orchestration.universe import Universe
from warehouse.availability import RAW_TABLES
from warehouse.connection import Connection, connect, transaction
from warehouse.frames import read_frame
from warehouse.sessions import Sessions

if TYPE_CHECKING:
    import pandas as pd

    from analytics.settings import PortfolioConfig

CORRECTED = "the gate finds nothing wrong any more"
BUILT_TABLES = (
    "marts.fct_prices",
    "marts.fct_sentiment",
    "marts.fct_spreads",
    "marts.fct_term_structure",
    "marts.fct_equity_features",
    "marts.fct_signals",
    "analytics.backtest_daily",
    "analytics.target_weights",
    "analytics.portfolio_daily",
    "analytics.orders",
    "analytics.risk_daily",
    "analytics.risk_tests",
    "analytics.risk_exposures",
    "analytics.stress_results",
)


@dataclass(frozen=True)
class Gate:
    """One gate's verdict on one night.

    `rows`: for `quality.validation_results`. `active_quarantine`: what is withheld now (gate 1).
    """

    outcome: GateOutcome
    rows: tuple[tuple[Any, ...], ...]
    active_quarantine: tuple[Mapping[str, Any], ...] = ()

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


def check_landed(ledger: Connection, scope: NightScope, *, ledger_version: int) -> Gate:
    """Gate 1: judge the newest visible version of every landed row, and write the quarantine.

    Rows that fail are withheld from staging for their dates. A quarantine ends by itself on the
    night whose gate no longer reports it.
    """
    from orchestration.expectations.coverage import history_extents
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
        released=_released_by_people(ledger),
        previous_extents=_previous_extents(ledger) if scope.is_fetching else {},
    )
    frames = {
        table.name: _newest_versions(
            ledger, table.name, table.key, ledger_version, scope.decided_at
        )
        for table in RAW_TABLES
    }
    outcome = gate_worker().call(run_gate_1, frames, context=context)
    if scope.is_fetching:  # a night of the past is judged, but its record stays as it was
        with transaction(ledger):  # half a verdict would be taken for a whole one
            _write_quarantine(ledger, outcome, scope)
            _release_corrected(ledger, outcome, scope, ledger_version)
            _remember_extents(ledger, history_extents(frames), night, ledger_version)
    active = _active_quarantine(ledger, scope.decided_at)
    return Gate(outcome, _rows(outcome, night, scope.attempt), active)


def check_build(build: Path, scope: NightScope, tested: Sequence[CheckResult]) -> Gate:
    """Gate 2: judge marts and results of the build before anybody sees them.

    `tested`: what dbt's tests found in the same results.
    """
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
    outcome = gate_worker().call(run_gate_2, frames, context=context).with_results(tested)
    return Gate(outcome, _rows(outcome, scope.night, scope.attempt))


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


def _write_quarantine(ledger: Connection, outcome: GateOutcome, scope: NightScope) -> None:
    """Append what is newly bad; a range that is withheld already is not written again."""
    in_force = {
        (row["dataset"], row["symbol"], row["first_date"], row["last_date"], row["ledger_version"])
        for row in _active_quarantine(ledger, scope.decided_at)
    }
    found_by = [scope.night, scope.decided_at]
    for bad in outcome.quarantine:
        key = [bad.dataset, bad.symbol, bad.first_date, bad.last_date]
        if (*key, bad.ledger_version) not in in_force:
            ledger.execute(
                "insert into quality.quarantine values (?, ?, ?, ?, ?, ?, ?, null, null, ?, ?)",
                [*key, bad.reason, *found_by, bad.ledger_version, scope.attempt],
            )


def _release_corrected(
    ledger: Connection, outcome: GateOutcome, scope: NightScope, ledger_version: int
) -> None:
    """End quarantines that the gate no longer reports.

    The provider has sent better rows, or what was missing has come: a split that explains a jump.
    """
    moment = scope.decided_at
    for row in _active_quarantine(ledger, moment):
        if not _is_still_bad(row, outcome.quarantine):
            key = [row["dataset"], row["symbol"], row["first_date"], row["last_date"]]
            released = [row["reason"], scope.night, moment, moment, CORRECTED]
            ledger.execute(
                "insert into quality.quarantine values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*key, *released, ledger_version, scope.attempt],
            )


def _is_still_bad(row: Mapping[str, Any], found: Iterable[Any]) -> bool:
    return any(
        bad.dataset == row["dataset"]
        and bad.symbol == row["symbol"]
        and bad.first_date <= row["last_date"]
        and row["first_date"] <= bad.last_date
        for bad in found
    )


def _active_quarantine(ledger: Connection, moment: datetime) -> tuple[dict[str, Any], ...]:
    """Ranges that are withheld at a moment: quarantined and not released by then."""
    cursor = ledger.execute(
        """
        select dataset, symbol, first_date, last_date, max(reason) as reason,
            max(ledger_version) as ledger_version, min(night) as night
        from quality.quarantine as q
        where released_at is null and decided_at <= $1 and not exists (
            select 1 from quality.quarantine as r
            where r.released_at <= $1 and r.dataset = q.dataset and r.symbol = q.symbol
                and r.first_date = q.first_date and r.last_date = q.last_date
                and r.released_at >= q.decided_at and r.ledger_version >= q.ledger_version
        )
        group by dataset, symbol, first_date, last_date
        order by all
        """,
        [moment],
    )
    names = [column[0] for column in cursor.description or []]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())


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


def _released_by_people(ledger: Connection) -> tuple[Released, ...]:
    rows = ledger.execute(
        "select dataset, symbol, first_date, last_date, ledger_version from quality.quarantine "
        "where released_at is not null and release_reason <> ?",
        [CORRECTED],
    ).fetchall()
    return tuple(Released(*row) for row in rows)
