"""Holes, age and extent of what landed."""

from datetime import date

import numpy as np
import pandas as pd

from orchestration.expectations.canaries.landed_night import DAYS, gate_context
from orchestration.expectations.coverage import history_extents, kept_history, session_coverage
from orchestration.expectations.outcome import GateContext, HistoryExtent

TABLE = "raw.polygon__daily_bars"


def closes(symbol: str, days: pd.DatetimeIndex, context: GateContext) -> pd.DataFrame:
    frame = pd.DataFrame({"symbol": symbol, "day": days})
    return frame.assign(session=context.calendar.number(frame["day"]))


def test_delisted_symbol_misses_nothing_after_its_end() -> None:
    context = gate_context()
    found = session_coverage(closes("GONE", DAYS[:20], context), "symbol", context, required=())
    assert found["missing_sessions"].tolist() == [0]


def test_hole_names_its_first_dates() -> None:
    context = gate_context()
    days = DAYS[:10].append(DAYS[17:])
    found = session_coverage(closes("HOLE", days, context), "symbol", context, required=())
    assert found["missing_dates"].tolist() == [
        "2018-01-17, 2018-01-18, 2018-01-19, 2018-01-22, 2018-01-23 and 2 more"
    ]


def test_vxx_misses_nothing_between_the_two_notes() -> None:
    days = pd.bdate_range("2019-01-02", "2019-06-28")
    context = gate_context(
        night=date(2019, 6, 28), sessions=[day.date() for day in days.append(days[-1:])]
    )
    traded = days[(days < "2019-01-30") | (days > "2019-05-01")]
    both = pd.concat([closes("VXX", traded, context), closes("AAA", traded, context)])
    found = session_coverage(both, "symbol", context, required=()).set_index("symbol")
    assert found["missing_sessions"].to_dict() == {"AAA": 66, "VXX": 0}


def test_age_counts_sessions_for_required_subjects_only() -> None:
    context = gate_context()
    both = pd.concat([closes(name, DAYS[:-2], context) for name in ("AAA", "BBB")])
    found = session_coverage(both, "symbol", context, required=("AAA", "NEVER"))
    ages = found.set_index("symbol")["sessions_behind"]
    assert ages["AAA"] == 2
    assert np.isnan(ages["BBB"])
    assert ages["NEVER"] == np.inf


def test_extents_of_a_night_are_kept_by_the_same_night() -> None:
    frame = pd.DataFrame({"symbol": ["AAA", "AAA"], "session_date": list(DAYS[:2])})
    extents = history_extents({TABLE: frame})
    assert extents == {(TABLE, "AAA"): HistoryExtent(date(2018, 1, 2), 2)}
    kept = kept_history(TABLE, extents, extents)
    assert kept[["rows_kept_fraction", "is_start_kept"]].to_numpy().tolist() == [[1.0, True]]


def test_subject_that_vanished_kept_nothing() -> None:
    previous = {(TABLE, "AAA"): HistoryExtent(date(2018, 1, 2), 60)}
    kept = kept_history(TABLE, {}, previous)
    assert kept[["rows_kept_fraction", "is_start_kept"]].to_numpy().tolist() == [[0.0, False]]
