"""Daily growth of every instrument: what a holder gains in a session, dividends included."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ingestion.sandbox.catalogue import SVXY_HALVED, Instrument
from ingestion.sandbox.climate import SESSIONS_PER_YEAR, TREND_ANNUAL, Climate
from ingestion.sandbox.curve import futures_return
from ingestion.sandbox.streams import Floats, mean_reverting, stream

OWN_PULL_ANNUAL = 0.22  # a stock's own fortune fades in a few years, so none goes to the moon
SECTOR_VOLATILITY_ANNUAL = 0.07
DECLINE_BEFORE_DELISTING_ANNUAL = 0.16


@dataclass(frozen=True)
class Growth:
    """(n_sessions,) each. `log_return`: total return of the session. `volatility`: its usual size.

    `yield_annual`: the income that bond funds pay out, as a fraction of price a year.
    """

    log_return: Floats
    volatility: Floats
    yield_annual: Floats


def growth_of(instrument: Instrument, seed: int, climate: Climate, days: Sequence[date]) -> Growth:
    """Compute one instrument's growth; no other instrument has a say in it."""
    n = len(climate.market_return)
    flat_yield = np.full(n, instrument.dividend_yield_annual)
    if instrument.kind == "market_fund":
        return Growth(climate.market_return, climate.session_volatility, flat_yield)
    if instrument.kind == "stock":
        return _stock(instrument, seed, climate, flat_yield)
    if instrument.kind == "volatility_fund":
        log_return = _volatility_fund(instrument.symbol, climate, days)
        usual = 0.55 * 0.066 * np.exp(0.25 * climate.stress)
        return Growth(log_return, usual, flat_yield)
    return _bond_fund(instrument.symbol, seed, climate)


def _stock(instrument: Instrument, seed: int, climate: Climate, flat_yield: Floats) -> Growth:
    n = len(climate.market_return)
    busier = 0.75 + 0.9 * climate.stress
    daily = instrument.own_volatility_annual / SESSIONS_PER_YEAR**0.5
    symbol = instrument.symbol
    growth_annual = TREND_ANNUAL + float(stream(seed, symbol, "growth").normal(0.0, 0.012))
    surprises = stream(seed, symbol, "own return").standard_t(4, n) / np.sqrt(2.0) * daily * busier
    results_day = stream(seed, symbol, "results days").random(n) < 4 / SESSIONS_PER_YEAR
    results = stream(seed, symbol, "results").standard_normal(n) * 2.2 * daily
    surprises += np.where(results_day, results, 0.0)
    sector = stream(seed, instrument.sector, "sector").standard_normal(n)
    surprises += sector * SECTOR_VOLATILITY_ANNUAL / SESSIONS_PER_YEAR**0.5 * busier
    fortune = mean_reverting(
        surprises, np.zeros(n), pull=OWN_PULL_ANNUAL / SESSIONS_PER_YEAR, start=0.0
    )
    own = np.diff(fortune, prepend=0.0)
    steady = (growth_annual - instrument.beta * TREND_ANNUAL) / SESSIONS_PER_YEAR
    if instrument.last_day:
        steady -= DECLINE_BEFORE_DELISTING_ANNUAL / SESSIONS_PER_YEAR
    log_return = instrument.beta * climate.market_return + own + steady
    own_size = np.hypot(daily * 1.15, SECTOR_VOLATILITY_ANNUAL / SESSIONS_PER_YEAR**0.5) * busier
    volatility = np.hypot(instrument.beta * climate.session_volatility, own_size)
    return Growth(log_return, volatility, flat_yield)


def _volatility_fund(symbol: str, climate: Climate, days: Sequence[date]) -> Floats:
    """VXX holds the rolled futures; SVXY is short them, by half since 28 February 2018."""
    index = futures_return(climate)
    cash = climate.bill_3m_pct / 100 / SESSIONS_PER_YEAR
    if symbol == "VXX":
        return np.log1p(index + cash - 0.0089 / SESSIONS_PER_YEAR)
    leverage = np.full(len(index), -0.5)
    leverage[: bisect_left(days, SVXY_HALVED)] = -1.0
    return np.log1p(leverage * index + cash - 0.0095 / SESSIONS_PER_YEAR)


@dataclass(frozen=True)
class _Bonds:
    """How a bond fund answers to rates and spreads: durations in years, noise per session."""

    rate_duration: float
    hy_duration: float
    ig_duration: float
    noise: float
    market_beta: float = 0.0
    default_losses: float = 0.0  # share of the high-yield spread that is lost to defaults


_BONDS = {
    "HYG": _Bonds(1.5, 2.9, 0.0, 0.0013, market_beta=0.14, default_losses=0.45),
    "LQD": _Bonds(6.9, 0.0, 7.0, 0.0010),
    "AGG": _Bonds(4.6, 0.0, 1.6, 0.0006),
    "TLT": _Bonds(14.5, 0.0, 0.0, 0.0014),
}


def _bond_fund(symbol: str, seed: int, climate: Climate) -> Growth:
    bonds = _BONDS[symbol]
    n = len(climate.market_return)
    rate_move = np.diff(climate.ten_year_pct, prepend=climate.ten_year_pct[0]) / 100
    hy_move = np.diff(climate.hy_oas_pct, prepend=climate.hy_oas_pct[0]) / 100
    ig_move = np.diff(climate.ig_oas_pct, prepend=climate.ig_oas_pct[0]) / 100
    yield_annual = _fund_yield_pct(symbol, climate) / 100
    losses = bonds.default_losses * climate.hy_oas_pct / 100
    market = bonds.market_beta * (climate.market_return - TREND_ANNUAL / SESSIONS_PER_YEAR)
    noise = mean_reverting(
        stream(seed, symbol, "own return").standard_normal(n) * bonds.noise, np.zeros(n),
        pull=0.05, start=0.0,
    )  # fmt: skip
    log_return = (
        (yield_annual - losses) / SESSIONS_PER_YEAR
        - bonds.rate_duration * rate_move
        - bonds.hy_duration * hy_move
        - bonds.ig_duration * ig_move
        + market
        + np.diff(noise, prepend=0.0)
    )
    usual = 0.0004 + 0.00047 * bonds.rate_duration * (1 + 0.6 * climate.stress)
    usual = usual + (0.0022 * (1 + 2.5 * climate.stress) if bonds.hy_duration else 0.0)
    return Growth(log_return, usual, yield_annual)


def _fund_yield_pct(symbol: str, climate: Climate) -> Floats:
    middle = 0.5 * (climate.bill_3m_pct + climate.ten_year_pct)
    if symbol == "HYG":
        return middle + 0.9 * climate.hy_oas_pct
    if symbol == "LQD":
        return climate.ten_year_pct + climate.ig_oas_pct
    if symbol == "AGG":
        return middle + 0.3 * climate.ig_oas_pct
    return climate.ten_year_pct + 0.25
