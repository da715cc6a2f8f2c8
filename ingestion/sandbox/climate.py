"""The weather of the simulated market: one stress factor that everything else follows.

A Markov chain of regimes (calm, stress, crash, recovery) sets the level that the VIX is pulled
towards; the VIX sets the size of the market's moves, and the moves push the VIX. Spreads, rates
and the volatility curve are functions of that one path. Sizes were set by eye against what such
series usually do (a VIX that moves 7 % a day, a curve in contango nine days in ten).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ingestion.sandbox.streams import Floats, Integers, mean_reverting, stream

SESSIONS_PER_YEAR = 252
CALM, STRESS, CRASH, RECOVERY = range(4)

TREND_ANNUAL = 0.085  # log growth of the market with dividends, towards which it is pulled
TREND_PULL_ANNUAL = 0.6  # keeps every seed's long run within a few percent a year of the trend
REALISED_TO_IMPLIED = 0.82  # the VIX overstates what follows, as a rule
LONG_RUN_LOG_VIX = float(np.log(17.0))
LOW_LOG_VIX, HIGH_LOG_VIX = float(np.log(10.5)), float(np.log(75.0))  # rubber bands, not walls


class Regime(NamedTuple):
    """Where a regime pulls the VIX, its drift, and the chance per session of leaving it."""

    vix: float
    pull: float
    drift_annual: float
    leaves: tuple[tuple[int, float], ...]


REGIMES = (
    Regime(12.8, 0.050, 0.14, ((STRESS, 1 / 130), (CRASH, 1 / 2500))),
    Regime(20.0, 0.070, -0.04, ((CALM, 1 / 40), (CRASH, 1 / 170))),
    Regime(46.0, 0.110, -1.15, ((RECOVERY, 1 / 24),)),
    Regime(18.0, 0.040, 0.32, ((CALM, 1 / 110), (STRESS, 1 / 400))),
)


@dataclass(frozen=True)
class Climate:
    """The common path, all (n_sessions,); element t rests on shocks up to session t only.

    `market_return`: log return of the market with dividends. `session_volatility`: its deviation,
    known the evening before. `stress`: 0 (calm) to 1 (panic). `log_vix`, `slow_log_vix`: the VIX
    and its slow average. Rates and spreads in percent.
    """

    regime: Integers
    market_return: Floats
    session_volatility: Floats
    log_vix: Floats
    slow_log_vix: Floats
    stress: Floats
    policy_rate_pct: Floats
    bill_3m_pct: Floats
    ten_year_pct: Floats
    hy_oas_pct: Floats
    ig_oas_pct: Floats


def simulate_climate(seed: int, n_sessions: int) -> Climate:
    """Simulate the common path of all instruments for so many sessions."""
    regime = _walk_regimes(seed, n_sessions)
    market_return, volatility, log_vix = _walk_market(seed, regime)
    slow = mean_reverting(
        np.zeros(n_sessions),
        log_vix + (LONG_RUN_LOG_VIX - log_vix) * 0.15,
        pull=1 / 45,
        start=LONG_RUN_LOG_VIX,
    )
    stress = np.clip((log_vix - np.log(12.0)) / np.log(45.0 / 12.0), 0.0, 1.0)
    surprise = np.clip(market_return / volatility, -6.0, 6.0)
    policy = _walk_policy_rate(seed, stress)
    bill, ten_year = _walk_rates(seed, policy, surprise, stress)
    hy, ig = _walk_spreads(seed, log_vix, surprise)
    return Climate(
        regime, market_return, volatility, log_vix, slow, stress, policy, bill, ten_year, hy, ig
    )


def _walk_regimes(seed: int, n_sessions: int) -> Integers:
    regimes = np.empty(n_sessions, dtype=np.int64)
    regime = RECOVERY
    for t, chance in enumerate(stream(seed, "regimes").random(n_sessions).tolist()):
        for following, leaves in REGIMES[regime].leaves:
            if chance < leaves:
                regime = following
                break
            chance -= leaves
        regimes[t] = regime
    return regimes


def _walk_market(seed: int, regime: Integers) -> tuple[Floats, Floats, Floats]:
    """Walk the market and its VIX together: the VIX of yesterday sizes today's move."""
    n = len(regime)
    moves = np.clip(stream(seed, "market").standard_t(5, n) / np.sqrt(5 / 3), -4.5, 4.5)
    own = stream(seed, "vix").standard_normal(n) * 0.044
    jump, kick = _jumps(seed, regime)
    result = np.empty((3, n))
    log_vix, above_trend = float(np.log(19.0)), 0.0
    steps = zip(
        regime.tolist(), moves.tolist(), own.tolist(), jump.tolist(), kick.tolist(), strict=True
    )
    for t, (state, move, vix_shock, drop, spike) in enumerate(steps):
        here = REGIMES[state]
        volatility = REALISED_TO_IMPLIED * np.exp(log_vix) / 100 / SESSIONS_PER_YEAR**0.5
        drift = (here.drift_annual - TREND_PULL_ANNUAL * above_trend) / SESSIONS_PER_YEAR
        growth = drift + volatility * move - drop
        above_trend += growth - TREND_ANNUAL / SESSIONS_PER_YEAR
        log_vix += here.pull * (np.log(here.vix) - log_vix) - 0.050 * move + vix_shock + spike
        log_vix += 0.30 * max(LOW_LOG_VIX - log_vix, 0.0) - 0.50 * max(log_vix - HIGH_LOG_VIX, 0.0)
        result[:, t] = growth, volatility, log_vix
    return result[0], result[1], result[2]


