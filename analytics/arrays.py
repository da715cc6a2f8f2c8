"""Array types and the few operations on them that every part shares."""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.datetime64]

TRADING_DAYS_PER_YEAR = 252
PER_ROOT_YEAR = math.sqrt(TRADING_DAYS_PER_YEAR)


def forward_filled(values: Floats) -> Floats:
    """Carry the latest known value down the first axis.

    Parameters
    ----------
    values : (T, ...), NaN where nothing was said at session t.

    Returns
    -------
    (T, ...), row t holds the latest value said up to and including session t.

    Notes
    -----
    Missing data: NaN until the first value of each column.
    """
    if values.shape[0] == 0:
        return values.copy()
    rows = np.arange(values.shape[0]).reshape((-1,) + (1,) * (values.ndim - 1))
    latest = np.where(np.isnan(values), 0, rows)
    np.maximum.accumulate(latest, axis=0, out=latest)
    filled: Floats = np.take_along_axis(values, latest, axis=0)
    return filled


def run_lengths(flags: Bools, is_skipped: Bools) -> Ints:
    """Count how many sessions in a row a flag has been up, this one included.

    Parameters
    ----------
    flags : (T, S), whether the flag is up at session t.
    is_skipped : (T, S), sessions that, with the flag up, neither count nor end the run.

    Returns
    -------
    (T, S), 0 where the flag is down.
    """
    counted = np.cumsum(flags & ~is_skipped, axis=0, dtype=np.int64)
    latest_down = np.where(flags, 0, counted)
    np.maximum.accumulate(latest_down, axis=0, out=latest_down)
    lengths: Ints = counted - latest_down
    return lengths


def kept_part(wanted: Floats, held: Floats) -> Floats:
    """Return what of a position stays on the way to another.

    Parameters
    ----------
    wanted, held : of one shape, in weights or shares, negative when short.

    Returns
    -------
    Of the same shape: none on a reversal, else the smaller of the two. What is held beyond it is
    reduced, what is wanted beyond it is added.
    """
    smaller = np.sign(wanted) * np.minimum(np.abs(wanted), np.abs(held))
    kept: Floats = np.where(wanted * held > 0.0, smaller, 0.0)
    return kept


def has_doubles(cells: Ints, n_cells: int) -> bool:
    """Tell whether a flat index names one of the `n_cells` cells twice."""
    is_named = np.zeros(n_cells, dtype=np.bool_)
    is_named[cells] = True
    return bool(np.count_nonzero(is_named) != cells.shape[0])
