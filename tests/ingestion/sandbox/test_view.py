"""What can be seen when: nothing before its moment, and corrections from theirs on."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from ingestion.sandbox.catalogue import DEFAULT_SYMBOLS, MARKET_START
from ingestion.sandbox.macro import CENTRAL, is_bank_holiday
from ingestion.sandbox.market import Market
from ingestion.sandbox.view import View
from warehouse.sessions import BAR_READY, NEW_YORK

FAR = date(2030, 1, 1)


def _view(market: Market, now: datetime, **options: object) -> View:
    return View(market, now, DEFAULT_SYMBOLS, MARKET_START, **options)  # type: ignore[arg-type]


def _new_york(day: date, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    "session",
    [
        date(2026, 3, 6),  # the Friday before clocks go forward
        date(2026, 3, 9),
        date(2026, 10, 30),  # the Friday before they go back
        date(2026, 11, 2),
        date(2026, 11, 27),  # closes at 13:00
    ],
)
def test_bar_appears_at_a_quarter_past_four(market: Market, session: date) -> None:
    before = _view(market, _new_york(session, 16, 14, 59)).bars("SPY", session, session)
    after = _view(market, _new_york(session, 16, 15)).bars("SPY", session, session)
    assert (before, [bar.day for bar in after]) == ([], [session])


def test_bar_moment_is_utc_and_follows_the_clocks(market: Market) -> None:
    winter = _view(market, datetime(2026, 3, 6, 21, 15, tzinfo=UTC))
    summer = _view(market, datetime(2026, 3, 9, 20, 15, tzinfo=UTC))
    assert winter.market.days[winter.latest_bar] == date(2026, 3, 6)
    assert summer.market.days[summer.latest_bar] == date(2026, 3, 9)


def test_weekend_shows_friday(market: Market) -> None:
    view = _view(market, datetime(2026, 11, 22, 15, 0, tzinfo=UTC))
    assert market.days[view.latest_bar] == date(2026, 11, 20)


def test_index_row_is_in_the_quote_before_it_is_in_the_file(market: Market) -> None:
    evening = _view(market, _new_york(date(2026, 11, 20), 17, 30))
    assert evening.index_rows("VIX", ready=BAR_READY)[-1].day == date(2026, 11, 20)
    assert evening.index_rows("VIX")[-1].day == date(2026, 11, 19)
    night = _view(market, _new_york(date(2026, 11, 20), 20, 30))
    assert night.index_rows("VIX")[-1].day == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("series_id", "observed", "published"),
    [
        ("BAMLH0A0HYM2", date(2026, 11, 19), date(2026, 11, 20)),
        ("BAMLH0A0HYM2", date(2026, 11, 20), date(2026, 11, 23)),
        ("BAMLH0A0HYM2", date(2026, 10, 31), date(2026, 11, 2)),  # a Saturday at month end
        (
            "BAMLH0A0HYM2",
            date(2026, 11, 10),
            date(2026, 11, 11),
        ),  # Veterans Day: the exchange trades
        ("DGS3MO", date(2026, 11, 10), date(2026, 11, 12)),
        ("DGS3MO", date(2026, 10, 9), date(2026, 10, 13)),  # over Columbus Day
    ],
)
def test_macro_row_appears_next_morning(
    market: Market, series_id: str, observed: date, published: date
) -> None:
    moment = datetime.combine(published, time(8), CENTRAL).astimezone(UTC)
    just_before = _view(market, moment - timedelta(seconds=1))
    seen = {row.day for row in just_before.observations(series_id, known_at=moment)}
    assert observed not in seen
    at_last = _view(market, moment).observations(series_id, known_at=moment)
    assert at_last[-1].day >= observed
    assert observed in {row.day for row in at_last}


def test_macro_holidays_are_blank_and_weekends_absent(market: Market) -> None:
    rows = dict(zip(market.series("DGS3MO").days, market.series("DGS3MO").values, strict=True))
    assert rows[date(2026, 11, 11)] == "."
    assert rows[date(2026, 7, 3)] == "."  # Independence Day observed
    assert date(2026, 11, 21) not in rows
    assert is_bank_holiday(date(2023, 10, 9))


def test_overnight_rate_has_every_calendar_day(market: Market) -> None:
    days = market.series("DFF").days
    assert days[-1] - days[0] == timedelta(days=len(days) - 1)
    assert "." not in market.series("DFF").values


def test_spreads_have_a_row_at_a_weekend_month_end_only(market: Market) -> None:
    weekend = [day for day in market.series("BAMLC0A0CM").days if day.weekday() >= 5]
    assert weekend
    assert all((day + timedelta(days=1)).day == 1 for day in weekend)


def test_story_appears_at_its_timestamp(market: Market) -> None:
    story = market.stories("AAPL")[-50]
    moment = story.published_at
    before = _view(market, moment - timedelta(seconds=1)).stories("AAPL", moment, moment)
    at_last = _view(market, moment).stories("AAPL", moment, moment)
    assert (before, at_last) == ([], [story])


def test_actions_appear_at_midnight_of_their_day(market: Market) -> None:
    paid = market.history("KO").dividends[40]
    ex_date = market.days[paid.at]
    midnight = _new_york(ex_date, 0, 0)
    assert paid not in _view(market, midnight - timedelta(seconds=1)).dividends("KO")
    assert _view(market, midnight).dividends("KO")[-1] == paid


def test_corrected_bar_changes_at_its_session_and_only_then(market: Market) -> None:
    history = market.history("JPM")
    wrong = next(c for c in market.corrections("JPM") if c.close != history.close[c.at])
    day = market.days[wrong.at]
    moment = market.sessions.at(market.days[wrong.corrected_at], BAR_READY)

    def close(now: datetime) -> float | None:
        return _view(market, now).bars("JPM", day, day)[0].close

    assert close(market.sessions.at(day, BAR_READY)) == wrong.close
    assert close(moment - timedelta(seconds=1)) == wrong.close
    assert close(moment) == history.close[wrong.at]
    assert close(moment + timedelta(days=400)) == history.close[wrong.at]


def test_corrected_spread_is_two_versions(market: Market) -> None:
    series = market.series("BAMLH0A0HYM2")
    number, revision = next(iter(series.revisions.items()))
    day, final = series.days[number], series.values[number]

    def versions(now: datetime) -> list[str]:
        rows = _view(market, now).observations("BAMLH0A0HYM2", known_at=now)
        return [row.value for row in rows if row.day == day]

    assert versions(revision.corrected_at - timedelta(seconds=1)) == [revision.first_value]
    assert versions(revision.corrected_at) == [revision.first_value, final]
    assert revision.first_value != final


def test_open_session_shows_its_open_only(market: Market) -> None:
    session = date(2026, 11, 20)
    at = market.session_number(session)
    view = _view(market, _new_york(session, 11, 0))
    assert view.opening("SPY") == market.history("SPY").open[at]
    assert _view(market, _new_york(session, 9, 0)).opening("SPY") is None
    assert _view(market, _new_york(session, 17, 0)).opening("SPY") is None
    assert _view(market, _new_york(date(2026, 11, 21), 11, 0)).opening("SPY") is None


def test_close_can_be_withheld(market: Market) -> None:
    session = date(2026, 11, 20)
    view = _view(market, _new_york(session, 17, 0), null_close=(("KO", session),))
    closes = [bar.close for bar in view.bars("KO", date(2026, 11, 19), FAR)]
    assert closes[0] is not None
    assert closes[1] is None
    assert view.bars("PG", session, FAR)[0].close is not None


def test_unknown_name_has_nothing(market: Market) -> None:
    view = _view(market, _new_york(date(2026, 11, 20), 17, 0))
    assert view.bars("NOPE", MARKET_START, FAR) == []
    assert view.splits("NOPE") == view.dividends("NOPE") == []
    assert view.stories("NOPE", datetime.min.replace(tzinfo=UTC), view.now) == []
