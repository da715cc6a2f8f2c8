"""What trading, being short and holding cash cost or pay."""

from dataclasses import dataclass

import numpy as np

from analytics.arrays import Days, Floats
from analytics.errors import ParameterError

BASIS_POINTS = 10_000.0
BORROW_DAYS_PER_YEAR = 360.0
BILL_DAYS_PER_YEAR = 365.0


@dataclass(frozen=True)
class TradingCosts:
    """The platform's cost assumptions.

    `commission_bps`, `half_spread_bps`, `slippage_bps`: of traded value, each way; their sum is
    the `--cost-bps` of the command. `borrow_fee_annual_fraction`: of short value, a year of 360
    days.
    """

    commission_bps: float = 1.0
    half_spread_bps: float = 1.0
    slippage_bps: float = 3.0
    borrow_fee_annual_fraction: float = 0.005

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0.0 <= value < BASIS_POINTS:
                raise ParameterError(f"{name} must be at least 0, got {value}")

    @property
    def trading_fraction(self) -> float:
        """Cost of a trade as a fraction of its value."""
        return (self.commission_bps + self.half_spread_bps + self.slippage_bps) / BASIS_POINTS


def calendar_days_between(sessions: Days) -> Floats:
    """Count the calendar days from the session before to each session.

    Parameters
    ----------
    sessions : (T,), New York dates, ascending.

    Returns
    -------
    (T,), 0 for the first session (nothing accrues before it), 3 for a Monday after a Friday.
    """
    days = np.zeros(sessions.shape[0])
    days[1:] = np.diff(sessions.astype("datetime64[D]").astype(np.int64))
    return days


def bill_returns(bill_pct: Floats, calendar_days: Floats) -> Floats:
    r"""Turn the 3-month bill into the interest of each session.

    .. math:: b_t = \frac{y_{t-1}}{100} \cdot \frac{d_t}{365}

    Parameters
    ----------
    bill_pct : (T,), yield in percent last available at the decision of session t.
    calendar_days : (T,), days from session t-1 to session t.

    Returns
    -------
    (T,), fraction of cash paid in session t. Row t uses the yield known at the decision of t-1.

    Notes
    -----
    Missing data: before the first known yield the rate is 0, so cash earns nothing and excess
    returns equal net returns; a gap after it uses the latest yield known.
    """
    known = np.zeros(bill_pct.shape[0])
    latest = 0.0
    for t, value in enumerate(bill_pct.tolist()):
        latest = latest if np.isnan(value) else value
        known[t] = latest
    returns = np.zeros(bill_pct.shape[0])
    returns[1:] = known[:-1] / 100.0 * calendar_days[1:] / BILL_DAYS_PER_YEAR
    return returns
