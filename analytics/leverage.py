"""What a fund of some leverage can lose."""

import numpy as np

from analytics.arrays import Floats


def capped_shocks(unit_shocks: Floats, leverage: Floats) -> Floats:
    r"""Cut shocks to what a fund can lose of itself.

    .. math:: \frac{1}{L} \left( \max(1 + L u, 0) - 1 \right)

    Parameters
    ----------
    unit_shocks : (S,), returns u per unit of leverage, over as long as the leverage is kept up.
    leverage : (S,) or (D, S), leverage L of one unit of the fund, not 0.

    Returns
    -------
    Per unit of leverage, of the shape of both: u where the fund survives, else -1/L. Times
    leverage * weight it is what the position earns: a long one loses its whole value at most, a
    short one gains at most as much; what a fund gains, and a short in it loses, has no bound.

    Notes
    -----
    Missing data: NaN where no shock is known.
    """
    capped: Floats = np.where(leverage * unit_shocks < -1.0, -1.0 / leverage, unit_shocks)
    return capped
