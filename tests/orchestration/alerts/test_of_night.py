"""Which alerts a night raises, from what it has recorded."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.alerts.alert import RECOVERED
from orchestration.alerts.of_night import NightEnd, published_sentences
from orchestration.alerts.reporting import report_night
from reports.status import RunStatus
from tests.orchestration.alerts.conftest import FRIDAY, FRIDAY_EVENING, Desk
from warehouse.connection import connect

GATE = "Gate 2 refuses the night: analytics.orders: assert_orders_lead (1 rows)"
CANARY = "Gate 2 refuses the night: quality.canaries: every_check_is_alive (dead: marts: x)"
LATE = "daily bars of SPY ends 2024-06-27, 1 session(s) before the 2024-06-28 that was due"
WITHHELD = {
    "dataset": "polygon__daily_bars",
    "symbol": "GME",
    "first_date": date(2024, 6, 28),
    "last_date": date(2024, 6, 28),
    "reason": "low above high",
}
QUARANTINE = "GME is quarantined from 2024-06-28 to 2024-06-28: low above high"


def status(word: str = "DEGRADED", **changes: Any) -> RunStatus:
    return RunStatus(
        night=FRIDAY,
        status=word,
        attempt=2,
        run_id="run-1",
        world="sandbox:7",
        as_of_at=FRIDAY_EVENING,
        started_at=FRIDAY_EVENING,
        finished_at=FRIDAY_EVENING,
        ledger_version=1,
        code_hash="c",
        config_hash="f",
        **changes,
    )


def told(end: NightEnd) -> list[tuple[str, str, str]]:
    return [
        (one.severity, one.check, one.message) for one in end.alerts() if one.check != RECOVERED
    ]


def end_of(found: RunStatus, **changes: Any) -> NightEnd:
    return NightEnd(status=found, raised_at=FRIDAY_EVENING, **changes)


def feed(**changes: Any) -> dict[str, Any]:
    row = {
        "dataset": "company news",
        "wanted": "finnhub",
        "served_by": "stored rows",
        "failure": "transient",
        "is_degrading": False,
        "sentence": "company news of KO: stored rows in place of finnhub (no answer)",
    }
    return row | changes


@pytest.mark.parametrize(
    ("sentence", "check"),
    [(GATE, "gate_2"), (CANARY, "canaries"), ("dbt build failed: x", "night")],
)
def test_failed_night_is_told_in_its_own_sentence(sentence: str, check: str) -> None:
    failed = status("FAILED", reasons=(sentence,))
    assert told(end_of(failed)) == [("error", check, sentence)]
    assert not [one for one in end_of(failed).alerts() if one.check == RECOVERED]


def test_degraded_night_has_one_alert_per_reason_and_withheld_symbols_are_errors() -> None:
    end = end_of(status(reasons=(LATE, QUARANTINE), quarantined=(WITHHELD,)))
    assert told(end) == [("warning", "degraded", LATE), ("error", "quarantine", QUARANTINE)]
    assert [one.subject for one in end.alerts()[1:]] == ["2024-06-28", "GME"]


def test_step_that_failed_after_publication_is_an_error() -> None:
    reason = "published, but a later step failed: no space"
    assert told(end_of(status("CLEAN", reasons=(reason,)))) == [("error", "reports", reason)]


def test_rehearsal_is_marked_and_is_no_reason_of_its_own() -> None:
    end = end_of(status(reasons=("REHEARSAL of outage: made on purpose", LATE), rehearsal="outage"))
    assert told(end) == [("warning", "degraded", LATE)]
    assert {one.details["rehearsal"] for one in end.alerts()} == {"outage"}


@pytest.mark.parametrize(
    ("row", "is_told"),
    [
        (feed(), True),
        (feed(served_by="nothing"), True),
        (feed(served_by="fred (stored)"), True),
        (feed(served_by="polygon"), False),
        (feed(is_degrading=True), False),  # it is among the reasons
        (feed(failure="entitlement"), False),
    ],
)
def test_feed_that_nobody_delivered_is_told(row: dict[str, Any], is_told: bool) -> None:
    expected = [("warning", "feed", row["sentence"])] if is_told else []
    assert told(end_of(status("CLEAN", fallbacks=(row,)))) == expected


def test_quota_is_told_when_it_is_nearly_used() -> None:
    quotas = ({"provider": "fmp", "is_alarming": True}, {"provider": "x", "is_alarming": False})
    assert told(end_of(status("CLEAN", quotas=quotas))) == [
        ("warning", "quota", "fmp: four fifths or more of the day's calls are used.")
    ]


def test_clean_night_is_told_only_where_that_is_wanted() -> None:
    assert told(end_of(status("CLEAN"))) == []
    assert told(end_of(status("CLEAN"), tells_clean=True)) == [
        ("info", "clean", "Night 2024-06-28 is CLEAN.")
    ]


Limits = tuple[tuple[str, float, float, str | None], ...]


def book(path: Path, *overrides: str | None, limits: Limits = ()) -> Path:
    """A published file: overrides of its last sessions, and what its limits used and allow."""
    with connect(path) as warehouse:
        warehouse.execute("create schema analytics; create schema ops")
        warehouse.execute("create table ops.nights (night date, attempt integer, status varchar)")
        warehouse.execute(
            "create table analytics.portfolio_daily (session_date date, override_reason varchar)"
        )
        for number, reason in enumerate(overrides):
            day = date(2024, 6, 28 - len(overrides) + 1 + number)
            warehouse.execute("insert into analytics.portfolio_daily values (?, ?)", [day, reason])
        warehouse.execute(
            "create table analytics.limit_usage "
            "(session_date date, limit_name varchar, used double, bound double, note varchar)"
        )
        for row in limits:
            warehouse.execute(
                "insert into analytics.limit_usage values (?, ?, ?, ?, ?)", [FRIDAY, *row]
            )
    return path


def test_sessions_that_nobody_ran_since_the_last_published_night_share_one_alert(
    tmp_path: Path,
) -> None:
    path = book(tmp_path / "quant.duckdb")
    with connect(path) as warehouse:
        warehouse.execute(
            "insert into ops.nights values ('2024-06-20', 0, 'MISSED'), ('2024-06-21', 1, 'CLEAN'),"
            "('2024-06-24', 0, 'MISSED'), ('2024-06-25', 0, 'MISSED'), ('2024-06-26', 1, 'FAILED'),"
            "('2024-06-27', 0, 'MISSED'), ('2024-06-28', 1, 'CLEAN')"
        )
    assert told(end_of(status("CLEAN"), published=path)) == [
        ("warning", "missed", "No run was made for: 2024-06-24, 2024-06-25, 2024-06-27.")
    ]


def test_limit_that_is_not_kept_is_told(tmp_path: Path) -> None:
    note = "beyond it with frozen holdings: SVXY"
    rows = (("gross", 1.0, 2.0, None), ("stress", 0.27, 0.25, note), ("net", 1.6, 1.5, None))
    path = book(tmp_path / "quant.duckdb", None, limits=rows)
    assert published_sentences(path, FRIDAY) == [
        (
            "portfolio",
            "limit_stress",
            f"The limit stress is not kept: 0.2700 used, 0.2500 allowed, {note}.",
        )
    ]


@pytest.mark.parametrize(
    ("before", "is_told"),
    [
        (None, True),
        ("realised_volatility: 0.1300 above target 0.1000, notional * 0.7692", False),
        ("drawdown_stop: 0.2600 below the peak", True),
    ],
)
def test_volatility_above_target_is_told_when_it_begins(
    tmp_path: Path, before: str | None, is_told: bool
) -> None:
    tonight = "realised_volatility: 0.1200 above target 0.1000, notional * 0.8333"
    path = book(tmp_path / "quant.duckdb", before, tonight, limits=())
    sentence = f"The book is not what the sleeves want: {tonight}."
    expected = [("portfolio", "realised_volatility", sentence)] if is_told else []
    assert published_sentences(path, FRIDAY) == expected


def test_warming_up_and_a_missing_file_are_nothing_to_tell(tmp_path: Path) -> None:
    path = book(tmp_path / "quant.duckdb", None, "warming_up: 3 of 60 sessions", limits=())
    assert published_sentences(path, FRIDAY) == []
    assert published_sentences(tmp_path / "none.duckdb", FRIDAY) == []


def test_attempts_of_a_night_tell_what_is_new_and_that_it_is_over(desk: Desk) -> None:
    first = status("FAILED", reasons=(GATE,))
    evenings = [
        first,
        replace(first, run_id="run-2"),
        replace(status(reasons=(LATE,)), run_id="run-3"),
        replace(status("CLEAN"), run_id="run-4", attempt=4),
        replace(status("CLEAN"), run_id="run-5", attempt=5),
    ]
    for evening in evenings:
        report_night(desk.settings, evening, is_published=evening.status != "FAILED")
    assert desk.receiver.messages == [
        GATE,
        "Night 2024-06-28 is published now, DEGRADED in attempt 2, after the trouble that was "
        "told before.",
        LATE,
        "Night 2024-06-28 is published now, CLEAN in attempt 4, after the trouble that was told "
        "before.",
    ]
    assert len(desk.receiver.arrived) == 3


def test_clean_night_sends_what_could_not_be_sent_before(desk: Desk) -> None:
    desk.with_variables().report("one")
    later = desk.at(datetime(2024, 7, 1, 22, 30, tzinfo=UTC))
    clean = replace(status("CLEAN"), night=date(2024, 7, 1), run_id="run-2")
    assert report_night(later.settings, clean, is_published=True).state == "delivered"
    assert desk.receiver.messages == ["one"]
