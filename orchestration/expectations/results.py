"""From judged rows to what a night records, quarantines and prints."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime

import numpy as np
import pandas as pd

from orchestration.expectations.calendar import Calendar
from orchestration.expectations.claims import Suite
from orchestration.expectations.outcome import (
    JOINED,
    KEPT_KEYS,
    CheckResult,
    GateContext,
    QuarantineRow,
    Released,
)
from orchestration.expectations.validation import Finding

EXAMPLES = 10
NAMED_IN_DETAIL = 3
LONGEST_CELL = 160  # characters


def check_results(
    suite: Suite, frame: pd.DataFrame, findings: Sequence[Finding], context: GateContext
) -> tuple[CheckResult, ...]:
    """One result per claim; rows that a person has released no longer count."""
    return tuple(
        _check_result(suite, frame, finding, _forgiven(suite, frame, finding, context.released))
        for finding in findings
    )


def quarantine_rows(
    suite: Suite,
    frame: pd.DataFrame,
    findings: Sequence[Finding],
    context: GateContext,
) -> tuple[QuarantineRow, ...]:
    """Rows that fail a `quarantine` claim; consecutive ones of one version and reason joined."""
    reasons: dict[int, list[str]] = {}
    for finding in findings:
        if finding.claim.severity == "quarantine":
            forgiven = _forgiven(suite, frame, finding, context.released)
            for position in finding.positions:
                if position not in forgiven:
                    reasons.setdefault(position, []).append(finding.claim.failure)
    if not reasons:
        return ()
    positions = sorted(reasons)
    bad = pd.DataFrame(
        {
            "symbol": frame[suite.subject[0]].iloc[positions].astype(str).to_numpy(),
            "day": pd.to_datetime(frame[suite.dated_by].iloc[positions]).to_numpy(),
            "version": frame["ledger_version"].iloc[positions].to_numpy(),
            "reason": [JOINED.join(reasons[position]) for position in positions],
        }
    ).sort_values(["symbol", "version", "day"], kind="stable")
    # several rows of one key and day (stories, payments) are one quarantined date, unless they
    # landed in different versions: a quarantine withholds exactly its own
    daily = bad.groupby(["symbol", "version", "day"], as_index=False).agg(
        reason=("reason", _distinct)
    )
    return tuple(_ranges(suite.table, daily, context.calendar))


def _check_result(
    suite: Suite, frame: pd.DataFrame, finding: Finding, forgiven: set[int]
) -> CheckResult:
    claim = finding.claim
    positions = [position for position in finding.positions if position not in forgiven]
    success = finding.success or (finding.problem is None and not positions)
    # a check that could not be made says nothing about single rows: it must not pass quietly
    severity = "block" if finding.problem and claim.severity == "quarantine" else claim.severity
    keys = _keys(suite, frame, positions[:KEPT_KEYS])
    examples = _examples(suite, frame, claim.column, positions[:EXAMPLES])
    return CheckResult(
        gate=suite.gate,
        suite=suite.name,
        expectation=claim.name,
        table_name=suite.table,
        success=success,
        unexpected_count=0 if success else max(len(positions), 1 if finding.problem else 0),
        severity=severity,
        detail=None
        if success
        else finding.problem or _detail(suite, keys, examples, len(positions)),
        unexpected=keys,
        checked_count=finding.checked_count,
        requirement=claim.requirement,
        reason=claim.reason,
        examples=examples,
    )


def _forgiven(
    suite: Suite, frame: pd.DataFrame, finding: Finding, released: Sequence[Released]
) -> set[int]:
    """Positions of rows that a person has declared right in what this claim says of them."""
    mine = [
        release
        for release in released
        if release.dataset == suite.table and release.covers(finding.claim.failure)
    ]
    if not mine or "ledger_version" not in frame:
        return set()
    symbol, day = frame[suite.subject[0]], pd.to_datetime(frame[suite.dated_by])
    found = np.zeros(len(frame), dtype=bool)
    for release in mine:
        found |= (
            (symbol == release.symbol)
            & day.between(pd.Timestamp(release.first_date), pd.Timestamp(release.last_date))
            & (frame["ledger_version"] <= release.ledger_version)
        ).to_numpy()
    return set(np.flatnonzero(found).tolist())


def _ranges(table: str, daily: pd.DataFrame, calendar: Calendar) -> Iterable[QuarantineRow]:
    """Join rows of one symbol, version and reason whose sessions follow each other."""
    number = pd.Series(calendar.number(daily["day"]), index=daily.index)
    follows = (
        (daily["symbol"] == daily["symbol"].shift())
        & (daily["version"] == daily["version"].shift())
        & (daily["reason"] == daily["reason"].shift())
        & (number == number.shift() + 1)
        & calendar.is_session(daily["day"])
    )
    for _, rows in daily.groupby((~follows).cumsum()):
        symbol, first, last = rows["symbol"].iloc[0], rows["day"].iloc[0], rows["day"].iloc[-1]
        yield QuarantineRow(
            dataset=table,
            symbol=symbol,
            first_date=first.date(),
            last_date=last.date(),
            reason=f"{table} has {rows['reason'].iloc[0]} ({symbol}, {_period(first, last)}).",
            ledger_version=int(rows["version"].iloc[0]),
        )


def _period(first: pd.Timestamp, last: pd.Timestamp) -> str:
    if first == last:
        return first.date().isoformat()
    return f"{first.date().isoformat()} to {last.date().isoformat()}"


def _distinct(reasons: pd.Series) -> str:
    return JOINED.join(dict.fromkeys(reasons))


def _keys(
    suite: Suite, frame: pd.DataFrame, positions: Sequence[int]
) -> tuple[tuple[str, str], ...]:
    if not positions:
        return ()
    rows = frame.iloc[list(positions)]
    subjects = [
        " ".join(str(row[column]) for column in suite.subject) for _, row in rows.iterrows()
    ]
    days = [_cell(day) for day in rows[suite.dated_by]]
    return tuple(zip(subjects, days, strict=True))


def _examples(
    suite: Suite, frame: pd.DataFrame, judged: str, positions: Sequence[int]
) -> tuple[dict[str, str], ...]:
    """The first offending rows: key, judged value, and what the suite shows beside it."""
    wanted = dict.fromkeys((*suite.subject, suite.dated_by, judged, *suite.shown))
    columns = [column for column in wanted if column in frame]
    rows = frame.iloc[list(positions)]
    return tuple({column: _cell(row[column]) for column in columns} for _, row in rows.iterrows())


def _detail(
    suite: Suite, keys: Sequence[tuple[str, str]], examples: Sequence[dict[str, str]], count: int
) -> str:
    named = []
    for (subject, day), cells in zip(keys[:NAMED_IN_DETAIL], examples, strict=False):
        shown = ", ".join(
            f"{name} {value}"
            for name, value in cells.items()
            if value and name not in (*suite.subject, suite.dated_by)
        )
        named.append(f"{' '.join((subject, day)).strip()} ({shown})")
    more = f" and {count - len(named)} more" if count > len(named) else ""
    return f"{count} of the rows: {'; '.join(named)}{more}"


def _cell(value: object) -> str:
    """A value as a person reads it: dates without midnight, numbers short."""
    if value is None or value is pd.NaT or value is pd.NA:
        return "missing"
    match value:
        case pd.Timestamp() | datetime():
            text = value.isoformat(sep=" ")
            return text.removesuffix(" 00:00:00")
        case date():
            return value.isoformat()
        case bool() | np.bool_():
            return str(bool(value)).lower()
        case float() | np.floating():
            return _number(float(value))
    return _one_line(str(value))


def _number(value: float) -> str:
    if math.isnan(value):
        return "missing"
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.7g}"


def _one_line(text: str) -> str:
    """Provider text without line breaks and control characters, cut to a readable length."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return printable if len(printable) <= LONGEST_CELL else f"{printable[:LONGEST_CELL]}…"
