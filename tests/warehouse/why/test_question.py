from datetime import date

import pytest

from warehouse.errors import QuestionError
from warehouse.why.question import resolve
from warehouse.why.reading import Reader

NIGHT = date(2024, 6, 28)


def test_published_night_is_meant_when_none_is_named(reader: Reader) -> None:
    decision = resolve(reader, "portfolio", None, None).decision
    assert (decision.session, decision.effective_session) == (NIGHT, date(2024, 7, 1))
    assert decision.is_tonight


def test_symbol_is_found_in_any_case_in_all_its_sleeves(reader: Reader) -> None:
    asked = resolve(reader, "aaa", None, None)
    assert (asked.subject, asked.strategies, asked.is_symbol) == ("AAA", ("alpha", "beta"), True)
    assert resolve(reader, "BB.b", NIGHT, None).subject == "Bb.B"


def test_sleeve_that_has_not_begun_is_left_out(reader: Reader) -> None:
    assert resolve(reader, "AAA", date(2024, 6, 26), None).strategies == ("alpha",)


def test_strategy_is_a_subject(reader: Reader) -> None:
    asked = resolve(reader, "Beta", None, None)
    assert (asked.subject, asked.strategies, asked.is_symbol) == ("beta", ("beta",), False)


@pytest.mark.parametrize(
    ("subject", "night", "strategy", "sentence"),
    [
        ("XYZ", None, None, "No sleeve of the portfolio trades 'XYZ': ask about AAA or Bb.B, "
         "or about portfolio, alpha or beta."),
        ("Bb.B", None, "alpha", "alpha does not trade Bb.B: leave --strategy out, or say beta."),
        ("AAA", None, "gamma", "There is no strategy 'gamma': it can be alpha or beta."),
        ("beta", None, "beta", "--strategy chooses among the sleeves of a symbol: "
         "leave it out with beta."),
        ("AAA", date(2024, 7, 1), None, "2024-07-01 lies after the published night, 2024-06-28: "
         "ask for a session up to it, or run `mqp nightly` once a later one has closed."),
        ("AAA", date(2024, 6, 25), None, "2024-06-25 is no session of the exchange: "
         "the nearest one is 2024-06-26."),
        ("Bb.B", date(2024, 6, 27), None, "Nothing was decided about Bb.B on 2024-06-27: "
         "its decisions begin on 2024-06-28."),
    ],
)  # fmt: skip
def test_what_is_not_there_is_answered_with_what_is(
    reader: Reader, subject: str, night: date | None, strategy: str | None, sentence: str
) -> None:
    with pytest.raises(QuestionError) as refusal:
        resolve(reader, subject, night, strategy)
    assert str(refusal.value) == sentence


def test_day_between_sessions_names_both(reader: Reader) -> None:
    reader.connection.execute("delete from ops.exchange_sessions where session_date = '2024-06-27'")
    with pytest.raises(QuestionError, match="beside it are 2024-06-26 and 2024-06-28"):
        resolve(reader, "AAA", date(2024, 6, 27), None)


def test_day_before_the_first_decision_says_when_they_begin(reader: Reader) -> None:
    reader.connection.execute(
        "delete from analytics.target_weights where session_date = '2024-06-26'"
    )
    with pytest.raises(QuestionError, match="the published decisions begin on 2024-06-28"):
        resolve(reader, "portfolio", date(2024, 6, 26), None)


def test_long_universe_is_not_listed_whole(reader: Reader) -> None:
    reader.connection.execute(
        "insert into analytics.target_weights (session_date, strategy, symbol) "
        "select date '2024-06-28', 'alpha', 'S' || i from range(100) as rows (i)"
    )
    with pytest.raises(QuestionError, match=r"or 63 others, or about portfolio"):
        resolve(reader, "XYZ", None, None)
