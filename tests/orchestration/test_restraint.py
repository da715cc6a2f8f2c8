"""The log says what kept the book from what the sleeves want."""

import pandas as pd

from orchestration.restraint import restraint_sentences

YESTERDAY, TONIGHT = pd.Timestamp("2024-06-27"), pd.Timestamp("2024-06-28")


def usage(*rows):
    columns = [
        *("session_date", "limit_name", "subject", "wanted", "used", "bound", "is_binding", "note"),
    ]
    return pd.DataFrame(rows, columns=columns)


def weights(*rows):
    return pd.DataFrame(rows, columns=["session_date", "symbol", "override_reason"])


def test_limits_that_bind_tonight_are_named_with_their_figures():
    found = restraint_sentences(
        usage(
            (YESTERDAY, "gross", None, 3.0, 2.0, 2.0, True, None),
            (TONIGHT, "gross", None, 1.0, 1.0, 2.0, False, None),
            (TONIGHT, "stress", "february_2018", 0.31, 0.25, 0.25, True, None),
        ),
        weights(),
    )
    assert list(found) == ["The limit stress (february_2018) binds: 0.3100 wanted, 0.2500 allowed."]


def test_limit_that_is_not_kept_says_beside_which_holdings():
    note = "beyond it with frozen holdings: SVXY"
    found = restraint_sentences(
        usage(
            (TONIGHT, "stress", "february_2018", 0.27, 0.27, 0.25, False, note),
            (TONIGHT, "liquidity", "SVXY", 0.1, 0.1, 0.4, False, "no volume known: SVXY"),
        ),
        weights(),
    )
    assert list(found) == [
        "The limit stress is not kept: 0.2700 used, 0.2500 allowed, beyond it with frozen "
        "holdings: SVXY."
    ]


def test_overrides_are_told_once_with_their_symbols():
    reason = "realised_volatility: 0.1200 above target 0.1000, notional * 0.8333"
    found = restraint_sentences(
        usage(),
        weights(
            (YESTERDAY, "AAA", "no_bar"),
            (TONIGHT, "BBB", reason),
            (TONIGHT, "AAA", reason),
            (TONIGHT, "CCC", None),
        ),
    )
    assert list(found) == [f"Weights are not what the sleeves want of AAA, BBB: {reason}."]


def test_night_without_a_portfolio_says_nothing():
    assert list(restraint_sentences(usage(), weights())) == []
