"""Simulated company reports: which periods there are, and when the world could know of them.

Figures are as first reported: per-share values count the shares of their own period, and no later
split touches them. A period's figures rest on sessions up to its end and on nothing later.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np

from ingestion.sandbox.company import Company, Figures, company_of, quarter_figures, year_figures
from ingestion.sandbox.prices import History
from ingestion.sandbox.streams import Floats, stream
from warehouse.sessions import NEW_YORK

SLOW_SESSIONS = 252
LATE_FRACTION = 0.03  # of reports, accepted after more than 60 days (a quarter) or 90 (a year)
QUARTER_DAYS, LATE_QUARTER_DAYS = (25, 45), (61, 80)  # from the period's end to the acceptance
YEAR_DAYS, LATE_YEAR_DAYS = (40, 75), (91, 105)
HOURS_OF_ACCEPTANCE = ((0.35, 6 * 60, 9 * 60 + 30), (0.55, 9 * 60 + 30, 16 * 60),
                       (1.0, 16 * 60 + 1, 19 * 60 + 30))  # fmt: skip
FILED_SAME_DAY_UNTIL = time(17, 30)  # EDGAR dates what it accepts later to the next business day


@dataclass(frozen=True)
class Statement:
    """One report of one company.

    `fiscal_period`: Q1 to Q4, or FY. `accepted_at`: the UTC moment from which it is public.
    `filing_date`: the date that EDGAR gives it. `price_usd`: last close of the period, as traded.
    """

    period_end: date
    fiscal_year: int
    fiscal_period: str
    accepted_at: datetime
    filing_date: date
    price_usd: float
    shares: int
    figures: Figures

    @property
    def eps_usd(self) -> float:
        """Net income per share of the period."""
        return round(self.figures.net_income / self.shares, 2)

    @property
    def market_cap_usd(self) -> float:
        """All shares at the period's last close."""
        return round(self.shares * self.price_usd, 2)


class _Period(NamedTuple):
    """One quarter: the sessions from `first` to `last` (numbers), and its place in its year."""

    end: date
    first: int
    last: int
    fiscal_year: int
    name: str


def statements_of(
    history: History, seed: int, stress: Floats, days: Sequence[date]
) -> tuple[Statement, ...]:
    """Write all reports of one company that are accepted within `days`.

    Parameters
    ----------
    stress : (n_sessions,), of the climate. days : (n_sessions,).

    Returns
    -------
    In order of acceptance; a year's report comes after that of its fourth quarter, at the same
    moment. Empty for funds.
    """
    if history.instrument.kind != "stock":
        return ()
    found: list[Statement] = []
    year: list[Statement] = []
    for quarter in _quarters(history, seed, stress, days):
        year.append(quarter)
        found.append(quarter)
        if quarter.fiscal_period == "Q4":
            if len(year) == 4:
                flows = year_figures([part.figures for part in year])
                found.append(replace(quarter, fiscal_period="FY", figures=flows))
            year = []
    out = [statement for statement in found if statement.filing_date <= days[-1]]
    return tuple(sorted(out, key=lambda statement: (statement.accepted_at, statement.period_end)))


def _quarters(
    history: History, seed: int, stress: Floats, days: Sequence[date]
) -> Iterator[Statement]:
    symbol = history.instrument.symbol
    company = company_of(history.instrument, seed)
    periods = list(_periods(company, days))
    luck = stream(seed, symbol, "statements").standard_normal((len(periods), 2)).tolist()
    clocks = stream(seed, symbol, "acceptance").random((len(periods), 4)).tolist()
    ratio = _shares_for_one(history)
    value = np.concatenate([[0.0], np.cumsum(history.close * ratio)])
    equity = 0.0
    for number, period in enumerate(periods):
        if not history.has_bar[period.last]:
            return
        start = max(period.last + 1 - SLOW_SESSIONS, 0)
        slow_value = float(value[period.last + 1] - value[start]) / (period.last + 1 - start)
        owned = company.first_shares * (1 + company.share_growth) ** (number / 4)
        figures = quarter_figures(
            company,
            worth_usd=slow_value * owned,
            stress=float(stress[period.first : period.last + 1].mean()),
            season=company.seasonality[(period.end.month - 1) // 3],
            luck=luck[number],
            equity_before_usd=equity or company.first_book_to_price * slow_value * owned,
            dividends_usd=_dividend_per_first_share(history, ratio, period) * owned,
        )
        equity = float(figures.equity)
        accepted_at, filing_date = _acceptance(period, clocks[number], days)
        yield Statement(
            period.end,
            period.fiscal_year,
            period.name,
            accepted_at,
            filing_date,
            float(history.close[period.last]),
            round(owned * float(ratio[period.last])),
            figures,
        )


def _periods(company: Company, days: Sequence[date]) -> Iterator[_Period]:
    """Quarters that began and ended within `days`, as the company's fiscal year cuts them."""
    year_end = company.fiscal_year_end_month
    begin = date(days[0].year, 1, 1)
    while (begin.month - year_end - 1) % 3:
        begin = _month_later(begin)
    while True:
        following = begin
        for _ in range(3):
            following = _month_later(following)
        end = following - timedelta(days=1)
        if end > days[-1]:
            return
        months_left = (year_end - end.month) % 12
        fiscal_year = end.year + (1 if end.month > year_end else 0)
        first, last = bisect_left(days, begin), bisect_right(days, end) - 1
        yield _Period(end, first, last, fiscal_year, f"Q{4 - months_left // 3}")
        begin = following


def _month_later(first_of_month: date) -> date:
    return (first_of_month + timedelta(days=31)).replace(day=1)


def _shares_for_one(history: History) -> Floats:
    """(n_sessions,) shares that one share of the first session has become."""
    ratio = np.ones(len(history.close))
    for split in history.splits:
        ratio[split.at :] *= split.shares_after / split.shares_before
    return ratio


def _dividend_per_first_share(history: History, ratio: Floats, period: _Period) -> float:
    return sum(
        paid.cash_usd * float(ratio[paid.at])
        for paid in history.dividends
        if period.first <= paid.at <= period.last
    )


def _acceptance(
    period: _Period, clock: Sequence[float], days: Sequence[date]
) -> tuple[datetime, date]:
    """The moment of acceptance (UTC) and the filing date; sessions only, as EDGAR's own days."""
    is_year, is_late = period.name == "Q4", clock[0] < LATE_FRACTION
    if is_year:
        shortest, longest = LATE_YEAR_DAYS if is_late else YEAR_DAYS
    else:
        shortest, longest = LATE_QUARTER_DAYS if is_late else QUARTER_DAYS
    wanted = period.end + timedelta(days=shortest + int(clock[1] * (longest - shortest + 1)))
    day = _session_from(wanted, days)
    _, first, last = next(hours for hours in HOURS_OF_ACCEPTANCE if clock[2] < hours[0])
    seconds = int((first + clock[3] * (last - first)) * 60)
    wall_clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    is_next_day = wall_clock > FILED_SAME_DAY_UNTIL
    filing_date = _session_from(day + timedelta(days=1), days) if is_next_day else day
    return datetime.combine(day, wall_clock, NEW_YORK).astimezone(UTC), filing_date


def _session_from(day: date, days: Sequence[date]) -> date:
    """The first session not before a date; the date itself after the last one."""
    at = bisect_left(days, day)
    return days[at] if at < len(days) else day
