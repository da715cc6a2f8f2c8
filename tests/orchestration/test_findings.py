from datetime import UTC, date, datetime
from typing import Any

from ingestion.capabilities import QuotaUse
from ingestion.chains import Fallback
from ingestion.night import Problem
from orchestration.findings import degrading_reasons, fallback_rows, quota_rows
from orchestration.freshness import Freshness

DUE = date(2017, 6, 30)


def late(symbol: str, *, is_required: bool = True) -> Freshness:
    return Freshness("daily bars", symbol, "polygon", date(2017, 6, 29), DUE, 1, is_required)


def problem(*, is_degrading: bool, symbol: str = "*") -> Problem:
    return Problem(
        "polygon", "daily_bars", symbol, "transient", "polygon did not answer", is_degrading
    )


def test_night_without_findings_has_no_reasons() -> None:
    assert degrading_reasons([late("TLT", is_required=False)], [], []) == ()


def test_remark_is_no_reason() -> None:
    assert degrading_reasons([], [], [problem(is_degrading=False)]) == ()


def test_failed_chain_names_dataset_and_symbols() -> None:
    assert degrading_reasons([], [], [problem(is_degrading=True, symbol="KO, PG")]) == (
        "daily bars of KO, PG: polygon did not answer",
    )


def test_inputs_late_alike_share_one_sentence() -> None:
    assert degrading_reasons([late("KO"), late("PG"), late("HD")], [], []) == (
        "daily bars of 3 symbols end 2017-06-29, 2017-06-30 was due: KO, PG, HD",
    )


def test_quarantine_is_a_reason_with_its_dates() -> None:
    row = {"symbol": "KO", "first_date": DUE, "last_date": DUE, "reason": "no close"}
    assert degrading_reasons([], [row], []) == (
        "KO is quarantined from 2017-06-30 to 2017-06-30: no close",
    )


def fallback(symbol: str, **changes: Any) -> Fallback:
    values = {
        "dataset": "daily_bars", "symbol": symbol, "wanted": "polygon", "served_by": "fmp",
        "failure": "transient", "has_rows": True, "observed_through": DUE,
        "reason": "polygon answered 503", "is_degrading": False, **changes,
    }  # fmt: skip
    return Fallback(**values)


def test_symbols_that_fell_back_alike_share_one_row() -> None:
    fresh = [Freshness("daily bars", name, "fmp", DUE, DUE, 0, True) for name in ("KO", "PG")]
    assert fallback_rows([fallback("KO"), fallback("PG")], fresh) == (
        {
            "dataset": "daily bars",
            "symbols": ["KO", "PG"],
            "wanted": "polygon",
            "served_by": "fmp",
            "failure": "transient",
            "last_observation": DUE,
            "age_sessions": 0,
            "is_degrading": False,
            "sentence": (
                "daily bars of KO, PG: fmp in place of polygon, data of 2017-06-30 "
                "(polygon answered 503)"
            ),
        },
    )


def test_stored_rows_are_named_with_their_age() -> None:
    failed = fallback("KO", served_by="", is_degrading=True, observed_through=None)
    (row,) = fallback_rows([failed], [late("KO")])
    assert (row["served_by"], row["age_sessions"]) == ("polygon (stored)", 1)
    assert row["last_observation"] == date(2017, 6, 29)  # the ledger's, not the lost cache's
    assert "data of 2017-06-29, 1 session(s) old" in row["sentence"]


def test_symbol_without_anything_says_so() -> None:
    nothing = Freshness("daily bars", "KO", "-", None, DUE, None, True)
    (row,) = fallback_rows([fallback("KO", served_by="", is_degrading=True)], [nothing])
    assert (row["served_by"], row["last_observation"]) == ("nothing", None)


def test_events_have_no_age() -> None:
    news = fallback("KO", dataset="company_news", served_by="", observed_through=None)
    (row,) = fallback_rows([news], [])
    assert (row["dataset"], row["served_by"], row["age_sessions"]) == (
        "company news",
        "stored rows",
        None,
    )


def test_events_of_which_nothing_is_held_are_served_by_nothing() -> None:
    profile = fallback(
        "KO", dataset="profiles", served_by="", has_rows=False, observed_through=None
    )
    (row,) = fallback_rows([profile], [])
    assert row["served_by"] == "nothing"


def test_quota_rows_say_when_new_calls_come() -> None:
    midnight = datetime(2017, 7, 1, tzinfo=UTC)
    (row,) = quota_rows([QuotaUse("fmp", 210, 250, midnight)])
    assert (row["fraction"], row["is_alarming"], row["resets_at"]) == (0.84, True, midnight)
