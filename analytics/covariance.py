"""Exponentially weighted covariances of returns per unit of leverage."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from analytics.arrays import TRADING_DAYS_PER_YEAR, Bools, Floats, Ints
from analytics.market import Market

EWMA_DECAY = 0.94
"""RiskMetrics (1996), Technical Document, 4th edition, section 5.3: the daily decay factor."""

SLOW_DECAY = 0.99
"""Half of it is still there after 69 sessions, against 11 of the daily factor."""

SEED_SESSIONS = 60

FORECASTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {"ewma": (EWMA_DECAY,), "two_speed": (EWMA_DECAY, SLOW_DECAY)}
)
"""Volatility forecasts by name: the decays whose covariances are averaged. Volatility forgets
slowly and quickly at once: Zumbach (2007), "The RiskMetrics 2006 methodology", and Corsi (2009)."""


def unit_returns(market: Market) -> Floats:
    """Close-to-close returns per unit of leverage.

    Parameters
    ----------
    market : T sessions of S symbols.

    Returns
    -------
    (T, S), return of session t over the leverage effective on t. Row t uses closes up to t.

    Notes
    -----
    Missing data: NaN until the symbol has a close to start from; 0 in a session without a bar, the
    whole move counting in the session it comes back.
    """
    returns = np.full(market.mark_usd.shape, np.nan)
    returns[1:] = market.mark_usd[1:] / market.mark_usd[:-1] - 1.0
    return returns / market.leverage


def known_returns(market: Market) -> Ints:
    """Count each symbol's returns that ended with a bar.

    Parameters
    ----------
    market : T sessions of S symbols.

    Returns
    -------
    (T, S), returns up to and including session t; a gap adds none and takes none away.
    """
    is_known = market.has_bar & np.isfinite(unit_returns(market))
    return np.cumsum(is_known, axis=0, dtype=np.int64)


class EwmaCovariance:
    r"""Zero-mean covariance of S assets, one session at a time.

    .. math:: C_t = C_{t-1} + g_t (x_t x_t^\top - C_{t-1})

    with :math:`g_t = 1/n` over a pair's first 60 common sessions, which is their plain mean, and
    :math:`1 - \lambda` after them. With several decays :math:`\lambda` it is the mean over them.

    Notes
    -----
    Missing data: a session counts for a pair when both returns exist, so a young asset is seeded
    with its own first 60 sessions. Sums run in a fixed order without BLAS, so that the result does
    not depend on the number of threads.
    """

    def __init__(self, n_assets: int, decays: Sequence[float] = (EWMA_DECAY,)) -> None:
        self._gains: Floats = 1.0 - np.array(decays)[:, None, None]
        self._by_decay: Floats = np.zeros((len(decays), n_assets, n_assets))
        self._covariance: Floats = np.zeros((n_assets, n_assets))
        self._counts: Floats = np.zeros(n_assets)

    def update(self, returns: Floats) -> None:
        """Take in the (S,) returns of one session, NaN where an asset has none yet."""
        is_known: Bools = np.isfinite(returns)
        x = np.where(is_known, returns, 0.0)
        self._counts += is_known
        products = x[:, None] * x[None, :]
        if self._counts.min(initial=np.inf) > SEED_SESSIONS and is_known.all():
            self._take_in(products, self._gains)
            return
        common = np.minimum(self._counts[:, None], self._counts[None, :])
        gains = np.where(common > SEED_SESSIONS, self._gains, 1.0 / np.maximum(common, 1.0))
        self._take_in(products, gains * (is_known[:, None] & is_known[None, :]))

    def _take_in(self, products: Floats, gains: Floats) -> None:
        self._by_decay += gains * (products - self._by_decay)
        self._covariance = np.add.reduce(self._by_decay, axis=0) / self._by_decay.shape[0]

    @property
    def matrix(self) -> Floats:
        """The (S, S) covariance per session as it stands, 0 where a pair has no session yet."""
        return self._covariance.copy()

    def volatility_annual(self, exposures: Floats) -> float:
        r"""Forecast :math:`\sqrt{A\, w^\top C w}` of the (S,) exposures w in units of leverage."""
        per_asset = np.add.reduce(self._covariance * exposures, axis=1)
        variance = float(np.add.reduce(per_asset * exposures))
        return float(np.sqrt(max(variance, 0.0) * TRADING_DAYS_PER_YEAR))


def ewma_volatility(returns: Floats) -> Floats:
    r"""Annualised EWMA volatility of one return series, zero mean.

    .. math:: v_t = 0.94\, v_{t-1} + 0.06\, r_t^2, \quad v_{60} = \overline{r_{1..60}^2}

    Parameters
    ----------
    returns : (R,), return per session.

    Returns
    -------
    (R,), per square-root year; row t uses returns up to t, NaN before the 60th.
    """
    volatility = np.full(returns.shape[0], np.nan)
    if returns.shape[0] < SEED_SESSIONS:
        return volatility
    squares = returns**2
    variance = float(np.add.reduce(squares[:SEED_SESSIONS])) / SEED_SESSIONS
    volatility[SEED_SESSIONS - 1] = variance
    for t in range(SEED_SESSIONS, returns.shape[0]):
        variance = EWMA_DECAY * variance + (1.0 - EWMA_DECAY) * float(squares[t])
        volatility[t] = variance
    annual: Floats = np.sqrt(volatility * TRADING_DAYS_PER_YEAR)
    return annual
