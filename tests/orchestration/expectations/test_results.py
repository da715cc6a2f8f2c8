"""From judged rows to quarantine ranges and results, without asking Great Expectations."""

from datetime import date

import numpy as np
import pandas as pd

from orchestration.expectations.canaries.landed_night import (
    DAYS,
    bars_of,
    gate_context,
    stamped,
)
from orchestration.expectations.catalogue_prices import BARS
from orchestration.expectations.outcome import GateContext, QuarantineRow, Released
from orchestration.expectations.results import check_results, quarantine_rows
from orchestration.expectations.validation import Finding

TABLE = "raw.polygon__daily_bars"
CLAIMS = {claim.name: claim for claim in BARS[0].claims}
FRAME = stamped(pd.concat([bars_of(symbol) for symbol in ("AAA", "BBB")], ignore_index=True))
BBB = len(DAYS)  # the position of BBB's first bar
MISSING = f"{TABLE} has a price that is missing or not finite"


def finding(claim: str, *positions: int, problem: str | None = None) -> Finding:
    success = not positions and problem is None
    return Finding(CLAIMS[claim], success, len(FRAME), positions, problem)


def quarantined(*findings: Finding, context: GateContext | None = None) -> list[QuarantineRow]:
    return list(quarantine_rows(BARS[0], FRAME, findings, context or gate_context()))


def test_quarantine_joins_consecutive_sessions() -> None:
    # positions 33 and 34 are Friday 2018-02-16 and Tuesday 2018-02-20, a holiday between them
    assert quarantined(finding("prices_are_present", 31, 32, 33, 40)) == [
        QuarantineRow(TABLE, "AAA", date(2018, 2, 15), date(2018, 2, 20),
                      f"{MISSING} (AAA, 2018-02-15 to 2018-02-20).", 7),
        QuarantineRow(TABLE, "AAA", date(2018, 3, 1), date(2018, 3, 1),
                      f"{MISSING} (AAA, 2018-03-01).", 7),
    ]  # fmt: skip


def test_quarantine_separates_symbols_and_reasons() -> None:
    found = quarantined(
        finding("prices_are_present", 20, 21, BBB + 21), finding("volumes_are_not_negative", 21)
    )
    assert [(row.symbol, row.first_date, row.last_date, row.reason) for row in found] == [
        ("AAA", date(2018, 1, 31), date(2018, 1, 31), f"{MISSING} (AAA, 2018-01-31)."),
        ("AAA", date(2018, 2, 1), date(2018, 2, 1),
         f"{MISSING} and a negative volume (AAA, 2018-02-01)."),
        ("BBB", date(2018, 2, 1), date(2018, 2, 1), f"{MISSING} (BBB, 2018-02-01)."),
    ]  # fmt: skip


def test_quarantine_separates_versions() -> None:
    # the second of three bad sessions has been restated, as badly, in a later batch
    frame = FRAME.assign(ledger_version=np.where(FRAME.index == 21, 9, 7))
    found = quarantine_rows(
        BARS[0], frame, [finding("prices_are_present", 20, 21, 22)], gate_context()
    )
    assert [(row.first_date, row.last_date, row.ledger_version) for row in found] == [
        (date(2018, 1, 31), date(2018, 1, 31), 7),
        (date(2018, 2, 2), date(2018, 2, 2), 7),
        (date(2018, 2, 1), date(2018, 2, 1), 9),
    ]


def test_bad_rows_of_one_day_in_two_versions_are_both_quarantined() -> None:
    days = np.where(FRAME.index == 21, FRAME["session_date"][20], FRAME["session_date"])
    frame = FRAME.assign(
        session_date=pd.to_datetime(days), ledger_version=np.where(FRAME.index == 21, 9, 7)
    )
    found = quarantine_rows(BARS[0], frame, [finding("prices_are_present", 20, 21)], gate_context())
    assert [(row.first_date, row.ledger_version) for row in found] == [
        (date(2018, 1, 31), 7),
        (date(2018, 1, 31), 9),
    ]


def test_blocks_and_warnings_quarantine_nothing() -> None:
    assert quarantined(finding("one_row_per_key", 3), finding("ranges_are_tight", 4)) == []


def failure_of(name: str) -> str:
    return next(claim.failure for claim in BARS[0].claims if claim.name == name)


def released(day: date, version: int) -> Released:
    """What the gate finds where prices are missing, released by a person."""
    reason = f"{TABLE} has {failure_of('prices_are_present')} (AAA, {day})."
    return Released(TABLE, "AAA", day, day, version, reason)


def test_released_rows_count_no_more() -> None:
    day = DAYS[20].date()
    context = gate_context(released=(released(day, 7),))
    findings = (finding("prices_are_present", 20),)
    (result,) = check_results(BARS[0], FRAME, findings, context)
    assert (result.success, result.unexpected_count, result.detail) == (True, 0, None)
    assert quarantined(*findings, context=context) == []


def test_release_does_not_cover_a_version_that_landed_later() -> None:
    day = DAYS[20].date()
    context = gate_context(released=(released(day, 6),))
    assert len(quarantined(finding("prices_are_present", 20), context=context)) == 1


def test_release_does_not_cover_another_claim_on_the_same_rows() -> None:
    day = DAYS[20].date()
    context = gate_context(released=(released(day, 7),))
    findings = (finding("prices_are_present", 20), finding("volumes_are_not_negative", 20))
    (row,) = quarantined(*findings, context=context)
    assert row.reason == f"{TABLE} has {failure_of('volumes_are_not_negative')} (AAA, {day})."
    results = check_results(BARS[0], FRAME, findings, context)
    assert [result.success for result in results] == [True, False]


def test_release_of_two_claims_covers_each_of_them_and_no_part_of_their_words() -> None:
    day = DAYS[20].date()
    names = ("prices_are_present", "volumes_are_not_negative")
    (found,) = quarantined(*(finding(name, 20) for name in names))
    both = Released(TABLE, "AAA", day, day, 7, found.reason)
    assert all(both.covers(failure_of(name)) for name in names)
    first = failure_of(names[0])
    assert not both.covers(first[: len(first) // 2])
    assert not both.covers("")


def test_check_that_could_not_be_made_blocks() -> None:
    findings = (finding("prices_are_present", problem="the check could not be made: no column"),)
    (result,) = check_results(BARS[0], FRAME, findings, gate_context())
    assert (result.success, result.severity, result.unexpected_count) == (False, "block", 1)
    assert result.detail == "the check could not be made: no column"


def test_detail_names_the_first_rows_and_counts_the_rest() -> None:
    (result,) = check_results(
        BARS[0], FRAME, (finding("volumes_are_not_negative", 0, 1, 2, 3, 4),), gate_context()
    )
    assert result.detail is not None
    assert result.detail.startswith("5 of the rows: AAA 2018-01-02 (volume 1000000, open 100, ")
    assert result.detail.endswith("and 2 more")
    assert result.unexpected[-1] == ("AAA", "2018-01-08")


def test_examples_are_one_line_of_printable_text() -> None:
    frame = FRAME.assign(close=np.where(FRAME.index == 0, "=cmd()\r\n\x1b[31m" + "x" * 500, "1"))
    findings = (finding("volumes_are_not_negative", 0),)
    (result,) = check_results(BARS[0], frame, findings, gate_context())
    cell = result.examples[0]["close"]
    assert (cell.isprintable(), len(cell)) == (True, 161)