def _jumps(seed: int, regime: Integers) -> tuple[Floats, Floats]:
    """Sudden falls and the VIX spikes with them: a crash's first day, and out of a blue sky."""
    chance, size, spike = stream(seed, "jumps").random((len(regime), 3)).T
    before = np.concatenate([[RECOVERY], regime[:-1]])
    crash_begins = (regime == CRASH) & (before != CRASH)
    blue_sky = (regime == CALM) & (chance < 1 / 420)
    jump = np.where(crash_begins, 0.025 + 0.030 * size, 0.0)
    jump = np.where(blue_sky, 0.015 + 0.020 * size, jump)
    kick = np.where(crash_begins, 0.20 + 0.30 * spike, 0.0)
    return jump, np.where(blue_sky, 0.15 + 0.40 * spike, kick)


def _walk_policy_rate(seed: int, stress: Floats) -> Floats:
    """Step the policy rate by quarter points at a meeting every 33 sessions; panics bring cuts."""
    wish = mean_reverting(
        stream(seed, "policy").standard_normal(len(stress)) * 0.085,
        np.full(len(stress), 2.4),
        pull=1 / 700,
        start=0.2,
    )
    rates = np.empty(len(stress))
    rate = 0.125
    for t, (wanted, panic) in enumerate(zip(wish.tolist(), stress.tolist(), strict=True)):
        if t % 33 == 20:
            distance = max(wanted - 4.0 * max(panic - 0.6, 0.0), 0.125) - rate
            rate += min(max(round(distance / 0.25) * 0.25, -0.75), 0.25)
        rates[t] = max(rate, 0.125)
    return rates


def _walk_rates(
    seed: int, policy: Floats, surprise: Floats, stress: Floats
) -> tuple[Floats, Floats]:
    """The 3-month bill near the policy rate, and a ten-year yield that falls when stocks do."""
    n = len(policy)
    nothing = np.zeros(n)
    expected = mean_reverting(nothing, policy, pull=1 / 12, start=0.125)
    bill = expected + mean_reverting(
        stream(seed, "bill").standard_normal(n) * 0.008, nothing, pull=0.1, start=0.0
    )
    moves = 0.40 * surprise / 1.3 + 0.92 * stream(seed, "ten year").standard_normal(n)
    ten_year = mean_reverting(
        0.047 * (1 + 0.6 * stress) * moves, 1.5 + 0.55 * policy, pull=1 / 260, start=3.1
    )
    return np.maximum(bill, 0.01), np.maximum(ten_year, 0.55)


def _walk_spreads(seed: int, log_vix: Floats, surprise: Floats) -> tuple[Floats, Floats]:
    """Credit spreads: the stress factor, slower, plus a cycle of their own."""
    n = len(log_vix)
    cycle = mean_reverting(
        stream(seed, "credit cycle").standard_normal(n) * 0.012,
        np.zeros(n),
        pull=1 / 300,
        start=0.1,
    )
    noise = stream(seed, "spreads").standard_normal((n, 2)).T
    stress = mean_reverting(
        -0.0110 * surprise + 0.0075 * noise[0],
        log_vix - np.log(12.5),
        pull=1 / 22,
        start=0.35,
    )
    hy = 2.35 + 1.25 * np.exp(1.45 * stress + cycle)
    ig = 0.48 + 0.180 * hy + mean_reverting(0.007 * noise[1], np.zeros(n), pull=1 / 40, start=0.0)
    return np.clip(hy, 2.6, 11.5), np.clip(ig, 0.75, 3.6)
