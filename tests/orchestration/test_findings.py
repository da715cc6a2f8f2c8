from datetime import date

from ingestion.night import Problem
from orchestration.findings import degrading_reasons
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
