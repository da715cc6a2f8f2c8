"""Whether losses beyond the value at risk are as rare as it says, and come alone."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, xlog1py, xlogy

from analytics.arrays import Bools, Ints

KUPIEC = "kupiec"
INDEPENDENCE = "christoffersen_independence"
CONDITIONAL = "christoffersen_conditional"
NOT_TESTED = (math.nan, math.nan)


@dataclass(frozen=True)
class Transitions:
    """Pairs of neighbouring sessions; `calm_to_loss`: the later one exceeds, the earlier not."""

    calm_to_calm: int
    calm_to_loss: int
    loss_to_calm: int
    loss_to_loss: int

    @property
    def total(self) -> int:
        """How many pairs there are."""
        return self.calm_to_calm + self.calm_to_loss + self.loss_to_calm + self.loss_to_loss


def count_transitions(is_exceeded: Bools, sessions: Ints) -> Transitions:
    """Count the pairs of neighbours among R sessions in order of time.

    Parameters
    ----------
    is_exceeded : (R,).
    sessions : (R,), each one's number on the calendar, ascending. Two are neighbours where no
        session lies between them: one without a forecast parts those around it.
    """
    is_next = np.diff(sessions) == 1
    before, after = is_exceeded[:-1][is_next], is_exceeded[1:][is_next]
    return Transitions(
        calm_to_calm=int((~before & ~after).sum()),
        calm_to_loss=int((~before & after).sum()),
        loss_to_calm=int((before & ~after).sum()),
        loss_to_loss=int((before & after).sum()),
    )


def kupiec_statistic(exceedances: int, n_sessions: int, probability: float) -> float:
    r"""Likelihood ratio of the share of exceedances against what was promised.

    .. math:: -2 \ln \frac{(1-p)^{n-x} p^x}{(1-x/n)^{n-x} (x/n)^x}

    Parameters
    ----------
    exceedances : x, sessions with a loss beyond the value at risk.
    n_sessions : n, at least 1.
    probability : p, of one exceedance (0.05 at a confidence of 95 %).

    Returns
    -------
    Asymptotically chi-square with one degree of freedom; :math:`0 \ln 0 = 0`.

    Notes
    -----
    Source: Kupiec (1995), "Techniques for Verifying the Accuracy of Risk Measurement Models",
    Journal of Derivatives 3(2), proportion of failures.
    """
    misses = n_sessions - exceedances
    found = _log_likelihood(exceedances, misses, exceedances / n_sessions)
    return max(2.0 * (found - _log_likelihood(exceedances, misses, probability)), 0.0)


def independence_statistic(pairs: Transitions) -> float:
    """Likelihood ratio of exceedances that depend on the session before against none that do.

    Parameters
    ----------
    pairs : of neighbouring sessions.

    Returns
    -------
    Asymptotically chi-square with one degree of freedom; 0 ln 0 = 0, so that a state that never
    occurred says nothing: 0 where nothing was exceeded.

    Notes
    -----
    Source: Christoffersen (1998), "Evaluating Interval Forecasts", International Economic Review
    39(4), equations 6 to 8.
    """
    losses, calms = (
        pairs.calm_to_loss + pairs.loss_to_loss,
        pairs.calm_to_calm + pairs.loss_to_calm,
    )
    dependent = sum(
        _log_likelihood(hits, misses, _share(hits, misses))
        for hits, misses in (
            (pairs.calm_to_loss, pairs.calm_to_calm),
            (pairs.loss_to_loss, pairs.loss_to_calm),
        )
    )
    independent = _log_likelihood(losses, calms, _share(losses, calms))
    return max(2.0 * (dependent - independent), 0.0)


def coverage_tests(
    is_exceeded: Bools, sessions: Ints, *, probability: float, fewest: int
) -> dict[str, tuple[float, float]]:
    """Test a series of exceedances.

    Parameters
    ----------
    is_exceeded : (R,), in order of time, of the sessions that had a forecast.
    sessions : (R,), their numbers on the calendar, ascending.
    probability : of one exceedance, as promised.
    fewest : sessions that the sample must have, at least 1.

    Returns
    -------
    Test → statistic and p-value: `kupiec` and `christoffersen_independence` with one degree of
    freedom, `christoffersen_conditional`, their sum, with two. NaN below the fewest sessions, for
    the last two also without a pair of neighbours.

    Notes
    -----
    The chi-square distribution is that of long records. Of 4,000 simulated ones of 1,000 sessions
    with forecasts that are right at 95 %, independence is rejected at 5 % in 8 % of them.
    """
    n = is_exceeded.shape[0]
    if n < max(fewest, 1):
        return dict.fromkeys((KUPIEC, INDEPENDENCE, CONDITIONAL), NOT_TESTED)
    share = kupiec_statistic(int(is_exceeded.sum()), n, probability)
    tests = {KUPIEC: (share, _p_value(share, 1))}
    pairs = count_transitions(is_exceeded, sessions)
    if pairs.total == 0:
        return tests | dict.fromkeys((INDEPENDENCE, CONDITIONAL), NOT_TESTED)
    alone = independence_statistic(pairs)
    tests[INDEPENDENCE] = (alone, _p_value(alone, 1))
    tests[CONDITIONAL] = (share + alone, _p_value(share + alone, 2))
    return tests


def _log_likelihood(hits: int, misses: int, probability: float) -> float:
    return float(xlogy(hits, probability) + xlog1py(misses, -probability))


def _share(hits: int, misses: int) -> float:
    return hits / (hits + misses) if hits + misses else 0.0


def _p_value(statistic: float, degrees: int) -> float:
    return float(np.clip(chdtrc(degrees, statistic), 0.0, 1.0))
