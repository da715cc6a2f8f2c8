"""What the strategies want after a session, and what changed since the session before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from reports.queries import Published, Row

DEFAULT_VARIANTS: Mapping[str, str] = {
    "equities": "balanced_position",
    "credit": "zscore_percentile",
    "volatility": "contango",
}
SIGNAL_COLUMNS = (
    "strategy", "variant", "symbol", "session_date", "signal", "event", "target_weight", "reason",
    "decided_at", "effective_session",
)  # fmt: skip

SignalKey = tuple[str, str]  # strategy, symbol


@dataclass(frozen=True)
class SignalState:
    """A symbol's signal in the variant that governs its strategy, as it stands after a session.

    `event` is what happened in that session itself, if anything did. `reason` was given on
    `reasoned_on`, an earlier session where the variant stores only its changes.
    """

    strategy: str
    variant: str
    symbol: str
    signal: int | None
    event: str | None
    target_weight: float | None
    reason: str
    reasoned_on: date
    effective_session: date | None
    since: date | None


@dataclass(frozen=True)
class SignalChange:
    """A signal that is not what it was one session earlier."""

    strategy: str
    symbol: str
    old: int | None
    new: int | None
    reason: str


def built_night(published: Published) -> date | None:
    """The night that the file holds."""
    found = published.one("ops.build_context", ["night"])["night"]
    return found if isinstance(found, date) else None


def session_before(published: Published, session: date) -> date | None:
    """The exchange session before another one."""
    rows = published.rows(
        "ops.exchange_sessions",
        ["previous_session_date"],
        where="session_date = ?",
        parameters=[session],
    )
    return rows[0]["previous_session_date"] if rows else None


def governing_variants(published: Published, session: date) -> dict[str, str]:
    """The variant of each strategy that takes the decision of a session.

    The walk-forward window that covers the session names it; before the first window, and for a
    strategy without windows, it is the default.
    """
    chosen = {
        row["strategy"]: DEFAULT_VARIANTS.get(row["strategy"], row["variant"])
        for row in published.rows(
            "marts.fct_signals",
            ["strategy", "variant"],
            # of a strategy unknown here, a variant with a row for the latest session: only the
            # default is stored for every session
            where="session_date <= ? qualify row_number() over "
            "(partition by strategy order by session_date desc, variant) = 1",
            parameters=[session],
        )
    }
    for row in published.rows(
        "analytics.walk_forward_windows",
        ["strategy", "variant", "session_date"],
        where="session_date <= ?",
        order_by="session_date",
        parameters=[session],
    ):
        if row["variant"]:
            chosen[row["strategy"]] = row["variant"]
    return chosen


def signal_states(published: Published, session: date) -> dict[SignalKey, SignalState]:
    """Every symbol's signal after a session, in the variant that governs its strategy.

    Variants may store only the sessions in which something changed: the latest row counts.
    """
    governing = governing_variants(published, session)
    by_symbol = "partition by strategy, variant, symbol order by session_date"
    where = "session_date <= ? and list_contains(?, strategy || '/' || variant)"
    parameters = [session, [f"{strategy}/{variant}" for strategy, variant in governing.items()]]
    latest = published.rows(
        "marts.fct_signals",
        SIGNAL_COLUMNS,
        where=f"{where} qualify row_number() over ({by_symbol} desc) = 1",
        parameters=parameters,
    )
    turns = published.rows(
        "marts.fct_signals",
        ("strategy", "variant", "symbol", "session_date"),
        where=f"{where} qualify row_number() over "
        f"({by_symbol}) = 1 or lag(signal) over ({by_symbol}) is distinct from signal",
        order_by="session_date",
        parameters=parameters,
    )
    since = {(row["strategy"], row["variant"], row["symbol"]): row["session_date"] for row in turns}
    return {(row["strategy"], row["symbol"]): _state(row, session, since) for row in latest}


def _state(row: Row, session: date, since: Mapping[tuple[str, str, str], date]) -> SignalState:
    is_tonight = row["session_date"] == session
    return SignalState(
        strategy=row["strategy"],
        variant=row["variant"],
        symbol=row["symbol"],
        signal=row["signal"],
        event=row["event"] if is_tonight else None,
        target_weight=row["target_weight"],
        reason=row["reason"] or "",
        reasoned_on=row["session_date"],
        effective_session=row["effective_session"],
        since=since.get((row["strategy"], row["variant"], row["symbol"])),
    )


def signal_changes(
    now: Mapping[SignalKey, SignalState], before: Mapping[SignalKey, SignalState]
) -> tuple[SignalChange, ...]:
    """Signals that differ between two sessions; one that is new counts when it is not flat."""
    changes = []
    for key in sorted(now):
        old = before[key].signal if key in before else 0
        new = now[key].signal
        if (old or 0) != (new or 0):
            changes.append(SignalChange(*key, old=old, new=new, reason=now[key].reason))
    return tuple(changes)
