"""Macro series as FRED keeps them: every weekday, '.' on holidays, published a day later."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingestion.sandbox.climate import Climate
from ingestion.sandbox.streams import Floats, stream

CENTRAL = ZoneInfo("America/Chicago")  # St. Louis
PUBLISHED = time(8, 0)
MISSING = "."
SATURDAY = 5
REVISIONS_PER_ROW = 1 / 60
SPREADS = ("BAMLH0A0HYM2", "BAMLC0A0CM")
FOLLOWS_EXCHANGE = (*SPREADS, "VIXCLS")  # the others follow the Federal Reserve's holidays
DAILY_ALSO_ON_WEEKENDS = "DFF"


class Revision(NamedTuple):
    """What a row said first, and the moment at which it was corrected."""

    first_value: str
    corrected_at: datetime


@dataclass(frozen=True)
class Series:
    """One series, (n_rows,) each in order of date; `published_at` is UTC and never falls.

    `revisions`: row number -> what it said before it was corrected.
    """

    series_id: str
    days: tuple[date, ...]
    values: tuple[str, ...]
    published_at: tuple[datetime, ...]
    revisions: Mapping[int, Revision]


def is_bank_holiday(day: date) -> bool:
    """Columbus Day and Veterans Day: the exchange trades, the Federal Reserve does not publish."""
    is_columbus_day = day.month == 10 and day.weekday() == 0 and 8 <= day.day <= 14
    is_veterans_day = day.month == 11 and (day.day == 11 or (day.day == 12 and day.weekday() == 0))
    return is_columbus_day or is_veterans_day


def macro_series(
    series_id: str, seed: int, climate: Climate, vix: Floats, days: Sequence[date]
) -> Series:
    """Compute one series over the calendar days from the first session to the last but one."""
    values = _session_values(series_id, climate, vix)
    trading = dict(zip(days, values, strict=True))
    publishing = _publication_days(series_id, days)
    rows: list[tuple[date, str, datetime]] = []
    known = MISSING
    for day in _calendar_days(days[0], days[-1]):
        following = bisect_right(publishing, day)
        if following == len(publishing):
            break
        known = trading.get(day, known)
        value = _value_on(series_id, day, trading, known)
        if value is not None:
            rows.append((day, value, _publication_moment(publishing[following])))
    revisions = _revisions(series_id, seed, rows, publishing)
    row_days, row_values, published_at = zip(*rows, strict=True)
    return Series(series_id, row_days, row_values, published_at, revisions)


def _session_values(series_id: str, climate: Climate, vix: Floats) -> list[str]:
    numbers = {
        "BAMLH0A0HYM2": climate.hy_oas_pct,
        "BAMLC0A0CM": climate.ig_oas_pct,
        "DGS3MO": climate.bill_3m_pct,
        "DGS10": climate.ten_year_pct,
        "DFF": climate.policy_rate_pct - 0.04,
        "VIXCLS": vix,
    }[series_id]
    return [f"{number:.2f}" for number in numbers.tolist()]


def _calendar_days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _publication_days(series_id: str, days: Sequence[date]) -> list[date]:
    if series_id in FOLLOWS_EXCHANGE:
        return list(days)
    return [day for day in days if not is_bank_holiday(day)]


def _publication_moment(day: date) -> datetime:
    return datetime.combine(day, PUBLISHED, CENTRAL).astimezone(UTC)


def _value_on(series_id: str, day: date, trading: Mapping[date, str], known: str) -> str | None:
    """The row of a calendar day: a number, '.', or none at all."""
    if series_id == DAILY_ALSO_ON_WEEKENDS:
        return known
    if day.weekday() >= SATURDAY:
        # ICE rolls its indices at month end, whatever the weekday
        is_month_end = (day + timedelta(days=1)).day == 1
        return known if series_id in SPREADS and is_month_end else None
    if series_id not in FOLLOWS_EXCHANGE and is_bank_holiday(day):
        return MISSING
    return trading.get(day, MISSING)


def _revisions(
    series_id: str, seed: int, rows: Sequence[tuple[date, str, datetime]], publishing: list[date]
) -> dict[int, Revision]:
    """A few spreads are corrected by a basis point or three, two publications later."""
    if series_id not in SPREADS:
        return {}
    draws = stream(seed, series_id, "revisions").random((len(rows), 2)).tolist()
    revisions = {}
    for number, ((day, value, _), (chance, size)) in enumerate(zip(rows, draws, strict=True)):
        corrected = bisect_right(publishing, day) + 2
        if chance < REVISIONS_PER_ROW and value != MISSING and corrected < len(publishing):
            basis_points = 1 + int(3 * abs(2 * size - 1))
            first = float(value) + (basis_points if size > 0.5 else -basis_points) / 100
            moment = _publication_moment(publishing[corrected])
            revisions[number] = Revision(f"{first:.2f}", moment)
    return revisions
