"""Seeded random numbers, one independent stream per purpose.

A value of the simulated market depends on the seed, on what it is about, and on its place in the
sequence of sessions, and on nothing else: not on the day of the run, nor on what else was asked.
"""

import hashlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


def stream(seed: int, *about: str) -> np.random.Generator:
    """Return the generator of one purpose, e.g. `stream(7, "KO", "volume")`."""
    text = "\x1f".join((str(seed), *about))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16]))


def mean_reverting(shocks: Floats, target: Floats, *, pull: float, start: float) -> Floats:
    r"""Walk a value that is pulled towards a moving target.

    .. math:: x_t = x_{t-1} + k (\theta_t - x_{t-1}) + \epsilon_t

    Parameters
    ----------
    shocks : (n_sessions,), the innovations.
    target : (n_sessions,), the level pulled towards; element t acts on the step into t.
    pull : k, the share of the distance closed in one session.
    start : the value before the first step.

    Returns
    -------
    (n_sessions,), element t rests on shocks and targets up to t.
    """
    walked = np.empty(len(shocks))
    value = start
    for step, (shock, level) in enumerate(zip(shocks.tolist(), target.tolist(), strict=True)):
        value += pull * (level - value) + shock
        walked[step] = value
    return walked
