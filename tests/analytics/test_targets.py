"""Signal rows laid out on sessions."""

import numpy as np
import pandas as pd
import pytest

from analytics.errors import InputError
from analytics.targets import first_word, quarantined_sessions, targets_from_signals
from tests.analytics.toy import NAN, weekdays

SESSIONS = weekdays(5)


def signals(*rows):
    """Rows of (variant, symbol, session index, target, reason)."""
    frame = pd.DataFrame(rows, columns=["variant", "symbol", "t", "target_weight", "reason"])
    return frame.assign(session_date=pd.to_datetime(SESSIONS[frame.pop("t")]))


def lay_out(frame, default="base"):
    return targets_from_signals(frame, strategy="toy", default_variant=default, sessions=SESSIONS)


def test_changes_are_carried_forward():
    laid = lay_out(signals(("base", "A", 1, 0.5, "enter"), ("base", "A", 3, 0.0, "stop: 95")))
    np.testing.assert_array_equal(laid.weights[:, 0, 0], [NAN, 0.5, 0.5, 0.0, 0.0])


def test_missing_weight_keeps_the_target_and_never_sells():
    laid = lay_out(signals(("base", "A", 0, 0.5, "enter"), ("base", "A", 2, None, "hold")))
    np.testing.assert_array_equal(laid.weights[:, 0, 0], [0.5] * 5)


def test_reason_is_that_of_the_latest_change():
    laid = lay_out(
        signals(
            ("base", "A", 0, 0.5, "enter"),
            ("base", "A", 1, 0.5, "hold"),
            ("base", "A", 2, 0.0, "stop: close below"),
            ("base", "A", 3, 0.0, "no_bar"),
        )
    )
    words = [laid.reason_names[code] for code in laid.reasons[:, 0, 0]]
    assert words == ["enter", "enter", "stop", "stop", "stop"]


def test_frozen_rows_are_those_of_the_default_variant():
    laid = lay_out(
        signals(
            ("base", "A", 0, 0.5, "enter"),
            ("base", "A", 1, 0.5, "no_bar"),
            ("base", "A", 2, 0.5, "quarantined: jump"),
            ("other", "A", 3, 0.2, "no_bar"),
        )
    )
    assert laid.is_frozen[:, 0].tolist() == [False, True, True, False, False]
    assert laid.is_quarantined[:, 0].tolist() == [False, False, True, False, False]


def test_row_order_does_not_matter():
    frame = signals(
        ("base", "B", 0, 0.5, "enter"), ("base", "A", 0, 0.1, "enter"),
        ("other", "A", 2, 0.3, None), ("base", "A", 4, 0.0, "stop"),
    )  # fmt: skip
    laid, turned = lay_out(frame), lay_out(frame.iloc[::-1])
    assert laid.symbols == turned.symbols == ("A", "B")
    assert laid.variants == turned.variants == ("base", "other")
    np.testing.assert_array_equal(laid.weights, turned.weights)
    np.testing.assert_array_equal(laid.reasons, turned.reasons)


def test_rows_after_the_night_are_left_out():
    laid = targets_from_signals(
        signals(("base", "A", 0, 0.5, "enter"), ("base", "A", 4, 0.0, "stop")),
        strategy="toy", default_variant="base", sessions=SESSIONS[:3],
    )  # fmt: skip
    np.testing.assert_array_equal(laid.weights[:, 0, 0], [0.5] * 3)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (signals(("base", "A", 0, 0.5, ""), ("base", "A", 0, 0.4, "")), "two rows"),
        (signals(("other", "A", 0, 0.5, "")), "default variant"),
        (
            signals(("base", "A", 0, 0.5, "")).assign(session_date=pd.Timestamp("2024-03-09")),
            "lie on sessions",
        ),
    ],
    ids=["doubled", "no default", "saturday"],
)
def test_broken_signals_are_refused(frame, message):
    with pytest.raises(InputError, match=message):
        targets_from_signals(
            frame,
            strategy="toy",
            default_variant="base",
            sessions=np.append(SESSIONS, weekdays(6)[-1:]),
        )


def test_first_word_is_the_machine_word():
    given = ["stop: close 94", "trend_down", "", None]
    assert [first_word(reason) for reason in given] == ["stop", "trend_down", "unknown", "unknown"]


def test_sessions_quarantined_in_any_strategy():
    sessions = np.array(["2024-03-04", "2024-03-05", "2024-03-06"], dtype="datetime64[D]")
    frame = pd.DataFrame(
        [
            ("a", "A", "2024-03-04", "quarantined: jump"),
            ("a", "A", "2024-03-05", "hold"),
            ("a", "B", "2024-03-05", None),
            ("b", "B", "2024-03-06", "quarantined"),
            ("b", "B", "2024-03-07", "quarantined"),
            ("b", "X", "2024-03-06", "quarantined"),
        ],
        columns=["strategy", "symbol", "session_date", "reason"],
    )
    found = quarantined_sessions(frame, sessions=sessions, symbols=("A", "B"))
    assert np.argwhere(found).tolist() == [[0, 0], [2, 1]]
    assert not quarantined_sessions(frame[:0], sessions=sessions, symbols=("A", "B")).any()
