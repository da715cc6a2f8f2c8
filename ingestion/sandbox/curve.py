"""The volatility curve: five index files and the futures that the volatility funds hold.

Every point is a mix of the VIX and its slow average plus a premium that grows with the tenor, so
the curve slopes up (contango) unless the VIX stands far above its average (backwardation).
"""

from dataclasses import dataclass

import numpy as np

from ingestion.sandbox.climate import Climate
from ingestion.sandbox.streams import Floats, mean_reverting, stream

SESSIONS_PER_MONTH = 21
LARGEST_FUTURES_RISE = 0.75  # of one session; more would wipe out the fund at -1 times


@dataclass(frozen=True)
class Point:
    """One index in logs: weights of the VIX and of its slow average, a constant, its own noise.

    `is_quick`: measured against a quicker average, from which it swings further than the VIX.
    """

    vix: float
    slow: float
    constant: float
    noise: float
    is_quick: bool = False


POINTS = {
    "VIX9D": Point(1.42, -0.42, -0.058, 0.024, is_quick=True),
    "VIX3M": Point(0.62, 0.38, 0.122, 0.010),
    "VIX6M": Point(0.40, 0.60, 0.222, 0.009),
    "VVIX": Point(0.50, -0.38, 4.16, 0.026),  # the volatility of the VIX has no trend of its own
}
FRONT_WEIGHT, FRONT_PREMIUM = 0.52, 0.075  # the 30-day mix of the two front futures
SECOND_WEIGHT, SECOND_PREMIUM = 0.42, 0.124  # the same, a month further out


@dataclass(frozen=True)
class IndexBars:
    """One index file: (n_sessions,) each, two decimals, low <= open, close <= high."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


def index_bars(seed: int, climate: Climate, name: str) -> IndexBars:
    """Compute an index file's candles; `name` is VIX, VIX9D, VIX3M, VIX6M or VVIX."""
    log_close = _log_level(seed, climate, name)
    n = len(log_close)
    draw = stream(seed, name, "candles").standard_normal((n, 3)).T
    before = np.concatenate([log_close[:1], log_close[:-1]])
    size = 0.018 if name == "VVIX" else 0.026
    log_open = before + 0.45 * (log_close - before) + 0.5 * size * draw[0]
    highest, lowest = np.maximum(log_open, log_close), np.minimum(log_open, log_close)
    return IndexBars(
        open=_rounded(log_open),
        high=_rounded(highest + size * np.abs(draw[1])),
        low=_rounded(lowest - 0.8 * size * np.abs(draw[2])),
        close=_rounded(log_close),
    )


def _rounded(log_level: Floats) -> Floats:
    return np.exp(log_level).round(2)


def _log_level(seed: int, climate: Climate, name: str) -> Floats:
    vix = climate.log_vix
    if name == "VIX":
        return vix
    point = POINTS[name]
    noise = stream(seed, name).standard_normal(len(vix)) * point.noise
    nothing = np.zeros(len(vix))
    own = mean_reverting(noise, nothing, pull=0.12, start=0.0)
    slow = climate.slow_log_vix
    if point.is_quick:
        slow = mean_reverting(nothing, vix, pull=1 / 12, start=float(vix[0]))
    return point.vix * vix + point.slow * slow + point.constant + own


def futures_return(climate: Climate) -> Floats:
    """Compute the daily simple return of a position rolled to stay 30 days from expiry.

    Each session the whole position ages by one day: it slides down the slope between the front
    and the second month, which is where holders of long volatility lose in contango.
    """
    front = _futures(climate, FRONT_WEIGHT, FRONT_PREMIUM)
    second = _futures(climate, SECOND_WEIGHT, SECOND_PREMIUM)
    aged = front - (second - front) / SESSIONS_PER_MONTH
    rise: Floats = np.concatenate([[0.0], np.exp(aged[1:] - front[:-1]) - 1])
    return rise.clip(max=LARGEST_FUTURES_RISE)


def _futures(climate: Climate, weight: float, premium: float) -> Floats:
    level: Floats = weight * climate.log_vix + (1 - weight) * climate.slow_log_vix + premium
    return level
