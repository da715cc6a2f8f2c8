"""Dividends and splits: when they happen, how large they are, and what they do to the price."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from ingestion.sandbox.catalogue import VXX_GAP, Instrument
from ingestion.sandbox.streams import Floats, stream

FORWARD_RATIOS = (2, 2, 2, 3, 3, 4, 5, 7)  # drawn from; repeats are odds
LOWEST_AFTER_SPLIT_USD = 22.0
JOINED_SHARES = 4  # a fund that got cheap gives one share for four
NOTICE_SESSIONS = 12  # from the decision to split to the first session at the new count
SPLIT_REVIEW_SESSIONS = {"volatility_fund": 21}  # the others look at their price each quarter
SPECIAL_DIVIDEND_FRACTION = 0.04


class Split(NamedTuple):
    """`shares_after` shares for each `shares_before`, first traded in session number `at`."""

    at: int
    shares_before: int
    shares_after: int


class Dividend(NamedTuple):
    """Cash per share as traded in session number `at`, its ex-date."""

    at: int
    cash_usd: float
    payments_per_year: int  # 0 for a special one


@dataclass
class Ledger:
    """What has been declared so far, and the scale that turns growth into a raw price."""

    scale: float
    payout_usd: float = 0.0
    payout_year: int = 0
    splits: list[Split] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)


def declare_actions(
    instrument: Instrument, seed: int, growth: Floats, yields: Floats, days: Sequence[date]
) -> tuple[Floats, Ledger]:
    """Walk from one corporate action to the next, and price the shares between them.

    Parameters
    ----------
    growth : (n_sessions,), value of 1 USD held since the listing, dividends reinvested.
    yields : (n_sessions,), annual income as a fraction of price.

    Returns
    -------
    (n_sessions,) unrounded raw closes, such that on every session
    `(close + dividend) * split / previous close` is the growth of that session; and the actions.
    An action in session t is sized by prices up to t - 1.
    """
    ledger = Ledger(instrument.start_usd)
    scales = np.full(len(growth), ledger.scale)
    for at, is_split in _agenda(instrument, seed, days):
        if is_split:
            _consider_split(instrument, seed, ledger, at, growth)
        else:
            _pay_dividends(instrument, ledger, at, days[at], growth, yields)
        scales[at:] = ledger.scale
    return growth * scales, ledger


def _agenda(instrument: Instrument, seed: int, days: Sequence[date]) -> list[tuple[int, bool]]:
    """Session numbers of ex-dates (False) and of possible splits (True); a split goes first."""
    first = bisect_left(days, instrument.first_day)
    step = SPLIT_REVIEW_SESSIONS.get(instrument.kind, 63)
    reviews = range(first + 2 * step + NOTICE_SESSIONS, len(days), step)
    if instrument.symbol == "VXX":
        reviews_open = [at for at in reviews if not VXX_GAP[0] <= days[at] <= VXX_GAP[1]]
    else:
        reviews_open = list(reviews)
    entries = [(at, True) for at in reviews_open]
    entries += [(at, False) for at in _ex_dates(instrument, seed, days) if at > first]
    return sorted(entries, key=lambda entry: (entry[0], not entry[1]))


def _ex_dates(instrument: Instrument, seed: int, days: Sequence[date]) -> list[int]:
    """First session of the month for bond funds; one day of a month in each quarter for others."""
    if instrument.kind == "bond_fund":
        return [at for at in range(1, len(days)) if days[at].month != days[at - 1].month]
    if not instrument.dividend_yield_annual:
        return []
    draw = stream(seed, instrument.symbol, "dividend calendar")
    month, day = int(draw.integers(0, 3)), int(draw.integers(4, 20))
    years = range(days[0].year, days[-1].year + 1)
    wanted = [date(year, 1 + month + 3 * q, day) for year in years for q in range(4)]
    found = (bisect_left(days, ex_date) for ex_date in wanted)
    return [at for at in found if 0 < at < len(days)]


def _consider_split(
    instrument: Instrument, seed: int, ledger: Ledger, at: int, growth: Floats
) -> None:
    price = ledger.scale * float(growth[at - NOTICE_SESSIONS])
    if price > instrument.split_above_usd:
        shares = _shares_after(instrument, seed, at, price)
        ledger.splits.append(Split(at, 1, shares))
        ledger.scale /= shares
        ledger.payout_usd = round(ledger.payout_usd / shares, 4)
    elif price < instrument.split_below_usd:
        ledger.splits.append(Split(at, JOINED_SHARES, 1))
        ledger.scale *= JOINED_SHARES


def _shares_after(instrument: Instrument, seed: int, at: int, price: float) -> int:
    if instrument.kind != "stock":
        return 2
    fitting = [ratio for ratio in FORWARD_RATIOS if price / ratio >= LOWEST_AFTER_SPLIT_USD]
    return int(stream(seed, instrument.symbol, "split", str(at)).choice(fitting or [2]))


def _pay_dividends(
    instrument: Instrument, ledger: Ledger, at: int, day: date, growth: Floats, yields: Floats
) -> None:
    price = ledger.scale * float(growth[at - 1])
    if instrument.kind == "bond_fund":
        paid = [Dividend(at, round(float(yields[at - 1]) / 12 * price, 4), 12)]
    else:
        is_first_of_year = day.year != ledger.payout_year
        if is_first_of_year:
            ledger.payout_year = day.year
            ledger.payout_usd = _payout(ledger.payout_usd, float(yields[at - 1]) / 4 * price)
        paid = [Dividend(at, ledger.payout_usd, 4)]
        if is_first_of_year and day.year == instrument.special_dividend_year:
            paid.append(Dividend(at, round(SPECIAL_DIVIDEND_FRACTION * price, 2), 0))
    ledger.dividends.extend(paid)
    ledger.scale -= sum(dividend.cash_usd for dividend in paid) / float(growth[at])


def _payout(current_usd: float, affordable_usd: float) -> float:
    """Boards raise by little, and cut only when they must."""
    if current_usd == 0.0 or affordable_usd < 0.6 * current_usd:
        return round(affordable_usd, 2)
    return round(max(current_usd, min(affordable_usd, 1.15 * current_usd)), 2)
