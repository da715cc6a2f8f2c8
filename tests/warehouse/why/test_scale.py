from datetime import UTC, date, datetime

import pytest

from warehouse.why.reading import Decision, Reader
from warehouse.why.scale import scale_node

DECISION = Decision(
    date(2024, 6, 28),
    datetime(2024, 6, 28, 20, 30, tzinfo=UTC),
    date(2024, 7, 1),
    date(2024, 6, 28),
)


def write(reader: Reader, assignment: str) -> None:
    reader.connection.execute(
        f"update analytics.portfolio_daily set {assignment} where session_date = '2024-06-28'"
    )


def test_largest_leverage_bounds_a_calm_book(reader: Reader) -> None:
    write(reader, "scale = 2, forecast_volatility_annual = 0.01")
    scale = scale_node(reader, DECISION)
    assert (scale.value, scale.recomputed) == (2.0, 2.0)


def test_realised_volatility_above_target_is_a_second_factor(reader: Reader) -> None:
    write(
        reader,
        "scale = 0.4, realised_volatility_annual = 0.2, "
        "override_reason = 'realised_volatility: 0.2000 above target 0.1000, notional * 0.5000'",
    )
    scale = scale_node(reader, DECISION)
    # min(0.10 / 0.125, 2) * 0.10 / 0.20 = 0.8 * 0.5
    assert [node.value for node in scale.terms] == [0.8, 0.5]
    assert scale.recomputed == pytest.approx(0.4, abs=1e-15)


def test_wrong_scale_does_not_come_out_again(reader: Reader) -> None:
    write(reader, "scale = 0.9")
    assert scale_node(reader, DECISION).adds_up is False


@pytest.mark.parametrize("reason", ["warming_up: 3 of 60 sessions", "drawdown_stop: 0.26 below"])
def test_flat_book_says_why(reader: Reader, reason: str) -> None:
    write(reader, f"scale = 0, override_reason = '{reason}'")
    assert scale_node(reader, DECISION).says == f"the book is flat: {reason}"


def test_first_decision_has_no_row_and_is_flat(reader: Reader) -> None:
    reader.connection.execute("delete from analytics.portfolio_daily")
    assert scale_node(reader, DECISION).value == 0.0
